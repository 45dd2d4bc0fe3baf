/**
 * What orders hold and what fills cost, in whole units of a currency. Pure, and one place for order-processing, which
 * takes holds, for trade-processing, which spends and releases them, and for whoever checks them.
 *
 * A buy holds quote currency for what is left of it at its limit price, and the highest fee on that; a sell holds base
 * currency for what is left of it. Fees are in the quote currency. They are rounded up once for the order as a whole, not
 * for every fill: what one fill paid too much is taken off the next one's fee (`feeCarry`), so that an order never pays
 * more than it holds, in however many pieces it trades.
 */
import type { Asset } from "./assets.js";
import { InvariantBroken } from "./errors.js";
import type { FeeRates, NewOrder, Side } from "./messages.js";
import { type AccountId, accountId, type CurrencyUnits, currencyUnits } from "./units.js";

/** Where fees go, and rebates come from: sql/4_funds.sql. */
export const FEE_ACCOUNT: AccountId = accountId(Number.MAX_SAFE_INTEGER);

/** What an order's hold follows from. */
export interface HoldTerms {
  readonly side: Side;
  /** Null for a market buy by quote budget. */
  readonly leavesLots: number | null;
  /** The limit, or how far a market order may go; null for sells without one and for buys by quote budget. */
  readonly priceTicks: number | null;
  readonly feeRates: FeeRates;
  /** What its fills have paid too much so far, in 1/10,000 of a unit: 0…9,999. */
  readonly feeCarry: number;
}

export interface Fee {
  /** Negative: a rebate. */
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

/**
 * What the order holds while it is open; null: more than 2^53 - 1. A market buy by quote budget is not asked: it holds
 * `budgetHoldUnits` and spends that.
 */
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

/** What a replace holds beyond what its order holds, for a cover in ticks × lots (buy) or lots (sell); null: too much. */
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

/** What is left of a client's quote budget for fills, so that they and the highest fee on them cost no more than it. */
export function spendableUnits(budgetUnits: number, feeRates: FeeRates): CurrencyUnits {
  const highest = BigInt(highestBps(feeRates));
  return currencyUnits(Number((BigInt(budgetUnits) * BPS) / (BPS + highest)));
}

/** What a market buy holds whose fills may cost `spendable` units. */
export function budgetHoldUnits(spendable: number, feeRates: FeeRates): CurrencyUnits {
  const notional = BigInt(spendable);
  return currencyUnits(Number(notional + ceilDivide(notional * BigInt(highestBps(feeRates)), BPS)));
}

/** What an order holds when it comes in, by its command's terms; null: more than 2^53 - 1. */
export function entryHoldUnits(
  asset: Pick<Asset, "quoteUnitsPerTickLot" | "baseUnitsPerLot">,
  order: Pick<NewOrder, "side" | "quantityLots" | "priceTicks" | "quoteBudgetUnits">,
  feeRates: FeeRates,
): CurrencyUnits | null {
  const { side, quantityLots, priceTicks, quoteBudgetUnits } = order;
  if (quoteBudgetUnits !== null) return budgetHoldUnits(quoteBudgetUnits, feeRates);
  return holdUnits(asset, { side, leavesLots: quantityLots, priceTicks, feeRates, feeCarry: 0 });
}

/** The fee of a fill that is worth `notional` units of quote currency, and what it leaves over. */
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
