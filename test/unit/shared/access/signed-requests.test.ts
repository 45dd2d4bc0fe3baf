import { expect } from "chai";
import { clockProblem, derivedClientOrderId, signedText } from "../../../../src/shared/access/signed-requests.js";

const NOW = 1_769_860_800_000;

describe("the window of a signed request", () => {
  it("is from so long ago to a second ahead", () => {
    const problems = [-5_001, -5_000, 0, 999, 1_000].map((ms) => clockProblem(NOW + ms, 5_000, NOW));
    expect(problems).to.deep.equal(["outside", null, null, null, "ahead"]);
  });
});

describe("what is signed of a request", () => {
  const request = {
    keyId: "ann",
    timestampMs: NOW,
    windowMs: 5_000,
    method: "POST",
    path: "/v1/orders?wait=ack",
    body: "{}",
  };

  it("is six lines: key, time, window, method, path with query, and the body's SHA-256", () => {
    expect(signedText(request)).to.equal(
      "ann\n1769860800000\n5000\nPOST\n/v1/orders?wait=ack\n" +
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    );
    expect(signedText({ ...request, body: "" })).to.match(
      /\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855$/,
    );
  });

  it("gives an order without a client order id one that is the same for the same bytes", () => {
    const id = derivedClientOrderId("ann", signedText(request));
    expect(id).to.match(/^s-[A-Za-z0-9_-]{32}$/);
    expect(derivedClientOrderId("ann", signedText(request))).to.equal(id);
    expect(derivedClientOrderId("bob", signedText(request))).to.not.equal(id);
    expect(derivedClientOrderId("ann", signedText({ ...request, timestampMs: NOW + 1 }))).to.not.equal(id);
  });
});
