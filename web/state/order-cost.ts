/** What an order holds, costs and gets, before it is sent: by the server's rules (docs/protocol.md, Funds), in whole units. */
import { formatAmount, parseDecimal } from "../../src/shared/domain/decimal.js";
import type { Asset } from "../../src/shared/subscriber/asset.js";
import type { BookSide } from "../../src/shared/subscriber/book-side.js";
import { withThousands } from "../../src/shared/subscriber/formats.js";
import { type Draft, spends } from "./order-draft.js";

/** What `/v1/assets` says beyond what everybody is told. */
export interface AssetTerms {
  readonly asset: string;
  readonly makerFeeBps: number;
  readonly takerFeeBps: number;
  readonly priceCollarPercent: number | null;
  readonly referencePrice: string | null;
  /** Decimals of the quote and of the base currency. */
  readonly quoteDecimals: number;
  readonly baseDecimals: number;
}

export interface Circumstances {
  readonly asset: Asset;
  readonly terms: AssetTerms;
  /** Of the side that the order would trade with. */
  readonly book: BookSide | null;
  readonly lastPrice: string | null;
  /** What is available of the quote and of the base currency, as decimal text. */
  readonly available: { readonly quote: string; readonly base: string };
}

export interface Cost {
  /** Each a sentence, without an end. */
  readonly lines: readonly string[];
  readonly isCovered: boolean;
}

const BPS = 10_000n;
/** Of an asset without a collar, the worst price that a market buy is covered up to: so much above. */
const UNCOLLARED_PERCENT = 100;

/** Null: too little is filled in to say anything. */
export function costOf(draft: Draft, circumstances: Circumstances): Cost | null {
  const { asset, terms, available } = circumstances;
  const lots = lotsOf(draft, asset);
  const budget = spends(draft) ? unitsOf(draft.quoteBudget.trim(), terms.quoteDecimals) : null;
  const priceTicks = worstPriceTicks(draft, circumstances);
  const quote = (units: bigint) => `${moneyText(units, terms.quoteDecimals)} ${asset.quote}`;
  const lines: string[] = [];
  let needed: { units: bigint; have: bigint; text: (units: bigint) => string };
  if (draft.side === "sell") {
    if (lots === null) return null;
    const text = (units: bigint) => `${moneyText(units, terms.baseDecimals)} ${asset.base}`;
    const units = scaled(BigInt(lots) * BigInt(asset.lot.units), asset.lot.scale, terms.baseDecimals);
    needed = { units, have: unitsOf(available.base, terms.baseDecimals) ?? 0n, text };
    if (priceTicks !== null) {
      const worth = worthUnits(asset, terms, priceTicks, lots);
      lines.push(`Worth ${quote(worth)}, fee at most ${quote(feeUnits(worth, terms))} ${rateText(terms)}`);
    }
  } else {
    const have = unitsOf(available.quote, terms.quoteDecimals) ?? 0n;
    if (budget !== null) needed = { units: budget, have, text: quote };
    else if (lots === null || priceTicks === null) return null;
    else needed = { units: coverUnits(asset, terms, priceTicks, lots), have, text: quote };
    const worth = budget ?? worthUnits(asset, terms, priceTicks ?? 0, lots ?? 0);
    const fee = budget === null ? feeUnits(worth, terms) : worth - (worth * BPS) / (BPS + highestBps(terms));
    lines.push(`${budget === null ? "Worth" : "Spends"} ${quote(worth)}, fee at most ${quote(fee)} ${rateText(terms)}`);
  }
  const isCovered = needed.units <= needed.have;
  lines.push(
    isCovered
      ? `Holds ${needed.text(needed.units)} of ${needed.text(needed.have)} available`
      : `Not covered: it needs ${needed.text(needed.units)}, and ${needed.text(needed.have)} is available`,
  );
  const slippage = slippageText(draft, circumstances, lots, budget);
  if (slippage !== null) lines.push(slippage);
  return { lines, isCovered };
}

/** What an order that rests holds; "": it can't be said. */
export function heldText(
  { side, quantity, price }: { readonly side: string; readonly quantity: string; readonly price: string },
  asset: Asset,
  terms: AssetTerms,
): string {
  if (side === "sell") return `${withThousands(quantity)} ${asset.base}`;
  const [lots, ticks] = [stepsIn(quantity, asset.lot), stepsIn(price, asset.tick)];
  if (lots === null || ticks === null) return "";
  return `${moneyText(coverUnits(asset, terms, ticks, lots), terms.quoteDecimals)} ${asset.quote}`;
}

