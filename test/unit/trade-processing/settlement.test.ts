import { expect } from "chai";
import { InvariantBroken } from "../../../src/shared/domain/errors.js";
import type { EngineEvent, EventBody, NewOrder } from "../../../src/shared/domain/messages.js";
import type { OrderRecord } from "../../../src/shared/domain/order-record.js";
import {
  accountId,
  commandSequence,
  currencyUnits,
  epochUs,
  eventSequence,
  lots,
  type OrderId,
  orderId,
  priceTicks,
  tradeId,
} from "../../../src/shared/domain/units.js";
import { ordersNeeded, settle } from "../../../src/trade-processing/settlement.js";
import { limitOrder } from "../../support/order-terms.js";
import { TEST_ASSET } from "../../support/test-asset.js";

const terms = limitOrder("buy", 5, 100);
const accepted = (id: number, account: number, changed: Partial<NewOrder> = {}, pendingTrigger = false): EventBody => ({
  kind: "accepted",
  orderId: orderId(id),
  accountId: accountId(account),
  receivedAtUs: epochUs(7),
  pendingTrigger,
  order: { ...terms, ...changed },
});
const trade = (
  maker: number,
  taker: number,
  quantity: number,
  makerLeaves: number,
  takerLeaves: number | null,
): EventBody => ({
  kind: "trade",
  tradeId: tradeId(1),
  makerOrderId: orderId(maker),
  takerOrderId: orderId(taker),
  makerAccountId: accountId(1),
  takerAccountId: accountId(2),
  takerSide: "sell",
  priceTicks: priceTicks(100),
  quantityLots: lots(quantity),
  makerLeavesLots: lots(makerLeaves),
  takerLeavesLots: takerLeaves === null ? null : lots(takerLeaves),
});
const own = { orderId: orderId(1), accountId: accountId(1) };

function settled(bodies: readonly EventBody[], orders = new Map<OrderId, OrderRecord>(), after = 0) {
  const events: EngineEvent[] = bodies.map((body, index) => ({
    eventSequence: eventSequence(after + index + 1),
    commandSequence: commandSequence(1),
    atUs: epochUs(9),
    body,
  }));
  return settle(events, eventSequence(after), orders, TEST_ASSET);
}
const story = (bodies: readonly EventBody[]) =>
  settled(bodies).reports.map(
    ({ event, status, filledLots, leavesLots }) => `${event} ${status} ${filledLots}+${leavesLots}`,
  );

