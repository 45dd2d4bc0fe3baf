import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { unary } from "../../../../src/gateway/grpc/calls.js";
import { GrpcServer } from "../../../../src/gateway/grpc/server.js";
import { refuse } from "../../../../src/shared/domain/rejects.js";
import { createLogger } from "../../../../src/shared/process/log.js";
import { decodeMessage } from "../../../../src/shared/wire/protobuf.js";
import { GrpcClient } from "../../../support/grpc-client.js";

const EXCHANGE = "bourse.v1.Exchange";
const log = createLogger("gateway", "silent");

describe("the gRPC server", () => {
  let isServing = true;
  let server: GrpcServer;
  let client: GrpcClient;
  let address: string;

  before(async () => {
    server = new GrpcServer({
      services: {
        [EXCHANGE]: {
          GetTime: unary((_, { timeLeftMs }) => ({ timeUs: Math.round(timeLeftMs) }), log),
          GetDepth: unary<{ asset: string }>(({ asset }) => refuse("UNKNOWN_ASSET", `no ${asset}`), log),
          GetTrades: unary(() => Promise.reject(new Error("a mistake")), log),
        },
      },
      limits: { messageBytesMax: 1_024, callsPerConnectionMax: 10, keepaliveMs: 30_000 },
      tls: null,
      isServing: () => isServing,
    });
    address = `127.0.0.1:${await server.listen("127.0.0.1", 0)}`;
    client = new GrpcClient(address);
  });
  after(async () => {
    client.close();
    await server.stop(1_000);
  });

  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => status.OK,
      (error: { code: number }) => error.code,
    );

  it("answers and refuses", async () => {
    expect((await client.call(`${EXCHANGE}/GetTime`, {})).timeUs).to.be.above(0);
    const refusal = await client.call(`${EXCHANGE}/GetDepth`, { asset: "X" }).catch((error) => error);
    expect(refusal).to.include({ code: status.NOT_FOUND, details: "no X" });
    expect(refusal.metadata.get("bourse-name")).to.deep.equal(["UNKNOWN_ASSET"]);
  });

  it("knows how long its client waits", async () => {
    const hasty = new GrpcClient(address, { deadlineMs: 5_000 });
    const { timeUs } = await hasty.call(`${EXCHANGE}/GetTime`, {});
    hasty.close();
    expect(timeUs).to.be.within(1, 5_000);
  });

  it("tells nobody what went wrong here", async () => {
    const error = await client.call(`${EXCHANGE}/GetTrades`, {}).catch((thrown) => thrown);
    expect(error.code).to.equal(status.UNAVAILABLE);
    expect(error.details).to.not.include("mistake");
  });

  it("refuses what is too long, and methods that it does not have", async () => {
    expect(await codeOf(client.call(`${EXCHANGE}/GetDepth`, { asset: "X".repeat(2_000) }))).to.equal(
      status.RESOURCE_EXHAUSTED,
    );
    expect(await codeOf(client.call(`${EXCHANGE}/GetBalances`, {}))).to.equal(status.UNIMPLEMENTED);
    expect(await codeOf(client.call("order_protobuf.BookService/GetBook", {}))).to.equal(status.UNIMPLEMENTED);
  });

  it("says whether it serves, to who asks and to who watches", async () => {
    const check = (service: string) => client.call("grpc.health.v1.Health/Check", { service });
    expect(await check("")).to.include({ status: 1 });
    expect(await check(EXCHANGE)).to.include({ status: 1 });
    expect(await codeOf(check("none"))).to.equal(status.NOT_FOUND);
    const watch = client.stream("grpc.health.v1.Health/Watch", { service: EXCHANGE });
    const seen: number[] = [];
    for await (const { status: told } of watch) {
      seen.push(told);
      isServing = false;
      if (seen.length === 2) break;
    }
    isServing = true;
    expect(seen).to.deep.equal([1, 2]);
  });

  for (const version of ["v1", "v1alpha"])
    it(`shows what it has by reflection ${version}`, async () => {
      const [list, byName, bySymbol, unknown] = await client.converse(
        `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        [
          { listServices: "" },
          { fileByFilename: "bourse_v1.proto" },
          { fileContainingSymbol: `${EXCHANGE}.PlaceOrder` },
          { fileContainingSymbol: `${EXCHANGE}.PlaceOrders` },
        ],
      );
      const names = list.listServicesResponse.service.map(({ name }: { name: string }) => name);
      expect(names).to.include(EXCHANGE).and.to.include("grpc.health.v1.Health");
      const [file] = bySymbol.fileDescriptorResponse.fileDescriptorProto;
      expect(byName.fileDescriptorResponse.fileDescriptorProto[0]).to.deep.equal(file);
      expect(Buffer.from(file).includes("NewOrder")).to.equal(true);
      expect(unknown.errorResponse.errorCode).to.equal(status.NOT_FOUND);
    });

  it("takes bytes that are no message as malformed, and not as an error of its own", async () => {
    expect(() => decodeMessage("bourse.v1.GetDepthRequest", Buffer.from([8, 1]))).to.throw();
    const raw = client.raw(`${EXCHANGE}/GetDepth`, Buffer.from([8, 1]));
    expect(await codeOf(raw)).to.equal(status.INVALID_ARGUMENT);
  });
});