/** What a part of the balance makes, as the text of the field; null: it can't be said, for want of a price. */
export function partOfBalance(
  draft: Draft,
  circumstances: Circumstances,
  percent: number,
): { readonly field: "quantity" | "quoteBudget"; readonly text: string } | null {
  const { asset, terms, available } = circumstances;
  const part = (text: string, decimals: number) => ((unitsOf(text, decimals) ?? 0n) * BigInt(percent)) / 100n;
  const quantity = (lots: bigint) => ({ field: "quantity" as const, text: formatAmount(lots, asset.lot) });
  if (draft.side === "sell") {
    const units = part(available.base, terms.baseDecimals);
    return quantity(floorScaled(units, terms.baseDecimals, asset.lot.scale) / BigInt(asset.lot.units));
  }
  const units = part(available.quote, terms.quoteDecimals);
  if (spends(draft))
    return { field: "quoteBudget", text: formatAmount(units, { scale: terms.quoteDecimals, units: 1 }) };
  const priceTicks = worstPriceTicks(draft, circumstances);
  if (priceTicks === null) return null;
  const one = BigInt(priceTicks) * BigInt(asset.tick.units) * BigInt(asset.lot.units) * (BPS + highestBps(terms));
  let lots = (floorScaled(units, terms.quoteDecimals, asset.tick.scale + asset.lot.scale) * BPS) / one;
  // The worth and the fee are each rounded up to a whole unit.
  while (lots > 0n && coverUnits(asset, terms, priceTicks, Number(lots)) > units) lots--;
  return quantity(lots);
}

/** The limit, or for a market order the worst price it may trade at; null: there is none, or it is no price. */
function worstPriceTicks(draft: Draft, { asset, terms, lastPrice }: Circumstances): number | null {
  if (draft.kind === "limit" || draft.kind === "stop_limit") return stepsIn(draft.price, asset.tick);
  const reference = draft.kind === "stop_market" ? draft.stopPrice : (lastPrice ?? terms.referencePrice ?? "");
  const ticks = stepsIn(reference, asset.tick);
  if (ticks === null || draft.side === "sell") return ticks;
  return Math.floor((ticks * (100 + (terms.priceCollarPercent ?? UNCOLLARED_PERCENT))) / 100);
}

function lotsOf(draft: Draft, asset: Asset): number | null {
  return spends(draft) ? null : stepsIn(draft.quantity, asset.lot);
}

function stepsIn(text: string, step: Asset["tick"]): number | null {
  const steps = parseDecimal(text.trim(), step);
  return typeof steps === "number" ? steps : null;
}

/** What a market order would trade at now, level by level; null: it is none, or the book is not known. */
function slippageText(
  { kind, side }: Draft,
  { asset, book }: Circumstances,
  lots: number | null,
  budget: bigint | null,
): string | null {
  const best = book?.prices[0];
  if (kind !== "market" || book === null || budget !== null || lots === null) return null;
  if (best === undefined) return `Nothing rests to ${side} against`;
  let left = lots;
  let paid = 0;
  for (let at = 0; at < book.length && left > 0; at++) {
    const taken = Math.min(left, book.quantities[at] as number);
    paid += taken * (book.prices[at] as number);
    left -= taken;
  }
  const filled = lots - left;
  const average = paid / filled;
  const percent = (Math.abs(average - best) / best) * 100;
  const price = withThousands(formatAmount(BigInt(Math.round(average)), asset.tick));
  const all = left === 0 ? "" : `, and only ${formatAmount(BigInt(filled), asset.lot)} ${asset.base} rests there`;
  return `At about ${price} on average now, ${percent.toFixed(2)} % from the best price${all}`;
}

function worthUnits(asset: Asset, terms: AssetTerms, priceTicks: number, lots: number): bigint {
  const product = BigInt(priceTicks) * BigInt(asset.tick.units) * BigInt(lots) * BigInt(asset.lot.units);
  return scaled(product, asset.tick.scale + asset.lot.scale, terms.quoteDecimals);
}

function coverUnits(asset: Asset, terms: AssetTerms, priceTicks: number, lots: number): bigint {
  const worth = worthUnits(asset, terms, priceTicks, lots);
  return worth + feeUnits(worth, terms);
}

function feeUnits(worth: bigint, terms: AssetTerms): bigint {
  return (worth * highestBps(terms) + BPS - 1n) / BPS;
}

function highestBps({ makerFeeBps, takerFeeBps }: AssetTerms): bigint {
  return BigInt(Math.max(makerFeeBps, takerFeeBps, 0));
}

function rateText({ makerFeeBps, takerFeeBps }: AssetTerms): string {
  return `(${takerFeeBps / 100} % as taker, ${makerFeeBps / 100} % as maker)`;
}

/** From so many decimals to so many others, rounded up. */
function scaled(value: bigint, from: number, to: number): bigint {
  if (to >= from) return value * 10n ** BigInt(to - from);
  const divisor = 10n ** BigInt(from - to);
  return (value + divisor - 1n) / divisor;
}

function floorScaled(value: bigint, from: number, to: number): bigint {
  return to >= from ? value * 10n ** BigInt(to - from) : value / 10n ** BigInt(from - to);
}

/** Decimal text, which may be negative, in units of so many decimals; null: it is none. */
export function unitsOf(text: string, decimals: number): bigint | null {
  const [, sign, whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === "" || fraction.length > decimals) return null;
  const units = BigInt(whole + fraction.padEnd(decimals, "0"));
  return sign === "-" ? -units : units;
}

export function moneyText(units: bigint, decimals: number): string {
  return withThousands(formatAmount(units, { scale: decimals, units: 1 }));
}