describe("settlement", () => {
  for (const [title, bodies, expected] of [
    ["an order that rests", [accepted(1, 1)], ["accepted open 0+5"]],
    [
      "a stop that waits and is triggered",
      [accepted(1, 1, { type: "stop_limit", stopPriceTicks: priceTicks(9) }, true), { kind: "triggered", ...own }],
      ["accepted pending_trigger 0+5", "triggered open 0+5"],
    ],
    [
      "a partial fill and a fill, the maker's report first",
      [accepted(1, 1), accepted(2, 2, { side: "sell", quantityLots: lots(3) }), trade(1, 2, 3, 2, 0)],
      ["accepted open 0+5", "accepted open 0+3", "trade partially_filled 3+2", "trade filled 3+0"],
    ],
    [
      "a cancel after a fill",
      [
        accepted(1, 1),
        accepted(2, 2, { quantityLots: lots(3) }),
        trade(1, 2, 3, 2, 0),
        { kind: "canceled", ...own, reason: "requested", canceledLots: lots(2), cover: null },
      ],
      [
        "accepted open 0+5",
        "accepted open 0+3",
        "trade partially_filled 3+2",
        "trade filled 3+0",
        "canceled canceled 3+0",
      ],
    ],
    [
      "a replace",
      [
        accepted(1, 1),
        {
          kind: "replaced",
          ...own,
          quantityLots: lots(9),
          priceTicks: priceTicks(101),
          leavesLots: lots(9),
          keptPriority: false,
          clientOrderId: null,
          cover: null,
        },
      ],
      ["accepted open 0+5", "replaced open 0+9"],
    ],
    [
      "a self-trade decrement",
      [accepted(1, 1), { kind: "reduced", ...own, byLots: lots(2), leavesLots: lots(3) }],
      ["accepted open 0+5", "reduced open 0+3"],
    ],
    [
      "an expiry",
      [accepted(1, 1), { kind: "expired", ...own, canceledLots: lots(5) }],
      ["accepted open 0+5", "expired expired 0+0"],
    ],
    [
      "a refusal",
      [
        {
          kind: "rejected",
          ...own,
          receivedAtUs: epochUs(7),
          reason: "book_full",
          firstOrderId: null,
          shortfall: null,
          order: terms,
        },
      ],
      ["rejected rejected 0+0"],
    ],
    [
      "a market buy whose budget is spent",
      [
        accepted(2, 2, { side: "sell" }),
        accepted(1, 1, {
          type: "market",
          timeInForce: "IOC",
          priceTicks: null,
          quantityLots: null,
          quoteBudgetUnits: currencyUnits(500),
        }),
        trade(2, 1, 5, 0, 0),
      ],
      ["accepted open 0+5", "accepted open 0+null", "trade filled 5+0", "trade filled 5+0"],
    ],
  ] as const)
    it(`tells ${title}`, () => {
      expect(story(bodies)).to.deep.equal(expected);
    });

  it("names what each side of a trade got", () => {
    const { reports, trades } = settled([accepted(1, 1), accepted(2, 2), trade(1, 2, 5, 0, 0)]);
    expect(reports[2]).to.include({
      accountId: 1,
      liquidity: "maker",
      tradeId: 1,
      lastPriceTicks: 100,
      lastQuantityLots: 5,
    });
    expect(reports[3]).to.include({
      accountId: 2,
      liquidity: "taker",
      eventSequence: 3,
      matchedAtUs: 9,
      receivedAtUs: 7,
    });
    expect(trades).to.have.length(1);
  });

  it("names the fee of each side of a trade, in its report and with the trade", () => {
    const feeRates = { makerBps: -10, takerBps: 20 };
    const { reports, trades } = settled([
      accepted(1, 1, { feeRates }),
      accepted(2, 2, { side: "sell", feeRates }),
      trade(1, 2, 5, 0, 0),
    ]);
    expect(reports.map(({ feeUnits }) => feeUnits)).to.deep.equal([null, null, -5, 10]);
    const fees = { makerFeeUnits: -5, takerFeeUnits: 10, budgetLeftUnits: null };
    expect(trades[0]).to.have.property("fees").that.deep.equals(fees);
  });

  it("says with the last fill of a budget what it could not buy any more", () => {
    const feeRates = { makerBps: 0, takerBps: 0 };
    const budget = { quantityLots: null, quoteBudgetUnits: currencyUnits(5_700), priceTicks: null };
    const { reports } = settled([
      accepted(1, 1, { side: "sell", feeRates }),
      accepted(2, 2, { type: "market", timeInForce: "IOC", ...budget, feeRates }),
      { ...trade(1, 2, 5, 0, 0), takerSide: "buy" } as EventBody,
    ]);
    expect(reports[3]).to.include({ status: "filled", reason: "quote_budget_spent: 0.0007 USD left" });
  });

  it("moves no money for orders that hold nothing", () => {
    const { reports, postings } = settled([accepted(1, 1), accepted(2, 2, { side: "sell" }), trade(1, 2, 5, 0, 0)]);
    expect(postings).to.deep.equal([]);
    expect(reports.map(({ feeUnits }) => feeUnits)).to.deep.equal([null, null, null, null]);
  });

  for (const [title, ending, sequence] of [
    ["a cancel, which nothing was held for", { kind: "canceled", reason: "requested", cover: null }, 1],
    ["a replace to what is filled", { kind: "canceled", reason: "below_filled", cover: 3 }, 2],
    ["a replace", { kind: "replaced", quantityLots: 5, priceTicks: 100, leavesLots: 5, cover: 3 }, 2],
    [
      "a refused replace",
      { kind: "replace_rejected", reason: "not_covered", firstOrderId: null, shortfall: null, cover: 3 },
      2,
    ],
  ] as const)
    it(`says how far it has taken holds over: with ${title}`, () => {
      const feeRates = { makerBps: 10, takerBps: 20 };
      const events = [accepted(1, 1, { feeRates }), { ...own, ...ending } as unknown as EventBody].map(
        (body, index): EngineEvent => ({
          eventSequence: eventSequence(index + 1),
          commandSequence: commandSequence(index + 1),
          atUs: epochUs(9),
          body,
        }),
      );
      expect(settle(events, eventSequence(0), new Map(), TEST_ASSET).holdThroughCommand).to.equal(sequence);
    });

  it("separates new orders from those that were there", () => {
    const orders = new Map<OrderId, OrderRecord>();
    settled([accepted(1, 1)], orders);
    const { newOrders, changedOrders } = settled([accepted(2, 2), trade(1, 2, 5, 0, 0)], orders, 1);
    expect(newOrders.map(({ orderId, status }) => [orderId, status])).to.deep.equal([[2, "filled"]]);
    expect(changedOrders.map(({ orderId, status }) => [orderId, status])).to.deep.equal([[1, "filled"]]);
  });

  it("names the last change of the asset's state, with its event and its time", () => {
    expect(settled([accepted(1, 1)]).stateChange).to.equal(null);
    const states = (["halted", "open"] as const).map((state): EventBody => ({ kind: "state_changed", state }));
    expect(settled([accepted(1, 1), ...states]).stateChange).to.deep.equal({
      state: "open",
      sinceUs: 9,
      eventSequence: 3,
      commandSequence: 1,
    });
  });

  it("says nothing of an order to an account that does not own it", () => {
    const rejected = {
      kind: "cancel_rejected",
      requestLogId: 9,
      accountId: 2,
      orderId: 1,
      clientOrderId: null,
      reason: "unknown_order",
      firstOrderId: null,
      receivedAtUs: 8,
    } as unknown as EventBody;
    const { reports } = settled([accepted(1, 1), rejected]);
    expect(reports[1]).to.include({
      accountId: 2,
      status: "rejected",
      side: null,
      quantityLots: null,
      reason: "unknown_order",
    });
  });

  it("asks for the orders that it does not know, and not for those that the batch brings", () => {
    const events = [accepted(2, 2), trade(1, 2, 5, 0, 0)].map((body) => ({ body }) as EngineEvent);
    expect(ordersNeeded(events, new Map())).to.deep.equal([1]);
  });

  for (const [title, bodies] of [
    ["an event about an order that is not there", [{ kind: "triggered", ...own }]],
    [
      "an event about an order that is done",
      [accepted(1, 1), { kind: "expired", ...own, canceledLots: lots(5) }, { kind: "triggered", ...own }],
    ],
    [
      "a trade of an order that holds funds with one that does not",
      [
        accepted(1, 1, { feeRates: { makerBps: 10, takerBps: 20 } }),
        accepted(2, 2, { side: "sell" }),
        trade(1, 2, 5, 0, 0),
      ],
    ],
    ["a trade whose quantities don't add up", [accepted(1, 1), accepted(2, 2), trade(1, 2, 3, 5, 2)]],
  ] as const)
    it(`halts at ${title}`, () => {
      expect(() => settled(bodies)).to.throw(InvariantBroken);
    });

  it("halts at a gap in the events", () => {
    expect(() =>
      settle([{ eventSequence: 5, body: accepted(1, 1) } as EngineEvent], eventSequence(3), new Map(), TEST_ASSET),
    ).to.throw(InvariantBroken, "event 5 came after 3");
  });
});
