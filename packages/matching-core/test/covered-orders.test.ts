import {
  accountId,
  type CommandBody,
  commandSequence,
  type EventBody,
  epochUs,
  logId,
  lots,
  type MatchingEngine,
  type NewOrder,
  type OrderId,
  orderId,
  priceTicks,
} from "@bourse/matching-core";
import { expect } from "chai";
import { ENGINES } from "./support/engines.js";
import { SCRIPT_OPTIONS } from "./support/market-script.js";
import { limitOrder } from "./support/order-terms.js";

const FEES = { makerBps: -1, takerBps: 20 };
const BUYER = 1;
const SELLER = 2;

const limit = (side: "buy" | "sell", quantity: number, price: number) =>
  limitOrder(side, quantity, price, { feeRates: FEES });

const replace = (id: OrderId, quantity: number, price: number, cover: number): CommandBody => ({
  kind: "replace",
  orderId: id,
  quantityLots: lots(quantity),
  priceTicks: priceTicks(price),
  clientOrderId: null,
  cover,
});

/** Sends commands one after the other; the n-th has log id n. */
class Sender {
  readonly #engine: MatchingEngine;
  #sent = 0;

  constructor(engine: MatchingEngine) {
    this.#engine = engine;
  }

  send(account: number, body: CommandBody): EventBody[] {
    const sequence = ++this.#sent;
    const events = this.#engine.apply({
      commandSequence: commandSequence(sequence),
      logId: logId(sequence),
      accountId: accountId(account),
      receivedAtUs: epochUs(sequence),
      atUs: epochUs(sequence),
      body,
    });
    return events.map((event) => event.body);
  }
}

const summary = (events: readonly EventBody[]) =>
  events.map((event) => (event.kind === "trade" ? `${event.quantityLots}@${event.priceTicks}` : event.kind));

for (const [name, createEngine] of ENGINES) {
  describe(`Covered orders (${name})`, () => {
    const start = () => new Sender(createEngine(SCRIPT_OPTIONS));

    it("a market order trades up to its protective price, and never rests", () => {
      const market = start();
      market.send(SELLER, limit("sell", 5, 100));
      market.send(SELLER, limit("sell", 5, 120));
      const buy: NewOrder = { ...limit("buy", 8, 110), type: "market", timeInForce: "IOC" };
      expect(summary(market.send(BUYER, buy))).to.deep.equal(["accepted", "5@100", "canceled"]);
      expect(market.send(BUYER, { kind: "cancel", orderId: orderId(3), clientOrderId: null })[0]).to.include({
        kind: "cancel_rejected",
      });
    });

    it("a stop-market order keeps its protective price until it triggers, and does not rest then", () => {
      const market = start();
      const stop: NewOrder = { ...limit("buy", 8, 110), type: "stop_market", stopPriceTicks: priceTicks(100) };
      market.send(BUYER, stop);
      market.send(SELLER, limit("sell", 6, 100));
      market.send(SELLER, limit("sell", 6, 120));
      expect(summary(market.send(3, limit("buy", 1, 100)))).to.deep.equal([
        "accepted",
        "1@100",
        "triggered",
        "5@100",
        "canceled",
      ]);
    });

    it("an accepted order's event names its fee rates, a refused one's too", () => {
      const market = start();
      const [accepted] = market.send(BUYER, limit("buy", 5, 100));
      expect(accepted).to.have.nested.property("order.feeRates").that.deep.equals(FEES);
      const [rejected] = market.send(BUYER, { ...limit("buy", 5, 100), displayLots: lots(9) });
      expect(rejected).to.have.nested.property("order.feeRates").that.deep.equals(FEES);
    });

    it("a replace goes through up to its cover, and its event names it", () => {
      const market = start();
      market.send(BUYER, limit("buy", 5, 100));
      expect(market.send(BUYER, replace(orderId(1), 6, 110, 159))).to.deep.include({
        kind: "replace_rejected",
        requestLogId: 2,
        accountId: BUYER,
        orderId: 1,
        clientOrderId: null,
        reason: "not_covered",
        firstOrderId: null,
        shortfall: null,
        cover: 159,
        receivedAtUs: 2,
      });
      expect(market.send(BUYER, replace(orderId(1), 6, 110, 160))[0]).to.include({ kind: "replaced", cover: 160 });
    });

    it("a sell's replace is covered in lots", () => {
      const market = start();
      market.send(SELLER, limit("sell", 5, 100));
      expect(market.send(SELLER, replace(orderId(1), 8, 90, 2))[0]).to.include({ reason: "not_covered" });
      expect(market.send(SELLER, replace(orderId(1), 8, 90, 3))[0]).to.include({ kind: "replaced" });
    });

    it("a replace to what is filled already gives its cover back with the cancel", () => {
      const market = start();
      market.send(BUYER, limit("buy", 5, 100));
      market.send(SELLER, limit("sell", 3, 100));
      const [canceled] = market.send(BUYER, replace(orderId(1), 3, 120, 60));
      expect(canceled).to.include({ kind: "canceled", reason: "below_filled", canceledLots: 2, cover: 60 });
    });

    it("what is left over of a cover is not the next request's", () => {
      const market = start();
      market.send(BUYER, limit("buy", 5, 100));
      market.send(BUYER, replace(orderId(1), 4, 100, 0));
      const [rejected] = market.send(BUYER, { kind: "cancel", orderId: orderId(99), clientOrderId: null });
      expect(rejected).to.include({ kind: "cancel_rejected", cover: null });
    });
  });
}
