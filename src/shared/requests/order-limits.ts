/**
 * The limits of an order's size and of its distance from the market, by its asset. They are judged before the request is logged,
 * in integers, and in the order of docs/protocol.md, Limits of an order. Pure.
 */
import type { Asset } from "../domain/assets.js";
import { formatDecimal, formatPrice } from "../domain/decimal.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { PriceTicks } from "../domain/units.js";

/** A range of prices in ticks, with both ends. */
interface PriceRange {
  readonly lowestTicks: number;
  readonly highestTicks: number;
}

/** Whether the asset's limits depend on its last price. */
export function limitsNeedLastPrice({ priceCollarPercent, notionalMinUnits, notionalMaxUnits }: Asset): boolean {
  return priceCollarPercent !== null || notionalMinUnits > 1 || notionalMaxUnits < Number.MAX_SAFE_INTEGER;
}

export function refuseQuantity(
  { asset, lot, quantityMinLots, quantityMaxLots }: Asset,
  quantityLots: number | null,
): Refusal | null {
  if (quantityLots === null || (quantityLots >= quantityMinLots && quantityLots <= quantityMaxLots)) return null;
  const bound =
    quantityLots < quantityMinLots
      ? `below ${formatDecimal(quantityMinLots, lot)}, the least`
      : `above ${formatDecimal(quantityMaxLots, lot)}, the most`;
  const quantity = formatDecimal(quantityLots, lot);
  return refuse("INVALID_QUANTITY", `quantity ${quantity} is ${bound} that one order in ${asset} may ask for`);
}

/** `what` names the price in the refusal's text: a price or a stop price. */
export function refuseFarPrice(
  asset: Asset,
  what: string,
  ticks: number | null,
  lastPriceTicks: PriceTicks | null,
): Refusal | null {
  const reference = lastPriceTicks ?? asset.referencePriceTicks;
  const { tick, priceCollarPercent } = asset;
  if (ticks === null || reference === null || priceCollarPercent === null) return null;
  const { lowestTicks, highestTicks } = priceRange(reference, priceCollarPercent);
  if (ticks >= lowestTicks && ticks <= highestTicks) return null;
  const range = `${formatPrice(lowestTicks, tick)} to ${formatPrice(highestTicks, tick)}`;
  const source = `${priceCollarPercent} % around ${formatPrice(reference, tick)}`;
  return refuse(
    "INVALID_PRICE",
    `${what} ${formatPrice(ticks, tick)} is not in ${range}, which ${asset.asset} allows now (${source})`,
  );
}

/** Limits the worst price times quantity, or the budget; `lastPriceTicks` stands in for the price that a market order lacks. */
export function refuseNotional(
  asset: Asset,
  order: {
    readonly quantityLots: number | null;
    readonly priceTicks: number | null;
    readonly stopPriceTicks: number | null;
    readonly quoteBudgetUnits: number | null;
  },
  lastPriceTicks: PriceTicks | null,
): Refusal | null {
  if (order.quoteBudgetUnits !== null) return refuseUnits(asset, order.quoteBudgetUnits, "the quote amount");
  const ticks = order.priceTicks ?? order.stopPriceTicks ?? lastPriceTicks ?? asset.referencePriceTicks;
  if (ticks === null || order.quantityLots === null) return null;
  // A product above 2^53 is rounded, but never to below 2^53, and no limit is that high: the comparison is exact.
  const units = ticks * order.quantityLots * asset.quoteUnitsPerTickLot;
  if (units >= asset.notionalMinUnits && units <= asset.notionalMaxUnits) return null;
  return refuseUnits(
    asset,
    units,
    `${formatDecimal(order.quantityLots, asset.lot)} at ${formatPrice(ticks, asset.tick)}`,
  );
}

function refuseUnits(asset: Asset, units: number, what: string): Refusal | null {
  const { notionalMinUnits, notionalMaxUnits } = asset;
  if (units >= notionalMinUnits && units <= notionalMaxUnits) return null;
  const bound =
    units < notionalMinUnits
      ? `below ${moneyText(asset, notionalMinUnits)}, the least`
      : `above ${moneyText(asset, notionalMaxUnits)}, the most`;
  return refuse("NOTIONAL_LIMIT", `${what} is ${bound} that one order in ${asset.asset} may be worth`);
}

/** Amount as text. One tick times one lot is a whole number of units, which gives the decimals of a unit. */
function moneyText({ tick, lot, quote, quoteUnitsPerTickLot }: Asset, units: number): string {
  const scale = tick.scale + lot.scale + Math.log10(quoteUnitsPerTickLot / (tick.units * lot.units));
  return `${formatDecimal(units, { scale: Math.round(scale), units: 1 })} ${quote}`;
}

function priceRange(referenceTicks: PriceTicks, percent: number): PriceRange {
  const [reference, most] = [BigInt(referenceTicks), BigInt(Number.MAX_SAFE_INTEGER)];
  const lowest = (reference * BigInt(100 - percent) + 99n) / 100n;
  const highest = (reference * BigInt(100 + percent)) / 100n;
  return {
    lowestTicks: Number(lowest > 1n ? lowest : 1n),
    highestTicks: Number(highest < most ? highest : most),
  };
}
