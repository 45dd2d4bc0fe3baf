import {
  accountId,
  type Command,
  type CommandBody,
  commandSequence,
  currencyUnits,
  type EventBody,
  epochMs,
  epochUs,
  InvariantBroken,
  logId,
  lots,
  type MatchingEngine,
  type NewOrder,
  orderId,
  priceTicks,
  type RequestBody,
} from "@bourse/matching-core";
import { expect } from "chai";
import { ENGINES } from "./support/engines.js";
import { SCRIPT_OPTIONS, withRules } from "./support/market-script.js";
import { limitOrder } from "./support/order-terms.js";

const LIMIT_BUY = limitOrder("buy", 5, 100, { clientOrderId: "mine" });

function command(sequence: number, body: CommandBody, atUs = sequence): Command {
  return {
    commandSequence: commandSequence(sequence),
    logId: logId(1000 + sequence),
    accountId: accountId(7),
    receivedAtUs: epochUs(3),
    atUs: epochUs(atUs),
    body,
  };
}

function bodies(engine: MatchingEngine, next: Command): EventBody[] {
  return engine.apply(next).map((event) => event.body);
}

for (const [name, createEngine] of ENGINES) {
  describe(`The ${name}`, () => {
    it("numbers its events without a gap and stamps each with its command and the clock", () => {
      const engine = createEngine(withRules({ allowSelfTrade: false }));
      const sell: NewOrder = { ...LIMIT_BUY, side: "sell" };
      const events = [
        ...engine.apply(command(1, sell)),
        ...engine.apply({ ...command(2, LIMIT_BUY), accountId: accountId(8) }),
      ];
      expect(events.map((event) => [event.eventSequence, event.commandSequence, event.atUs])).to.deep.equal([
        [1, 1, 1],
        [2, 2, 2],
        [3, 2, 2],
      ]);
      expect(engine.lastCommandSequence).to.equal(2);
      expect(engine.lastEventSequence).to.equal(3);
      expect(engine.lastTradeId).to.equal(1);
      expect(events[2]?.body).to.deep.equal({
        kind: "trade",
        tradeId: 1,
        makerOrderId: 1001,
        takerOrderId: 1002,
        makerAccountId: 7,
        takerAccountId: 8,
        takerSide: "buy",
        priceTicks: 100,
        quantityLots: 5,
        makerLeavesLots: 0,
        takerLeavesLots: 0,
      });
    });

    it("does not let the clock go back", () => {
      const engine = createEngine(SCRIPT_OPTIONS);
      engine.apply(command(1, LIMIT_BUY, 5000));
      expect(engine.apply(command(2, LIMIT_BUY, 4000))[0]?.atUs).to.equal(5000);
    });

    it("stops at a command that it has applied before, and is as it was", () => {
      const engine = createEngine(SCRIPT_OPTIONS);
      engine.apply(command(4, LIMIT_BUY));
      const before = engine.stateHash();
      for (const sequence of [4, 3]) expect(() => engine.apply(command(sequence, LIMIT_BUY))).to.throw(InvariantBroken);
      expect(engine.stateHash()).to.equal(before);
      expect(engine.lastEventSequence).to.equal(1);
    });

    it("refuses an order id that is not above all it has seen, those of refused orders included", () => {
      const engine = createEngine(SCRIPT_OPTIONS);
      const refused: NewOrder = { ...LIMIT_BUY, displayLots: lots(6) };
      expect(bodies(engine, command(1, refused))[0]).to.include({ kind: "rejected", reason: "unsupported" });
      const again = { ...command(2, LIMIT_BUY), logId: logId(1001) };
      expect(bodies(engine, again)[0]).to.include({ kind: "rejected", reason: "duplicate_order_id", orderId: 1001 });
      expect(bodies(engine, command(3, LIMIT_BUY))[0]).to.include({ kind: "accepted", orderId: 1003 });
    });

    it("refuses orders that may stay when the book is full, and still lets others trade", () => {
      const engine = createEngine(withRules({ openOrdersMax: 2 }));
      engine.apply(command(1, LIMIT_BUY));
      engine.apply(
        command(2, { ...LIMIT_BUY, priceTicks: priceTicks(200), stopPriceTicks: priceTicks(150), type: "stop_limit" }),
      );
      const sell: NewOrder = { ...LIMIT_BUY, side: "sell", selfTradePrevention: "none" };
      expect(bodies(engine, command(3, sell))[0]).to.include({ kind: "rejected", reason: "book_full" });
      const kinds = bodies(engine, command(4, { ...sell, timeInForce: "IOC" })).map((event) => event.kind);
      expect(kinds).to.deep.equal(["accepted", "trade"]);
      expect(bodies(engine, command(5, LIMIT_BUY))[0]).to.include({ kind: "accepted" });
    });

    it("allows self-trades only where the asset does", () => {
      const engine = createEngine(withRules({ allowSelfTrade: false }));
      const order: NewOrder = { ...LIMIT_BUY, selfTradePrevention: "none" };
      expect(bodies(engine, command(1, order))[0]).to.include({ kind: "rejected", reason: "unsupported" });
    });
  });

  describe(`Refused requests (${name})`, () => {
    const cases: [string, RequestBody, object | null][] = [
      ["a new order", LIMIT_BUY, { kind: "rejected", orderId: 1001, order: LIMIT_BUY }],
      [
        "a cancel",
        { kind: "cancel", orderId: null, clientOrderId: "gone" },
        { kind: "cancel_rejected", requestLogId: 1001, orderId: null, clientOrderId: "gone", cover: null },
      ],
      [
        "a replace",
        {
          kind: "replace",
          orderId: orderId(9),
          quantityLots: lots(1),
          priceTicks: priceTicks(1),
          clientOrderId: null,
          cover: null,
        },
        { kind: "replace_rejected", requestLogId: 1001, orderId: 9, clientOrderId: null, cover: null },
      ],
      ["a cancel-all, which leaves no event", { kind: "cancel_all", side: null }, null],
    ];
    for (const [title, request, expected] of cases)
      it(`pass through in their place: ${title}`, () => {
        const engine = createEngine(SCRIPT_OPTIONS);
        const before = engine.stateHash();
        const refuse: CommandBody = {
          kind: "refuse",
          request,
          reason: "insufficient_funds",
          firstOrderId: orderId(4),
          shortfall: { neededUnits: currencyUnits(9), availableUnits: currencyUnits(0) },
        };
        const { reason, firstOrderId, shortfall } = refuse;
        const told = { accountId: 7, receivedAtUs: 3, reason, firstOrderId, shortfall };
        expect(bodies(engine, command(1, refuse))).to.deep.equal(expected === null ? [] : [{ ...expected, ...told }]);
        expect(engine.stateHash()).to.equal(before);
      });

    it("a cancel by a client order id that nobody could resolve is refused", () => {
      const cancel: CommandBody = { kind: "cancel", orderId: null, clientOrderId: "mine" };
      const [refused] = bodies(createEngine(SCRIPT_OPTIONS), command(1, cancel));
      expect(refused).to.include({ kind: "cancel_rejected", reason: "unknown_client_order_id", clientOrderId: "mine" });
    });
  });

  describe(`Orders that contradict themselves (${name})`, () => {
    const market: NewOrder = { ...LIMIT_BUY, type: "market", timeInForce: "IOC", priceTicks: null };
    const budget: NewOrder = { ...market, quantityLots: null, quoteBudgetUnits: currencyUnits(100) };
    const cases: [string, NewOrder][] = [
      ["a limit order without a price", { ...LIMIT_BUY, priceTicks: null }],
      ["a stop order without a stop price", { ...LIMIT_BUY, type: "stop_limit" }],
      ["a stop price on an order that is no stop", { ...LIMIT_BUY, stopPriceTicks: priceTicks(5) }],
      ["no quantity", { ...LIMIT_BUY, quantityLots: null }],
      ["a quantity of zero", { ...LIMIT_BUY, quantityLots: lots(0) }],
      ["a quantity and a budget", { ...budget, quantityLots: lots(5) }],
      ["a budget on a sell", { ...budget, side: "sell" }],
      ["a budget on a limit order", { ...budget, type: "limit", priceTicks: priceTicks(5) }],
      ["a budget that is filled or killed", { ...budget, timeInForce: "FOK" }],
      ["a budget with a minimum", { ...budget, minimumLots: lots(1) }],
      ["a budget to be decremented", { ...budget, selfTradePrevention: "decrement" }],
      ["an expiry without GTD", { ...LIMIT_BUY, expiresAtMs: epochMs(9) }],
      ["GTD without an expiry", { ...LIMIT_BUY, timeInForce: "GTD" }],
      ["a display quantity above the quantity", { ...LIMIT_BUY, displayLots: lots(6) }],
      ["a display quantity of zero", { ...LIMIT_BUY, displayLots: lots(0) }],
      ["a display quantity on a market order", { ...market, displayLots: lots(1) }],
      ["a minimum above the quantity", { ...LIMIT_BUY, minimumLots: lots(6) }],
      ["post-only with a minimum", { ...LIMIT_BUY, postOnly: true, minimumLots: lots(1) }],
      ["post-only that can't rest", { ...LIMIT_BUY, postOnly: true, timeInForce: "IOC" }],
    ];
    for (const [title, order] of cases)
      it(`are refused: ${title}`, () => {
        const [event] = bodies(createEngine(SCRIPT_OPTIONS), command(1, order));
        expect(event).to.include({ kind: "rejected", reason: "unsupported" });
      });
  });
}
