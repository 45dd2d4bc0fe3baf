/** A traded asset as `/assets.json` gives it, and its numbers: prices are whole ticks here, quantities whole lots. */
import { type DecimalStep, decimalStep, formatDecimal, formatPrice, parseDecimal } from "../domain/decimal.js";

export interface AssetJson {
  readonly asset: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: string;
  readonly lotSize: string;
}

export interface Asset {
  readonly name: string;
  readonly base: string;
  readonly quote: string;
  readonly tick: DecimalStep;
  readonly lot: DecimalStep;
}

/** Throws RangeError where a step is not a positive decimal number. */
export function assetOf({ asset, base, quote, tickSize, lotSize }: AssetJson): Asset {
  return { name: asset, base, quote, tick: decimalStep(tickSize), lot: decimalStep(lotSize) };
}

/** Decimal text in whole steps; "0" is 0. Throws RangeError for what is no whole number of steps: the server never sends it. */
export function stepsOf(text: string, step: DecimalStep): number {
  if (/^0(\.0*)?$/.test(text)) return 0;
  const steps = parseDecimal(text, step);
  if (typeof steps === "string") throw new RangeError(`"${text}" is ${steps}`);
  return steps;
}

export function priceText(asset: Asset, ticks: number): string {
  return formatPrice(ticks, asset.tick);
}

/** All decimals of the lot, so that numbers stand below each other. */
export function quantityText(asset: Asset, lots: number): string {
  return formatPrice(lots, asset.lot);
}

/** Without trailing zeros. */
export function shortQuantityText(asset: Asset, lots: number): string {
  return formatDecimal(lots, asset.lot);
}
