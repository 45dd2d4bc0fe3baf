import {
  type AccountId,
  type AssetState,
  type DepthLevel,
  type EpochMs,
  type EpochUs,
  type Lots,
  lots,
  type NewOrder,
  type OrderId,
  type PriceTicks,
  type Side,
  type TradeId,
} from "@bourse/matching-core";
import { Ladder } from "./ladder.js";

export interface RestingOrder {
  readonly kind: "resting";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  /** As first asked for; what a replace changed (price, quantity) stands below. */
  readonly terms: NewOrder;
  readonly priceTicks: PriceTicks;
  leavesLots: Lots;
  /** The part of leavesLots that the book displays: all of it, but for an iceberg. */
  shownLots: Lots;
  filledLots: Lots;
}

export interface PendingStop {
  readonly kind: "pending";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly terms: NewOrder;
  readonly stopPriceTicks: PriceTicks;
}

export type OpenOrder = RestingOrder | PendingStop;

/** What the book shows of an order. */
export function sliceOf(leavesLots: Lots, displayLots: Lots | null): Lots {
  return displayLots === null ? leavesLots : lots(Math.min(leavesLots, displayLots));
}

export function leavesOfOpen(order: OpenOrder): Lots {
  return order.kind === "resting" ? order.leavesLots : (order.terms.quantityLots ?? lots(0));
}

/** Everything that the commands so far have made of one asset's market. */
export class OrderBook {
  readonly bids = new Ladder<PriceTicks, RestingOrder>("highest");
  readonly asks = new Ladder<PriceTicks, RestingOrder>("lowest");
  /** The best stop is the one that a moving price reaches first. */
  readonly buyStops = new Ladder<PriceTicks, PendingStop>("lowest");
  readonly sellStops = new Ladder<PriceTicks, PendingStop>("highest");
  readonly #expiries = new Ladder<EpochMs, OpenOrder>("lowest");
  readonly #open = new Map<OrderId, OpenOrder>();

  assetState: AssetState = "open";
  /** It was told to open, and each command uncrosses a part of what the auction has collected. */
  isOpening = false;
  lastTradeId: TradeId | 0 = 0;
  lastTradeTicks: PriceTicks | null = null;

  get openOrderCount(): number {
    return this.#open.size;
  }

  find(orderId: OrderId): OpenOrder | null {
    return this.#open.get(orderId) ?? null;
  }

  add(order: OpenOrder): void {
    const { side, expiresAtMs } = order.terms;
    if (order.kind === "resting") this.resting(side).add(order.priceTicks, order.orderId, order);
    else this.stops(side).add(order.stopPriceTicks, order.orderId, order);
    if (expiresAtMs !== null) this.#expiries.add(expiresAtMs, order.orderId, order);
    this.#open.set(order.orderId, order);
  }

  remove(order: OpenOrder): void {
    const { side, expiresAtMs } = order.terms;
    if (order.kind === "resting") this.resting(side).remove(order.priceTicks, order.orderId);
    else this.stops(side).remove(order.stopPriceTicks, order.orderId);
    if (expiresAtMs !== null) this.#expiries.remove(expiresAtMs, order.orderId);
    this.#open.delete(order.orderId);
  }

  /** Behind everybody else of its price. */
  moveToBack(order: RestingOrder): void {
    const ladder = this.resting(order.terms.side);
    ladder.remove(order.priceTicks, order.orderId);
    ladder.add(order.priceTicks, order.orderId, order);
  }

  resting(side: Side): Ladder<PriceTicks, RestingOrder> {
    return side === "buy" ? this.bids : this.asks;
  }

  stops(side: Side): Ladder<PriceTicks, PendingStop> {
    return side === "buy" ? this.buyStops : this.sellStops;
  }

  /** Those of one account, oldest first. */
  openOrdersOf(accountId: AccountId, side: Side | null): OpenOrder[] {
    return [...this.#open.values()]
      .filter((order) => order.accountId === accountId && (side === null || order.terms.side === side))
      .sort(byAge);
  }

  /** Those whose time has come, the earliest expiry first, then the oldest. */
  expiredAt(nowUs: EpochUs): OpenOrder[] {
    const expired: OpenOrder[] = [];
    const nowMs = Math.floor(nowUs / 1000);
    for (const expiresAtMs of this.#expiries.keysBestFirst()) {
      if (expiresAtMs > nowMs) break;
      for (const order of [...this.#expiries.queue(expiresAtMs)].sort(byAge)) expired.push(order);
    }
    return expired;
  }

  /** The next stop that the last trade price has reached: nearest stop price first, then the oldest. */
  triggeredStop(): PendingStop | null {
    for (const stop of [this.buyStops.first(), this.sellStops.first()])
      if (stop !== null && this.isTriggered(stop.terms.side, stop.stopPriceTicks)) return stop;
    return null;
  }

  /** Price and displayed quantity, best first. The sum of a level may be above 2^53, so it is a bigint. */
  levels(side: Side, levelsMax: number): DepthLevel[] {
    const ladder = this.resting(side);
    const levels: DepthLevel[] = [];
    for (const priceTicks of ladder.keysBestFirst()) {
      if (levels.length >= levelsMax) break;
      let shown = 0n;
      for (const order of ladder.queue(priceTicks)) shown += BigInt(order.shownLots);
      levels.push([priceTicks, shown]);
    }
    return levels;
  }

  isTriggered(side: Side, stopPriceTicks: PriceTicks): boolean {
    if (this.lastTradeTicks === null) return false;
    return side === "buy" ? this.lastTradeTicks >= stopPriceTicks : this.lastTradeTicks <= stopPriceTicks;
  }
}

function byAge(a: OpenOrder, b: OpenOrder): number {
  return a.orderId - b.orderId;
}
