/**
 * Decides which requests are covered, and how much is held for each: one by one, in the order of the log, by the balances
 * before the batch less what the batch has held so far. Pure. A request that breaks several rules is refused for the first
 * of: price and amount, open orders, funds.
 */
import type { Asset, AssetRegistry } from "../shared/domain/assets.js";
import { coverUnits, entryHoldUnits, heldCurrency, holdUnits, spendableUnits } from "../shared/domain/funds.js";
import type { FeeRates, NewOrder, Reason, ReplaceOrder, Shortfall, Side } from "../shared/domain/messages.js";
import {
  type AccountId,
  type CurrencyUnits,
  currencyUnits,
  type OrderId,
  type PriceTicks,
} from "../shared/domain/units.js";
import { protectivePrice } from "./protective-price.js";

export interface Balance {
  readonly availableUnits: bigint;
  readonly openOrders: number;
}

/** An order that a request may replace, with the terms of the latest command about it. */
export interface OrderOnRecord {
  readonly accountId: AccountId;
  readonly side: Side;
  /** Null for a market buy by quote budget. */
  readonly quantityLots: number | null;
  /** Null for market orders: nothing of them ever rests. */
  readonly priceTicks: number | null;
  /** The fills that are settled. */
  readonly filledLots: number;
  /** Null: nothing is held for it. */
  readonly feeRates: FeeRates | null;
}

/** The record before the batch, as it is in Postgres or known from earlier holds. */
export interface FundingRecord {
  balance(accountId: AccountId, currency: string): Balance | undefined;
  /** Undefined for finished orders, too. */
  order(asset: string, orderId: OrderId): OrderOnRecord | undefined;
  lastPrice(asset: string): PriceTicks | null;
}

/** The funds held for one request. */
export interface RequestHold {
  readonly accountId: AccountId;
  readonly currency: string;
  readonly units: CurrencyUnits;
  /** 1 for a new order, 0 for a replace. */
  readonly openedOrders: 0 | 1;
}

export type Funded<Body> =
  | { readonly kind: "funded"; readonly body: Body; readonly hold: RequestHold | null }
  | { readonly kind: "refused"; readonly reason: Reason; readonly shortfall: Shortfall | null };

const NOTHING: Balance = { availableUnits: 0n, openOrders: 0 };

export class Funding {
  readonly #registry: AssetRegistry;
  readonly #record: FundingRecord;
  readonly #balances = new Map<string, Balance>();
  readonly #orders = new Map<string, OrderOnRecord>();
  readonly #short = new Map<string, BalanceKey>();

  constructor(registry: AssetRegistry, record: FundingRecord) {
    this.#registry = registry;
    this.#record = record;
  }

