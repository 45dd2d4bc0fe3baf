import type { EngineEvent, NewOrder, Trade } from "@bourse/matching-core";
import { expect } from "chai";

interface FollowedOrder {
  readonly terms: NewOrder;
  readonly owner: number;
  price: number | null;
  /** Null: a market buy by budget. */
  leaves: number | null;
  shown: number;
  /** Smaller stands further in front. */
  place: number;
  isPending: boolean;
}

/**
 * A market rebuilt from the engine's events alone, as anybody downstream could, that checks each event against those
 * before it: quantities add up, the one who stands first trades, nobody trades with themselves unasked.
 */
export class FollowedMarket {
  readonly #live = new Map<number, FollowedOrder>();
  #places = 0;
  #lastEventSequence = 0;
  #lastTradeId = 0;
  /** In a call auction, and until the asset opens: orders collect, the book may be crossed. */
  isCollecting = false;

  follow({ eventSequence, body }: EngineEvent): void {
    expect(eventSequence).to.equal(this.#lastEventSequence + 1);
    this.#lastEventSequence = eventSequence;
    switch (body.kind) {
      case "accepted": {
        const { order } = body;
        this.#live.set(body.orderId, {
          terms: order,
          owner: body.accountId,
          price: order.priceTicks,
          leaves: order.quantityLots,
          shown: Math.min(order.quantityLots ?? 0, order.displayLots ?? Number.MAX_SAFE_INTEGER),
          place: this.#places++,
          isPending: body.pendingTrigger,
        });
        break;
      }
      case "trade":
        expect(body.tradeId).to.equal(++this.#lastTradeId);
        if (this.isCollecting) this.#uncross(body);
        else this.#trade(body);
        break;
      case "state_changed":
        if (body.state === "auction") this.isCollecting = true;
        if (body.state === "open") this.isCollecting = false;
        break;
      case "canceled":
      case "expired": {
        const order = this.#order(body.orderId);
        expect(body.canceledLots, "what a canceled order had left").to.equal(order.leaves);
        this.#live.delete(body.orderId);
        break;
      }
      case "replaced": {
        const order = this.#order(body.orderId);
        order.price = body.priceTicks;
        order.leaves = body.leavesLots;
        if (!body.keptPriority) this.#toTheBack(order);
        order.shown = Math.min(order.shown, body.leavesLots);
        break;
      }
      case "reduced": {
        const order = this.#order(body.orderId);
        expect(body.leavesLots)
          .to.equal((order.leaves ?? 0) - body.byLots)
          .and.above(0);
        order.leaves = body.leavesLots;
        order.shown = Math.min(order.shown, body.leavesLots);
        break;
      }
      case "triggered": {
        const order = this.#order(body.orderId);
        order.isPending = false;
        order.place = this.#places++;
        break;
      }
      default:
    }
  }

  /** Displayed quantities, best first. */
  levels(side: "buy" | "sell"): [number, number][] {
    const levels = new Map<number, number>();
    for (const order of this.#live.values())
      if (order.terms.side === side && !order.isPending)
        levels.set(order.price ?? 0, (levels.get(order.price ?? 0) ?? 0) + order.shown);
    return [...levels].sort(([a], [b]) => (side === "buy" ? b - a : a - b));
  }

  #trade(trade: Trade): void {
    const maker = this.#order(trade.makerOrderId);
    const taker = this.#order(trade.takerOrderId);
    expect(trade.quantityLots).to.be.within(1, maker.shown);
    expect(trade.priceTicks, "always the maker's price").to.equal(maker.price);
    expect(trade.makerOrderId, "the one who stands first").to.equal(this.#first(maker.terms.side, trade.takerOrderId));
    if (taker.terms.selfTradePrevention !== "none") expect(maker.owner).not.to.equal(taker.owner);
    if (taker.price !== null && taker.terms.side === "buy") expect(trade.priceTicks).to.be.at.most(taker.price);
    if (taker.price !== null && taker.terms.side === "sell") expect(trade.priceTicks).to.be.at.least(taker.price);

    maker.leaves = (maker.leaves ?? 0) - trade.quantityLots;
    maker.shown -= trade.quantityLots;
    expect(trade.makerLeavesLots).to.equal(maker.leaves);
    if (maker.leaves === 0) this.#live.delete(trade.makerOrderId);
    else if (maker.shown === 0) this.#toTheBack(maker);

    if (taker.leaves !== null) taker.leaves -= trade.quantityLots;
    else if (trade.takerLeavesLots === 0) taker.leaves = 0; // its budget is spent
    expect(trade.takerLeavesLots).to.equal(taker.leaves);
    if (taker.leaves === 0) this.#live.delete(trade.takerOrderId);
    taker.shown = Math.min(taker.leaves ?? 0, taker.terms.displayLots ?? Number.MAX_SAFE_INTEGER);
  }

  /** Both stood in the book, each first of its side; the price suits both. */
  #uncross(trade: Trade): void {
    const [maker, taker] = [this.#order(trade.makerOrderId), this.#order(trade.takerOrderId)];
    expect(trade.takerOrderId, "the younger is the taker").to.be.above(trade.makerOrderId);
    if (taker.terms.selfTradePrevention !== "none") expect(maker.owner).not.to.equal(taker.owner);
    const both = [
      [trade.makerOrderId, maker, trade.makerLeavesLots],
      [trade.takerOrderId, taker, trade.takerLeavesLots],
    ] as const;
    for (const [id, order] of both) {
      expect(id, "the one who stands first").to.equal(this.#first(order.terms.side, 0));
      expect(trade.quantityLots).to.be.within(1, order.shown);
      if (order.terms.side === "buy") expect(trade.priceTicks).to.be.at.most(order.price ?? 0);
      else expect(trade.priceTicks).to.be.at.least(order.price ?? 0);
    }
    for (const [id, order, leaves] of both) {
      order.leaves = (order.leaves ?? 0) - trade.quantityLots;
      order.shown -= trade.quantityLots;
      expect(leaves).to.equal(order.leaves);
      if (order.leaves === 0) this.#live.delete(id);
      else if (order.shown === 0) this.#toTheBack(order);
    }
  }

  #toTheBack(order: FollowedOrder): void {
    order.place = this.#places++;
    order.shown = Math.min(order.leaves ?? 0, order.terms.displayLots ?? Number.MAX_SAFE_INTEGER);
  }

  #first(side: "buy" | "sell", except: number): number {
    const resting = [...this.#live].filter(
      ([id, { terms, isPending }]) => id !== except && terms.side === side && !isPending,
    );
    const sign = side === "buy" ? -1 : 1;
    resting.sort(([, a], [, b]) => sign * ((a.price ?? 0) - (b.price ?? 0)) || a.place - b.place);
    return resting[0]?.[0] ?? 0;
  }

  #order(orderId: number): FollowedOrder {
    const order = this.#live.get(orderId);
    expect(order, `order ${orderId} is live`).not.to.equal(undefined);
    return order as FollowedOrder;
  }
}
