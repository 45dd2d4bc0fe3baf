import { expect } from "chai";
import { executionReport, FilledSums } from "../../../../src/gateway/binance/user-events.js";
import type { ReportJson } from "../../../../src/shared/domain/report-json.js";
import { TEST_ASSET } from "../../../support/test-asset.js";

const NOW = 1_769_860_800_000;
const ACCEPTED: ReportJson = {
  accountSequence: 1,
  asset: "BTC-USD",
  orderId: 256,
  clientOrderId: "mine",
  event: "accepted",
  status: "open",
  side: "sell",
  type: "limit",
  timeInForce: "GTC",
  price: "64000.00",
  quantity: "0.5",
  filledQuantity: "0",
  selfTradePrevention: "cancel_newest",
  receivedAtUs: NOW * 1_000,
  matchedAtUs: NOW * 1_000 + 3_200,
};
const trade = (accountSequence: number, filledQuantity: string, status: ReportJson["status"]): ReportJson => ({
  ...ACCEPTED,
  accountSequence,
  event: "trade",
  status,
  filledQuantity,
  tradeId: accountSequence,
  lastPrice: "64000.00",
  lastQuantity: "0.25",
  liquidity: "maker",
  fee: "16",
  feeCurrency: "USD",
});

describe("an account's reports as Binance's events", () => {
  const told = (report: ReportJson, sum = 0n) =>
    executionReport(report, TEST_ASSET, sum, NOW) as Record<string, unknown>;

  it("say what an order is, and what has happened to it", () => {
    expect(told(ACCEPTED)).to.include({
      e: "executionReport",
      s: "BTCUSD",
      c: "mine",
      S: "SELL",
      o: "LIMIT",
      x: "NEW",
      X: "NEW",
    });
    expect(told({ ...ACCEPTED, postOnly: true })).to.include({ o: "LIMIT_MAKER" });
    expect(told({ ...ACCEPTED, event: "canceled", status: "canceled", reason: "requested" })).to.include({
      x: "CANCELED",
      X: "CANCELED",
      C: "mine",
    });
    for (const [reason, status] of [
      ["immediate_or_cancel", "EXPIRED"],
      ["self_trade", "EXPIRED_IN_MATCH"],
    ] as const)
      expect(told({ ...ACCEPTED, event: "canceled", status: "canceled", reason })).to.include({
        x: "EXPIRED",
        X: status,
      });
    expect(
      told({ ...ACCEPTED, event: "rejected", status: "rejected", reason: "insufficient_funds: needs 5" }),
    ).to.include({ x: "REJECTED", r: "INSUFFICIENT_FUNDS" });
    expect(told({ ...ACCEPTED, event: "accepted", status: "pending_trigger", type: "stop_market" })).to.include({
      o: "STOP_LOSS",
      w: false,
    });
  });

  it("add up what an order's fills came to, also of those before the stream began", () => {
    const sums = new FilledSums();
    sums.set("BTC-USD", 256, 6_400_000n * 250n);
    const last = trade(3, "0.5", "filled");
    const event = told(last, sums.with(last, TEST_ASSET));
    expect(event).to.include({
      x: "TRADE",
      X: "FILLED",
      l: "0.25",
      L: "64000.00",
      n: "16",
      N: "USD",
      m: true,
      z: "0.5",
    });
    expect(event).to.include({ Y: "16000", Z: "32000" });
    expect(sums.size).to.equal(0);
    expect(sums.with(trade(4, "0.25", "partially_filled"), TEST_ASSET)).to.equal(6_400_000n * 250n);
    expect(sums.size).to.equal(1);
  });

  it("tell nobody of cancels that were refused", () => {
    expect(executionReport({ ...ACCEPTED, event: "cancel_rejected" }, TEST_ASSET, 0n, NOW)).to.equal(null);
  });
});
