/**
 * What one client of the chaos run asks for, of every kind that the dialects know: the same for the same seed and the
 * same answers. Prices stay around each asset's reference, so that much trades and much rests.
 */

import { mulberry32 } from "../../packages/matching-core/test/support/random-flow.js";
import type { Asset } from "../../src/shared/domain/assets.js";
import type {
  NewOrder,
  OrderType,
  RequestBody,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "../../src/shared/domain/messages.js";
import {
  currencyUnits,
  epochMs,
  type LogId,
  lots,
  orderId,
  type PriceTicks,
  priceTicks,
} from "../../src/shared/domain/units.js";

export interface Wish {
  readonly asset: Asset;
  readonly body: RequestBody;
}

interface KnownOrder {
  readonly asset: Asset;
  readonly orderId: number;
  readonly clientOrderId: string;
}

/** The books of other assets are to be full now and then. */
const ROOM_MIN = 100_000;

/** Whether orders may come to rest in it for good. */
export function hasRoom({ rules: { openOrdersMax } }: Asset): boolean {
  return openOrdersMax >= ROOM_MIN;
}

const KNOWN_ORDERS_MAX = 300;
const DEPTH_TICKS = 20;
const REACH_TICKS = 10;
/** What rests for good does so this far from the reference, or up to twice as far. */
const FAR_SHARE = 0.15;
const QUANTITY_LOTS_MAX = 20;
/** More than anybody has. */
const HUGE_LOTS = 2e11;
const GTD_MS_MIN = 200;
const GTD_MS_SPREAD = 600;

const MODES: readonly SelfTradePrevention[] = ["cancel_newest", "cancel_oldest", "cancel_both", "decrement"];

type Style = (mix: OrderMix, asset: Asset, nowMs: number) => RequestBody;

/** Of a hundred requests, how many are of which kind. */
const STYLES: readonly (readonly [share: number, style: Style])[] = [
  [38, (mix, asset) => mix.order(asset, { reach: -1 })],
  [12, (mix, asset) => mix.order(asset, { reach: 1 })],
  [4, (mix, asset) => mix.order(asset, { reach: 1, timeInForce: "IOC" })],
  [3, (mix, asset) => mix.order(asset, { reach: 1, timeInForce: "FOK" })],
  [4, (mix, asset) => mix.order(asset, { reach: 1, type: "market", timeInForce: "IOC" })],
  [2, (mix, asset) => mix.budgetOrder(asset)],
  [3, (mix, asset) => mix.order(asset, { reach: 1, type: "stop_limit" })],
  [2, (mix, asset) => mix.order(asset, { reach: 1, type: "stop_market" })],
  [3, (mix, asset) => mix.order(asset, { reach: -1, displays: true })],
  [3, (mix, asset) => mix.order(asset, { reach: -1, postOnly: true })],
  [3, (mix, asset, nowMs) => mix.order(asset, { reach: -1, timeInForce: "GTD", nowMs })],
  [2, (mix, asset) => mix.order(asset, { reach: 1, hasMinimum: true })],
  [1, (mix, asset) => mix.order(asset, { reach: -1, isHuge: true })],
];

interface Order {
  /** 1: meets what rests on the other side; -1: rests. */
  readonly reach: 1 | -1;
  readonly type?: OrderType;
  readonly timeInForce?: TimeInForce;
  readonly displays?: boolean;
  readonly postOnly?: boolean;
  readonly hasMinimum?: boolean;
  readonly isHuge?: boolean;
  readonly nowMs?: number;
}

export class OrderMix {
  readonly #draw: () => number;
  readonly #assets: readonly Asset[];
  /** Begins every client order id: another for every client. */
  readonly #name: string;
  readonly #known: KnownOrder[] = [];
  #orders = 0;

  constructor(name: string, seed: number, assets: readonly Asset[]) {
    this.#name = name;
    this.#draw = mulberry32(seed);
    this.#assets = assets;
  }

  next(nowMs: number): Wish {
    const asset = this.#pick(this.#assets);
    let dice = this.#below(100);
    for (const [share, style] of STYLES) {
      if (dice < share) return { asset, body: style(this, asset, nowMs) };
      dice -= share;
    }
    return this.#aboutOrder(dice) ?? { asset, body: this.order(asset, { reach: -1 }) };
  }

  /** An order that stays: no other comes so far. */
  nextResting(): Wish {
    const asset = this.#pick(this.#assets.filter(hasRoom));
    const order = this.order(asset, { reach: -1 });
    const middle = this.#middle(asset);
    const away = Math.floor(middle * FAR_SHARE) + this.#below(Math.floor(middle * FAR_SHARE));
    const up = order.side === "buy" ? -1 : 1;
    return {
      asset,
      body: {
        ...order,
        priceTicks: priceTicks(middle + up * away),
        quantityLots: lots(2 + this.#below(QUANTITY_LOTS_MAX)),
      },
    };
  }

  /** The log has it: it may be canceled and replaced from now on. */
  acknowledged({ asset, body }: Wish, logId: LogId): void {
    if (body.kind !== "new" || body.clientOrderId === null) return;
    if (this.#known.length === KNOWN_ORDERS_MAX) this.#known.splice(this.#below(KNOWN_ORDERS_MAX), 1);
    this.#known.push({ asset, orderId: logId, clientOrderId: body.clientOrderId });
  }

  order(asset: Asset, what: Order): NewOrder {
    const { type = "limit", timeInForce = "GTC", isHuge = false, nowMs } = what;
    const side = this.#pick<Side>(["buy", "sell"]);
    const quantity = isHuge ? HUGE_LOTS : 1 + this.#below(QUANTITY_LOTS_MAX);
    const part = () => lots(1 + this.#below(quantity));
    const isPriced = type === "limit" || type === "stop_limit";
    const up = (side === "buy" ? 1 : -1) * what.reach;
    return {
      kind: "new",
      clientOrderId: this.#newId(),
      side,
      type,
      timeInForce,
      quantityLots: lots(quantity),
      priceTicks: isPriced ? this.#price(asset, up, what.reach === 1 ? REACH_TICKS : DEPTH_TICKS) : null,
      // A stop waits for the market to come to it.
      stopPriceTicks: type.startsWith("stop") ? this.#price(asset, side === "buy" ? 1 : -1, REACH_TICKS / 2) : null,
      displayLots: what.displays === true ? part() : null,
      minimumLots: what.hasMinimum === true ? part() : null,
      quoteBudgetUnits: null,
      expiresAtMs: nowMs === undefined ? null : epochMs(nowMs + GTD_MS_MIN + this.#below(GTD_MS_SPREAD)),
      postOnly: what.postOnly === true,
      selfTradePrevention: this.#pick(asset.rules.allowSelfTrade ? [...MODES, "none" as const] : MODES),
      feeRates: null,
    };
  }

  budgetOrder(asset: Asset): NewOrder {
    const units = this.#middle(asset) * asset.quoteUnitsPerTickLot * (1 + this.#below(QUANTITY_LOTS_MAX));
    const order = this.order(asset, { reach: 1, type: "market", timeInForce: "IOC" });
    const selfTradePrevention = order.selfTradePrevention === "decrement" ? "cancel_both" : order.selfTradePrevention;
    return { ...order, side: "buy", quantityLots: null, quoteBudgetUnits: currencyUnits(units), selfTradePrevention };
  }

  /** Null while no order is known. */
  #aboutOrder(dice: number): Wish | null {
    const known = this.#known[this.#below(Math.max(1, this.#known.length))];
    if (known === undefined) return null;
    const { asset, clientOrderId } = known;
    const id = orderId(known.orderId + (this.#below(40) === 0 ? 1 : 0)); // now and then nobody's
    if (dice < 6) return { asset, body: { kind: "cancel", orderId: id, clientOrderId: null } };
    if (dice < 11) return { asset, body: { kind: "cancel", orderId: null, clientOrderId } };
    if (dice < 18) return { asset, body: this.#replace(asset, id) };
    if (dice === 18) return { asset, body: { ...this.order(asset, { reach: 1 }), clientOrderId } };
    if (this.#below(10) > 0) return null;
    return { asset, body: { kind: "cancel_all", side: this.#pick([null, "buy", "sell"]) } };
  }

  #replace(asset: Asset, id: ReturnType<typeof orderId>): RequestBody {
    const quantityLots = lots(1 + this.#below(2 * QUANTITY_LOTS_MAX));
    const price = this.#price(asset, this.#below(2) === 0 ? 1 : -1, DEPTH_TICKS);
    const clientOrderId = this.#below(2) === 0 ? this.#newId() : null;
    return { kind: "replace", orderId: id, quantityLots, priceTicks: price, clientOrderId, cover: null };
  }

  #newId(): string {
    return `${this.#name}-${this.#orders++}`;
  }

  #middle(asset: Asset): number {
    return asset.referencePriceTicks ?? 1_000;
  }

  #price(asset: Asset, up: number, withinTicks: number): PriceTicks {
    return priceTicks(this.#middle(asset) + up * (1 + this.#below(withinTicks)));
  }

  #below(limit: number): number {
    return this.#draw() % limit;
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }
}
