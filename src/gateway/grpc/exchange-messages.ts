/** What there is to read, as messages of protocol/exchange.proto. Zero and empty text are not sent: they mean "none". Pure. */
import type { DepthSnapshot } from "../../shared/channels/depth-view.js";
import type { TradeJson } from "../../shared/channels/trades-channel.js";
import type { Asset } from "../../shared/domain/assets.js";
import { type DecimalStep, formatAmount, parseDecimal } from "../../shared/domain/decimal.js";
import { refuse } from "../../shared/domain/rejects.js";
import type { AssetStatus } from "../../shared/domain/reports.js";
import { WIRE_ASSET_STATES, WIRE_SIDES } from "../../shared/wire/enumerations.js";

export function assetMessage(
  { asset, base, quote, tickSize, lotSize, baseUnit, quoteUnit }: Asset,
  state: AssetStatus["state"] | null,
): object {
  return {
    asset: { asset, base, quote, tickSize, lotSize },
    state: WIRE_ASSET_STATES.indexOf(state),
    baseUnit: formatAmount(1, baseUnit),
    quoteUnit: formatAmount(1, quoteUnit),
  };
}

export const BOOK_NOT_YET = refuse("UNAVAILABLE", "the asset's book is not known here yet; ask again");

export interface LevelMessage {
  readonly priceTicks: number;
  readonly quantityLots: number;
}

/** The best levels of each side, at most so many. */
export function depthMessage({ sequence, bids, asks }: DepthSnapshot, levels: number, { asset, tick, lot }: Asset) {
  const messages = (side: DepthSnapshot["bids"]): LevelMessage[] =>
    side.slice(0, levels).map(([price, quantity]) => ({
      priceTicks: stepsOf(price, tick),
      quantityLots: stepsOf(quantity, lot),
    }));
  return { asset, sequence, bids: messages(bids), asks: messages(asks) };
}

export function tradeMessage({ tradeId, price, quantity, takerSide, executedAtUs }: TradeJson, { tick, lot }: Asset) {
  const amounts = { priceTicks: stepsOf(price, tick), quantityLots: stepsOf(quantity, lot) };
  return { tradeId, ...amounts, takerSide: WIRE_SIDES.indexOf(takerSide), executedAtUs };
}

/** Zero, which is no amount of an order, is 0; what is above 2^53, which many orders may be together, is 2^53 - 1. */
export function stepsOf(text: string, step: DecimalStep): number {
  const steps = parseDecimal(text, step);
  if (typeof steps === "number") return steps;
  return steps === "too large" ? Number.MAX_SAFE_INTEGER : 0;
}
