/**
 * What a few accounts ask for in all assets, at random, the same for the same seed and the same order ids: every kind of
 * order, cancels and replaces of orders that are open, done, somebody else's or not settled yet. Prices lie close
 * together and the accounts have little, so that much trades and much is refused.
 */

import { mulberry32 } from "../../../packages/matching-core/test/support/random-flow.js";
import type {
  NewOrder,
  OrderRequest,
  OrderType,
  RequestBody,
  Side,
  TimeInForce,
} from "../../../src/shared/domain/messages.js";
import {
  type AccountId,
  currencyUnits,
  epochMs,
  lots,
  type OrderId,
  orderId,
  priceTicks,
} from "../../../src/shared/domain/units.js";
import { nowUs } from "../../../src/shared/process/clock.js";

const MODES = ["cancel_newest", "cancel_oldest", "cancel_both", "decrement", "none"] as const;
const RECENT_ORDERS = 60;
const QUANTITY_MAX = 50;
const MIDDLE_TICKS = 150;
const SPREAD_TICKS = 20;
const OVERLAP_TICKS = 6;

interface KnownOrder {
  readonly accountId: AccountId;
  readonly orderId: OrderId;
}

export class RandomTraders {
  readonly #draw: () => number;
  readonly #accounts: readonly AccountId[];
  readonly #recent = new Map<string, KnownOrder[]>();
  #clientOrderIds = 0;

  constructor(seed: number, accounts: readonly AccountId[]) {
    this.#draw = mulberry32(seed);
    this.#accounts = accounts;
  }

  below(limit: number): number {
    return this.#draw() % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  requests(asset: string, count: number): OrderRequest[] {
    return Array.from({ length: count }, () => this.#request(asset));
  }

  /** Later cancels and replaces are about these. */
  logged(asset: string, requests: readonly OrderRequest[], ids: readonly OrderId[]): void {
    const recent = this.#recent.get(asset) ?? [];
    this.#recent.set(asset, recent);
    for (const [index, { accountId, body }] of requests.entries()) {
      if (body.kind !== "new") continue;
      if (recent.length === RECENT_ORDERS) recent.splice(this.below(RECENT_ORDERS), 1);
      recent.push({ accountId, orderId: ids[index] as OrderId });
    }
  }

  #request(asset: string): OrderRequest {
    const known = this.#recent.get(asset) ?? [];
    const kind = this.below(100);
    if (kind < 65 || known.length === 0) return this.#by(this.pick(this.#accounts), this.#order());
    if (kind === 99) return this.#by(this.pick(this.#accounts), { kind: "cancel_all", side: this.pick([null, "buy"]) });
    const about = this.pick(known);
    const accountId = this.below(30) === 0 ? this.pick(this.#accounts) : about.accountId;
    return this.#by(accountId, kind < 80 ? this.#cancel(about.orderId) : this.#replace(about.orderId));
  }

  #by(accountId: AccountId, body: RequestBody): OrderRequest {
    return { accountId, receivedAtUs: nowUs(), body };
  }

  #cancel(id: OrderId): RequestBody {
    if (this.below(10) > 0) return { kind: "cancel", orderId: orderId(id), clientOrderId: null };
    const clientOrderId = `c${this.below(this.#clientOrderIds + 1)}`;
    return { kind: "cancel", orderId: null, clientOrderId };
  }

  #replace(id: OrderId): RequestBody {
    const terms = { quantityLots: lots(1 + this.below(2 * QUANTITY_MAX)), priceTicks: this.#price() };
    return { kind: "replace", orderId: id, ...terms, clientOrderId: this.#clientOrderId(), cover: null };
  }

  #order(): NewOrder {
    const side = this.pick(["buy", "sell"] as const);
    const style = this.below(24);
    const isMarket = style < 4;
    const isStop = style === 3 || style === 4 || style === 5;
    const byBudget = style === 2 && side === "buy";
    const type: OrderType = isMarket ? (isStop ? "stop_market" : "market") : isStop ? "stop_limit" : "limit";
    const immediate: Partial<Record<number, TimeInForce>> = { 6: "IOC", 7: "FOK", 8: "GTD", 9: "GTD" };
    const timeInForce = immediate[style] ?? (type === "market" ? "IOC" : "GTC");
    const quantity = 1 + this.below(QUANTITY_MAX);
    const part = lots(1 + this.below(quantity));
    return {
      kind: "new",
      clientOrderId: this.#clientOrderId(),
      side,
      type,
      timeInForce,
      quantityLots: byBudget ? null : lots(quantity),
      priceTicks: isMarket ? null : this.#priceOf(side),
      stopPriceTicks: isStop ? this.#price() : null,
      displayLots: style === 9 || style === 10 ? part : null,
      minimumLots: style === 11 ? part : null,
      quoteBudgetUnits: byBudget ? currencyUnits(1 + this.below(QUANTITY_MAX * MIDDLE_TICKS * 20)) : null,
      expiresAtMs: timeInForce === "GTD" ? epochMs(Date.now() + 50 + this.below(1_000)) : null,
      postOnly: style === 12,
      selfTradePrevention: byBudget ? this.pick(MODES.filter((mode) => mode !== "decrement")) : this.pick(MODES),
      feeRates: null,
    };
  }

  /** Now and then one that was used before. */
  #clientOrderId(): string | null {
    if (this.below(4) > 0) return null;
    return `c${this.below(50) === 0 ? this.below(this.#clientOrderIds + 1) : ++this.#clientOrderIds}`;
  }

  /** Most of them rest. */
  #priceOf(side: Side) {
    const away = this.below(SPREAD_TICKS) - OVERLAP_TICKS;
    return priceTicks(MIDDLE_TICKS + (side === "buy" ? -away : away));
  }

  #price() {
    return priceTicks(MIDDLE_TICKS + this.below(2 * SPREAD_TICKS) - SPREAD_TICKS);
  }
}
