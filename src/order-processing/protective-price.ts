/** The protective price of a market order: the worst price it may trade at, and the one a buy is covered by. Pure. */
import type { Asset } from "../shared/domain/assets.js";
import type { NewOrder, Reason } from "../shared/domain/messages.js";
import { type PriceTicks, priceTicks } from "../shared/domain/units.js";

/** The collar of a market buy by quantity in an asset without one, in percent: it must be covered up to some price. */
export const UNCOLLARED_BUY_PERCENT = 100;

const TICKS_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Whether the order's price follows from the asset's last trade. */
export function isPricedByLastTrade({ priceCollarPercent }: Asset, order: NewOrder): boolean {
  if (order.type !== "market") return false;
  return priceCollarPercent !== null || (order.side === "buy" && order.quantityLots !== null);
}

/**
 * The worst price an order may trade at: a limit order's own price; for a market order, the asset's collar around the last
 * trade's price, else around the asset's reference price; for a stop, around its stop price. Null: any price. A string is
 * the reason why there is none.
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