  /** The balances that were too small, and that refusals therefore rest on. */
  get short(): BalanceKey[] {
    return [...this.#short.values()];
  }

  /** Covers a new order. A market order gets its protective price; of a quote budget the fees are set aside. */
  placeOrder(asset: Asset, accountId: AccountId, orderId: OrderId, asked: NewOrder): Funded<NewOrder> {
    if (!isCoverable(asked)) return { kind: "funded", body: { ...asked, feeRates: null }, hold: null };
    const price = protectivePrice(asset, asked, this.#record.lastPrice(asset.asset));
    if (typeof price === "string") return refused(price);
    const { feeRates } = asset;
    const budget = asked.quoteBudgetUnits;
    const quoteBudgetUnits = budget === null ? null : spendableUnits(budget, feeRates);
    const body: NewOrder = { ...asked, priceTicks: price, quoteBudgetUnits, feeRates };
    const units = entryHoldUnits(asset, body, feeRates);
    if (units === null) return refused("notional_limit");
    const hold = { accountId, currency: heldCurrency(asset, asked.side), units, openedOrders: 1 } as const;
    const objection = this.#take(hold);
    if (objection !== null) return objection;
    this.#orders.set(orderKey(asset.asset, orderId), onRecord(accountId, body));
    return { kind: "funded", body, hold };
  }

  /** Covers a replace: holds what it needs beyond what the order holds already; nothing if the engine will refuse it anyway. */
  replaceOrder(asset: Asset, accountId: AccountId, asked: ReplaceOrder): Funded<ReplaceOrder> {
    const order = this.#order(asset.asset, asked.orderId);
    if (order === undefined || order.accountId !== accountId)
      return { kind: "funded", body: { ...asked, cover: 0 }, hold: null };
    const { side, feeRates } = order;
    if (feeRates === null) return { kind: "funded", body: { ...asked, cover: null }, hold: null };
    const leavesLots = Math.max(0, asked.quantityLots - order.filledLots);
    const whole = holdUnits(asset, { side, leavesLots, priceTicks: asked.priceTicks, feeRates, feeCarry: 0 });
    const cover = Number(coverOf(order, asked));
    const units = coverUnits(asset, side, cover, feeRates);
    if (whole === null || units === null) return refused("notional_limit");
    const hold = { accountId, currency: heldCurrency(asset, side), units, openedOrders: 0 } as const;
    const objection = units === 0 ? null : this.#take(hold);
    if (objection !== null) return objection;
    const { quantityLots, priceTicks } = asked;
    this.#orders.set(orderKey(asset.asset, asked.orderId), { ...order, quantityLots, priceTicks });
    return { kind: "funded", body: { ...asked, cover }, hold: units === 0 ? null : hold };
  }

  #order(asset: string, orderId: OrderId): OrderOnRecord | undefined {
    return this.#orders.get(orderKey(asset, orderId)) ?? this.#record.order(asset, orderId);
  }

  #take({ accountId, currency, units, openedOrders }: RequestHold): ReturnType<typeof refused> | null {
    const key = balanceKey(accountId, currency);
    const before = this.#balances.get(key) ?? this.#record.balance(accountId, currency) ?? NOTHING;
    const openOrders = before.openOrders + openedOrders;
    const availableUnits = before.availableUnits - BigInt(units);
    if (openedOrders > 0 && openOrders > this.#registry.openOrdersPerAccountMax) {
      this.#short.set(key, { accountId, currency });
      return refused("too_many_open_orders");
    }
    if (availableUnits < 0n) {
      this.#short.set(key, { accountId, currency });
      const available = before.availableUnits < 0n ? 0n : before.availableUnits;
      return refused("insufficient_funds", { neededUnits: units, availableUnits: currencyUnits(Number(available)) });
    }
    this.#balances.set(key, { availableUnits, openOrders });
    return null;
  }
}

export interface BalanceKey {
  readonly accountId: AccountId;
  readonly currency: string;
}

export function balanceKey(accountId: AccountId, currency: string): string {
  return `${accountId}/${currency}`;
}

export function orderKey(asset: string, orderId: OrderId): string {
  return `${asset}/${orderId}`;
}

/** False for an order whose fields contradict each other: it has no amount, and the engine refuses it (admission.ts). */
function isCoverable({ side, type, quantityLots, priceTicks, stopPriceTicks, quoteBudgetUnits }: NewOrder): boolean {
  if ((type === "limit" || type === "stop_limit") && priceTicks === null) return false;
  if (type === "stop_market" && stopPriceTicks === null) return false;
  if (quoteBudgetUnits === null) return quantityLots !== null;
  return quantityLots === null && type === "market" && side === "buy";
}

function onRecord(accountId: AccountId, order: NewOrder): OrderOnRecord {
  const { side, type, quantityLots, feeRates } = order;
  const priceTicks = type === "market" || type === "stop_market" ? null : order.priceTicks;
  return { accountId, side, quantityLots, priceTicks, filledLots: 0, feeRates };
}

/** How much more the replaced order needs than the order does now, in ticks * lots (buy) or lots (sell). */
function coverOf({ side, quantityLots, priceTicks, filledLots }: OrderOnRecord, asked: ReplaceOrder): bigint {
  if (quantityLots === null || priceTicks === null) return 0n;
  const more =
    side === "buy"
      ? BigInt(asked.quantityLots - filledLots) * BigInt(asked.priceTicks) -
        BigInt(quantityLots - filledLots) * BigInt(priceTicks)
      : BigInt(asked.quantityLots) - BigInt(quantityLots);
  return more > 0n ? more : 0n;
}

function refused(reason: Reason, shortfall: Shortfall | null = null) {
  return { kind: "refused", reason, shortfall } as const;
}
