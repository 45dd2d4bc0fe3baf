import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { rejectStatus } from "../../../../src/gateway/grpc/reject-status.js";
import { REJECTS, type RejectName } from "../../../../src/shared/domain/rejects.js";
import { decodeMessage, type Wire } from "../../../../src/shared/wire/protobuf.js";

describe("rejects over gRPC", () => {
  it("have the code, the name and the text of the catalogue", () => {
    for (const [name, { code }] of Object.entries(REJECTS)) {
      const { code: statusCode, details, metadata } = rejectStatus({ name: name as RejectName, text: "why" }, "mine");
      expect([details, metadata.get("bourse-code"), metadata.get("bourse-name")]).to.deep.equal([
        "why",
        [String(code)],
        [name],
      ]);
      const [bytes] = metadata.get("grpc-status-details-bin") as Buffer[];
      const rich = decodeMessage<Wire>("google.rpc.Status", bytes!);
      expect([rich.code, rich.message]).to.deep.equal([statusCode, "why"]);
      expect(rich.details[0].typeUrl).to.equal("type.googleapis.com/bourse.v1.Reject");
      const reject = decodeMessage<Wire>("bourse.v1.Reject", rich.details[0].value);
      expect({ ...reject }).to.deep.equal({ code, name, text: "why", clientOrderId: "mine" });
    }
  });

  it("are UNAVAILABLE, which clients send again by themselves, only where nothing was logged", () => {
    const codeOf = (name: RejectName) => rejectStatus({ name, text: "" }).code;
    const again = Object.keys(REJECTS).filter((name) => codeOf(name as RejectName) === status.UNAVAILABLE);
    expect(again).to.deep.equal(["UNAVAILABLE", "SHUTTING_DOWN"]);
    expect(codeOf("UNKNOWN_OUTCOME")).to.equal(status.DEADLINE_EXCEEDED);
  });
});
