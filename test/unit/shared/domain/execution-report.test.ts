import { expect } from "chai";
import { reportsOf } from "../../../../src/shared/domain/execution-report.js";
import type { EngineEvent, NewOrder, OrderRejected, RequestRejected } from "../../../../src/shared/domain/messages.js";
import type { OrderRecord } from "../../../../src/shared/domain/order-record.js";
import { reportFields } from "../../../../src/shared/domain/report-json.js";
import type { ExecutionReport } from "../../../../src/shared/domain/reports.js";
import {
  accountId,
  commandSequence,
  currencyUnits,
  epochUs,
  eventSequence,
  logId,
  type OrderId,
  orderId,
} from "../../../../src/shared/domain/units.js";
import { limitOrder } from "../../../support/order-terms.js";
import { TEST_ASSET } from "../../../support/test-asset.js";

const ORDER = limitOrder("buy", 5, 1_000);
const SHORTFALL = { neededUnits: currencyUnits(64_128_000_000), availableUnits: currencyUnits(12_500_000) };
const who = { orderId: orderId(7), accountId: accountId(1), receivedAtUs: epochUs(5) };
const why = { reason: "insufficient_funds", firstOrderId: null, shortfall: SHORTFALL } as const;

const rejected = (order: Partial<NewOrder>): OrderRejected => ({
  kind: "rejected",
  ...who,
  ...why,
  order: { ...ORDER, ...order },
});
const replaceRejected = (account: number): RequestRejected => ({
  kind: "replace_rejected",
  ...who,
  ...why,
  accountId: accountId(account),
  requestLogId: logId(9),
  clientOrderId: null,
  cover: null,
});

function reportOf(body: EngineEvent["body"], orders = new Map<OrderId, OrderRecord>()): ExecutionReport {
  const sequence = { eventSequence: eventSequence(1), commandSequence: commandSequence(1) };
  return reportsOf({ ...sequence, atUs: epochUs(9), body }, orders, TEST_ASSET)[0] as ExecutionReport;
}

describe("an execution report", () => {
  it("names what a buy would have needed and what there was, in the quote currency", () => {
    expect(reportOf(rejected({})).reason).to.equal("insufficient_funds: needs 64128 USD, has 12.5 USD");
  });

  it("names what a sell would have needed in the base currency", () => {
    expect(reportOf(rejected({ side: "sell" })).reason).to.equal("insufficient_funds: needs 641280 BTC, has 125 BTC");
  });

  it("names what a replace would have needed, to the order's owner only", () => {
    const orders = new Map<OrderId, OrderRecord>();
    reportOf({ kind: "accepted", ...who, pendingTrigger: false, order: ORDER }, orders);
    expect(reportOf(replaceRejected(1), orders).reason).to.equal("insufficient_funds: needs 64128 USD, has 12.5 USD");
    expect(reportOf(replaceRejected(2), orders).reason).to.equal("insufficient_funds");
  });

  for (const [title, feeUnits, fee] of [
    ["a fee", 150, "0.00015"],
    ["a rebate below zero", -50_000, "-0.05"],
    ["no fee where nothing was to be paid", 0, "0"],
  ] as const)
    it(`shows ${title} as decimal text`, () => {
      const report = { ...reportOf(rejected({})), feeUnits };
      expect(reportFields(report, TEST_ASSET)).to.include({ fee, feeCurrency: "USD" });
    });

  it("leaves the fee out where there is none", () => {
    expect(reportFields(reportOf(rejected({})), TEST_ASSET)).not.to.have.any.keys("fee", "feeCurrency");
  });
});
