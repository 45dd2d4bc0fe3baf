import { expect } from "chai";
import type { Problem } from "../../../../web/state/problem.js";
import { ATTEMPTS_MAX, afterAnswer, afterReport, newClientOrderId } from "../../../../web/state/sent-order.js";

const refused = (code: number, name: string, change: Partial<Problem> = {}) => ({
  ok: false as const,
  problem: { code, name, text: "why", status: 503, ...change },
});

describe("what has become of an order that was sent", () => {
  it("is that it was taken, and how long that took", () => {
    expect(afterAnswer(1, { ok: true, body: { logId: 257, orderId: 257 } }, 12_000)).to.deep.equal({
      kind: "logged",
      text: "Taken as order 257 after 12.0 ms",
    });
  });

  it("is that it was refused, in the server's words, with what would be right", () => {
    const problem = { status: 400, field: "price", allowed: { step: "0.01" } };
    const sent = afterAnswer(1, refused(205, "INVALID_PRICE", problem), 0);
    expect([sent.kind, sent.kind === "refused" && sent.text]).to.deep.equal([
      "refused",
      "205 INVALID_PRICE: why (step 0.01)",
    ]);
  });

  for (const [code, name, words] of [
    [300, "BUSY", /^Nothing was taken: .*under the same id, which can't trade twice$/],
    [301, "UNAVAILABLE", /^Nothing was taken/],
    [302, "UNKNOWN_OUTCOME", /^It is not known whether the exchange has it/],
    [0, "NO_ANSWER", /^It is not known whether the exchange has it \(why\)/],
  ] as const)
    it(`is sent again after ${code} ${name}, and says so`, () => {
      const sent = afterAnswer(2, refused(code, name, { retryAfterS: 1 }), 0);
      expect(sent.kind).to.equal("again");
      expect(sent.kind === "again" && sent.afterMs).to.equal(1_000);
      expect(sent.kind === "again" && sent.text).to.match(words);
    });

  it("stays open where nobody could say, and is refused where nothing was logged", () => {
    expect(afterAnswer(ATTEMPTS_MAX, refused(302, "UNKNOWN_OUTCOME"), 0).kind).to.equal("open");
    expect(afterAnswer(ATTEMPTS_MAX, refused(300, "BUSY"), 0).kind).to.equal("refused");
  });

  it("is what its reports say; a repeat that was refused as one means that the first had been taken", () => {
    const duplicate = {
      asset: "BTC-USD",
      event: "rejected",
      status: "rejected",
      reason: "duplicate_client_order_id: first used by order 257",
    };
    const text = (isRepeat: boolean, report: object) => {
      const sent = afterReport(isRepeat, { asset: "BTC-USD", ...report });
      return sent?.kind === "done" ? sent.text : null;
    };
    expect(text(true, duplicate)).to.match(/^It had been taken at the first attempt/);
    expect(text(false, duplicate)).to.match(/^Rejected: duplicate client order id/);
    expect(text(false, { event: "trade", status: "partially_filled", orderId: 5 })).to.equal(
      "Order 5 is partially filled",
    );
    expect(text(false, { event: "replaced", status: "open" })).to.equal(null);
  });

  it("is found again by a client order id that every dialect takes", () => {
    expect(newClientOrderId(Uint8Array.from({ length: 20 }, (_, at) => at * 13))).to.match(/^web-[a-z0-9]{20}$/);
  });
});
