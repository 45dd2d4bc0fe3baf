/** How far a market order may go: what a buy is covered to. Pure. */
import type { Asset } from "../shared/domain/assets.js";
import type { NewOrder, Reason } from "../shared/domain/messages.js";
import { type PriceTicks, priceTicks } from "../shared/domain/units.js";

/** A market buy by quantity must be covered up to some price: where the asset has no collar, up to twice the reference. */
export const UNCOLLARED_BUY_PERCENT = 100;

const TICKS_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Whether the order's price follows from the asset's last trade. */
export function isPricedByLastTrade({ priceCollarPercent }: Asset, order: NewOrder): boolean {
  if (order.type !== "market") return false;
  return priceCollarPercent !== null || (order.side === "buy" && order.quantityLots !== null);
}

/**
 * A limit order's own price; a market order's by the collar around the last trade, else around the asset's reference
 * price; a stop's around its own stop price. Null: it may go as far as there are orders. A string: why there is none.
 */
export function protectivePrice(
  asset: Asset,
  order: NewOrder,
  lastPrice: PriceTicks | null,
): PriceTicks | null | Reason {
  const { side, type, stopPriceTicks, quoteBudgetUnits } = order;
  if (type === "limit" || type === "stop_limit") return order.priceTicks;
  const collarPercent = asset.priceCollarPercent;
  if (collarPercent === null && (side === "sell" || quoteBudgetUnits !== null)) return null;
  const reference = stopPriceTicks ?? lastPrice ?? asset.referencePriceTicks;
  if (reference === null) return quoteBudgetUnits === null ? "no_reference_price" : null;
  return side === "buy"
    ? highest(reference, collarPercent ?? UNCOLLARED_BUY_PERCENT)
    : lowest(reference, collarPercent ?? UNCOLLARED_BUY_PERCENT);
}

function highest(reference: PriceTicks, percent: number): PriceTicks | Reason {
  const ticks = (BigInt(reference) * BigInt(100 + percent)) / 100n;
  return ticks > TICKS_MAX ? "notional_limit" : priceTicks(Number(ticks));
}

/** Rounded up, to stay within the collar. */
function lowest(reference: PriceTicks, percent: number): PriceTicks {
  const hundredths = BigInt(reference) * BigInt(Math.max(0, 100 - percent));
  return priceTicks(Math.max(1, Number((hundredths + 99n) / 100n)));
}
