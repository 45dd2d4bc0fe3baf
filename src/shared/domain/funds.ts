/**
 * The holds of orders and the costs of fills, in whole units of a currency. Pure. The one place for order-processing, which
 * takes holds, trade-processing, which spends and releases them, and reconciliation, which checks them.
 *
 * A buy holds quote currency for its leaves at its limit price, and the highest fee on that; a sell holds base currency for its
 * leaves. Fees are in the quote currency. They are rounded up once for the whole order, not for every fill: what one fill paid
 * too much is taken off the next one's fee (`feeCarry`), so that an order never pays more than it holds, in however many pieces
 * it trades.
 */
import type { Asset } from "./assets.js";
import { InvariantBroken } from "./errors.js";
import type { FeeRates, NewOrder, Side } from "./messages.js";
import { type AccountId, accountId, type CurrencyUnits, currencyUnits } from "./units.js";

/** The account that fees go to and rebates come from: sql/4_funds.sql. */
export const FEE_ACCOUNT: AccountId = accountId(Number.MAX_SAFE_INTEGER);

/** The terms that an order's hold follows from. */
export interface HoldTerms {
  readonly side: Side;
  /** Null for a market buy by quote budget. */
  readonly leavesLots: number | null;
  /** The limit, or the protective price of a market order; null for sells without one and for buys by quote budget. */
  readonly priceTicks: number | null;
  readonly feeRates: FeeRates;
  /** What its fills have paid too much so far, in 1/10,000 of a unit: 0 to 9,999. */
  readonly feeCarry: number;
}

export interface Fee {
  /** A negative fee is a rebate. */
  readonly units: number;
  readonly feeCarry: number;
}

const BPS = 10_000n;
const UNITS_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** The currency that an order of this side holds. */
export function heldCurrency({ base, quote }: Pick<Asset, "base" | "quote">, side: Side): string {
  return side === "buy" ? quote : base;
}

/** Price times quantity in units of the quote currency; null: more than 2^53 - 1. */
export function notionalUnits(
  { quoteUnitsPerTickLot }: Pick<Asset, "quoteUnitsPerTickLot">,
  priceTicks: number,
  quantityLots: number,
): CurrencyUnits | null {
  return safeUnits(BigInt(priceTicks) * BigInt(quantityLots) * BigInt(quoteUnitsPerTickLot));
}

/** The hold of an open order; null: more than 2^53 - 1. Not for a market buy by quote budget (see `budgetHoldUnits`). */
export function holdUnits(
  asset: Pick<Asset, "quoteUnitsPerTickLot" | "baseUnitsPerLot">,
  { side, leavesLots, priceTicks, feeRates, feeCarry }: HoldTerms,
): CurrencyUnits | null {
  if (leavesLots === null) throw new InvariantBroken("what a buy by quote budget holds does not follow from its lots");
  if (side === "sell") return safeUnits(BigInt(leavesLots) * BigInt(asset.baseUnitsPerLot));
  if (priceTicks === null) throw new InvariantBroken("a buy without a price can't be covered");
  const notional = BigInt(priceTicks) * BigInt(leavesLots) * BigInt(asset.quoteUnitsPerTickLot);
  const fee = ceilDivide(notional * BigInt(highestBps(feeRates)) - BigInt(feeCarry), BPS);
  return safeUnits(notional + fee);
}

/** What a replace holds in addition, for a cover in ticks × lots (buy) or lots (sell); null: more than 2^53 - 1. */
export function coverUnits(
  asset: Pick<Asset, "quoteUnitsPerTickLot" | "baseUnitsPerLot">,
  side: Side,
  cover: number,
  feeRates: FeeRates,
): CurrencyUnits | null {
  if (side === "sell") return safeUnits(BigInt(cover) * BigInt(asset.baseUnitsPerLot));
  const notional = BigInt(cover) * BigInt(asset.quoteUnitsPerTickLot);
  return safeUnits(notional + ceilDivide(notional * BigInt(highestBps(feeRates)), BPS));
}

/** The part of a client's quote budget that fills may spend, so that with the highest fee they cost no more than the budget. */
export function spendableUnits(budgetUnits: number, feeRates: FeeRates): CurrencyUnits {
  const highest = BigInt(highestBps(feeRates));
  return currencyUnits(Number((BigInt(budgetUnits) * BPS) / (BPS + highest)));
}

/** The hold of a market buy whose fills may cost `spendable` units. */
export function budgetHoldUnits(spendable: number, feeRates: FeeRates): CurrencyUnits {
  const notional = BigInt(spendable);
  return currencyUnits(Number(notional + ceilDivide(notional * BigInt(highestBps(feeRates)), BPS)));
}

/** The hold of a new order, by its command's terms; null: more than 2^53 - 1. */
export function entryHoldUnits(
  asset: Pick<Asset, "quoteUnitsPerTickLot" | "baseUnitsPerLot">,
  order: Pick<NewOrder, "side" | "quantityLots" | "priceTicks" | "quoteBudgetUnits">,
  feeRates: FeeRates,
): CurrencyUnits | null {
  const { side, quantityLots, priceTicks, quoteBudgetUnits } = order;
  if (quoteBudgetUnits !== null) return budgetHoldUnits(quoteBudgetUnits, feeRates);
  return holdUnits(asset, { side, leavesLots: quantityLots, priceTicks, feeRates, feeCarry: 0 });
}

/** The fee of a fill worth `notional` units of quote currency, and the order's new carry. */
export function feeOf(notional: number, bps: number, feeCarry: number): Fee {
  const owed = BigInt(notional) * BigInt(bps) - BigInt(feeCarry);
  const units = ceilDivide(owed, BPS);
  return { units: Number(units), feeCarry: Number(units * BPS - owed) };
}

function highestBps({ makerBps, takerBps }: FeeRates): number {
  return Math.max(0, makerBps, takerBps);
}

function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend > quotient * divisor ? quotient + 1n : quotient;
}

function safeUnits(units: bigint): CurrencyUnits | null {
  return units > UNITS_MAX ? null : currencyUnits(Number(units));
}
