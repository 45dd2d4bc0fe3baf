/**
 * The orders of a load test: what rests does so near a drifting mid price, what crosses is immediate-or-cancel and reaches past
 * what rests there, cancels and replaces name the oldest resting order of the account. So books stay about as full as they are.
 * Every other account only buys, those between only sell: nobody meets their own orders.
 */
import type { Asset } from "../../src/shared/domain/assets.js";

export interface PlannedOrder {
  kind: OrderKind;
  assetIndex: number;
  side: "buy" | "sell";
  priceTicks: number;
  /** Of a replace the new total. */
  quantityLots: number;
  /** With stop: where it triggers. */
  stopPriceTicks: number;
  /** With iceberg: what is shown of it. */
  displayLots: number;
  /** With cancel and replace: which order. */
  orderId: number;
}

export const ORDER_KINDS = ["resting", "crossing", "cancel", "replace", "stop", "iceberg"] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/** Of a hundred commands, how many are of which kind. Where no order rests that could be cancelled or replaced, one is placed. */
export const MIXES = {
  /** The load of every promised figure. */
  plain: { resting: 50, crossing: 30, cancel: 20, replace: 0, stop: 0, iceberg: 0 },
  /** The shares of the benchmarks' streams of the same names (bench/streams.ts). */
  mix: { resting: 50, crossing: 10, cancel: 40, replace: 0, stop: 0, iceberg: 0 },
  ecore: { resting: 9, crossing: 3, cancel: 6, replace: 82, stop: 0, iceberg: 0 },
  /** Of everything. */
  all: { resting: 30, crossing: 25, cancel: 15, replace: 15, stop: 5, iceberg: 10 },
} as const satisfies Record<string, Record<OrderKind, number>>;
export type MixName = keyof typeof MIXES;

export interface FlowOptions {
  readonly seed: number;
  /** Where each asset's price starts, in ticks. */
  readonly midTicks: readonly number[];
  /** Default: two. */
  readonly accounts?: number;
  readonly mix?: MixName;
}

/** Mid prices to start from, in quote currency; an asset that is not here starts at 1,000 ticks. */
const MID_PRICES: Readonly<Record<string, number>> = {
  "BTC-USD": 64_000,
  "ETH-USD": 3_000,
  "SOL-USDC": 150,
  "KCN-EUR": 25,
};
const OTHER_MID_TICKS = 1_000;
const RESTING_DEPTH_TICKS = 20;
const CROSSING_REACH_TICKS = 40;
const QUANTITY_LOTS_MAX = 10;
const SLICES = 10;
/** Beyond its stop price, so that it trades when it triggers. */
const STOP_SLACK_TICKS = 40;
/** The order in which a draw names them. */
const DRAWN: readonly OrderKind[] = ["cancel", "crossing", "resting", "replace", "stop", "iceberg"];
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

/** In the fewest that show the shares: `plain` draws one of ten. */
function kindsOf(mix: MixName): OrderKind[] {
  const shares = MIXES[mix];
  const unit = ORDER_KINDS.every((kind) => shares[kind] % 10 === 0) ? 10 : 1;
  return DRAWN.flatMap((kind) => Array.from({ length: shares[kind] / unit }, () => kind));
}

export class OrderFlow {
  readonly #random: (below: number) => number;
  readonly #midTicks: number[];
  /** Per account and asset, oldest first: orders known to rest. */
  readonly #live: Set<number>[][];
  /** The kinds of ten commands, or of a hundred. */
  readonly #kinds: readonly OrderKind[];
  /** Reused: one object a flow, valid until the next call. */
  readonly #order: PlannedOrder = {
    kind: "resting",
    assetIndex: 0,
    side: "buy",
    priceTicks: 1,
    quantityLots: 1,
    stopPriceTicks: 0,
    displayLots: 0,
    orderId: 0,
  };

  constructor({ seed, midTicks, accounts = 2, mix = "plain" }: FlowOptions) {
    this.#random = randomOf(seed);
    this.#midTicks = [...midTicks];
    this.#live = Array.from({ length: accounts }, () => midTicks.map(() => new Set<number>()));
    this.#kinds = kindsOf(mix);
  }

  /** Accounts 0, 2, 4 … buy, the others sell. */
  next(accountIndex: number): PlannedOrder {
    const order = this.#order;
    const assetIndex = this.#random(this.#midTicks.length);
    const kind = this.#kinds[this.#random(this.#kinds.length)] as OrderKind;
    order.assetIndex = assetIndex;
    order.side = accountIndex % 2 === 0 ? "buy" : "sell";
    order.quantityLots = 1 + this.#random(QUANTITY_LOTS_MAX);
    const midTicks = this.#drift(assetIndex);
    const up = order.side === "buy" ? 1 : -1;
    const live = kind === "cancel" || kind === "replace" ? this.#takeOldest(accountIndex, assetIndex) : undefined;
    order.kind = live === undefined && (kind === "cancel" || kind === "replace") ? "resting" : kind;
    order.orderId = live ?? 0;
    // It rests on, and is the youngest now.
    if (order.kind === "replace") this.isResting(accountIndex, assetIndex, order.orderId);
    if (order.kind === "crossing") order.priceTicks = midTicks + up * CROSSING_REACH_TICKS;
    else if (order.kind === "stop") {
      order.stopPriceTicks = midTicks + up * (1 + this.#random(RESTING_DEPTH_TICKS));
      order.priceTicks = order.stopPriceTicks + up * STOP_SLACK_TICKS;
    } else if (order.kind !== "cancel") order.priceTicks = midTicks - up * (1 + this.#random(RESTING_DEPTH_TICKS));
    if (order.kind === "iceberg") {
      order.displayLots = order.quantityLots;
      order.quantityLots *= SLICES;
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

/** Where each asset's price starts. */
export function midTicksOf(assets: readonly Pick<Asset, "asset" | "tickSize">[]): number[] {
  return assets.map(({ asset, tickSize }) => {
    const price = MID_PRICES[asset];
    return price === undefined ? OTHER_MID_TICKS : Math.round(price / Number(tickSize));
  });
}
