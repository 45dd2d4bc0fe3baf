/**
 * The orders of a load test: 50 % rest near a drifting mid price, 30 % cross it at once, 20 % cancel the oldest resting
 * order of the account. What crosses is immediate-or-cancel, so books stay about as full as they are. One account only
 * buys, the other only sells: nobody meets their own orders.
 */
export interface PlannedOrder {
  kind: "resting" | "crossing" | "cancel";
  assetIndex: number;
  side: "buy" | "sell";
  priceTicks: number;
  quantityLots: number;
  /** With cancel: which order. */
  orderId: number;
}

export interface FlowOptions {
  readonly seed: number;
  /** Where each asset's price starts, in ticks. */
  readonly midTicks: readonly number[];
}

const RESTING_DEPTH_TICKS = 20;
const CROSSING_REACH_TICKS = 40;
const QUANTITY_LOTS_MAX = 10;
const DRIFT_ONE_IN = 40;
const LIVE_ORDERS_MAX = 50_000;

/** mulberry32: small, fast, good enough, and the same everywhere. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export class OrderFlow {
  readonly #random: (below: number) => number;
  readonly #midTicks: number[];
  /** Per account and asset, oldest first: orders known to rest. */
  readonly #live: Set<number>[][];
  /** Reused: one object a flow, valid until the next call. */
  readonly #order: PlannedOrder = {
    kind: "resting",
    assetIndex: 0,
    side: "buy",
    priceTicks: 1,
    quantityLots: 1,
    orderId: 0,
  };

  constructor({ seed, midTicks }: FlowOptions) {
    this.#random = randomOf(seed);
    this.#midTicks = [...midTicks];
    this.#live = [0, 1].map(() => midTicks.map(() => new Set<number>()));
  }

  /** Account 0 buys, account 1 sells. */
  next(accountIndex: number): PlannedOrder {
    const order = this.#order;
    const assetIndex = this.#random(this.#midTicks.length);
    const dice = this.#random(10);
    order.assetIndex = assetIndex;
    order.side = accountIndex === 0 ? "buy" : "sell";
    order.quantityLots = 1 + this.#random(QUANTITY_LOTS_MAX);
    const midTicks = this.#drift(assetIndex);
    const up = order.side === "buy" ? 1 : -1;
    const oldest = dice < 2 ? this.#takeOldest(accountIndex, assetIndex) : undefined;
    if (oldest !== undefined) {
      order.kind = "cancel";
      order.orderId = oldest;
    } else if (dice >= 2 && dice < 5) {
      order.kind = "crossing";
      order.priceTicks = midTicks + up * CROSSING_REACH_TICKS;
    } else {
      order.kind = "resting";
      order.priceTicks = midTicks - up * (1 + this.#random(RESTING_DEPTH_TICKS));
    }
    return order;
  }

  isResting(accountIndex: number, assetIndex: number, orderId: number): void {
    const live = this.#live[accountIndex]?.[assetIndex];
    if (live !== undefined && live.size < LIVE_ORDERS_MAX) live.add(orderId);
  }

  isDone(accountIndex: number, assetIndex: number, orderId: number): void {
    this.#live[accountIndex]?.[assetIndex]?.delete(orderId);
  }

  #drift(assetIndex: number): number {
    const midTicks = this.#midTicks[assetIndex] ?? 0;
    if (this.#random(DRIFT_ONE_IN) !== 0) return midTicks;
    const moved = Math.max(2 * CROSSING_REACH_TICKS, midTicks + (this.#random(2) === 0 ? 1 : -1));
    this.#midTicks[assetIndex] = moved;
    return moved;
  }

  #takeOldest(accountIndex: number, assetIndex: number): number | undefined {
    const live = this.#live[accountIndex]?.[assetIndex];
    const oldest = live?.values().next().value;
    if (oldest !== undefined) live?.delete(oldest);
    return oldest;
  }
}
