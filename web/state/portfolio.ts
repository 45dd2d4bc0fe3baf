/** What an account's money is worth at the last prices, and which of its orders hold a part of it. */

import type { Asset } from "../../src/shared/subscriber/asset.js";
import type { OwnOrder } from "../../src/shared/subscriber/own-orders.js";
import type { HadNow } from "./ledger-lines.js";
import { type AssetTerms, heldText, moneyText, unitsOf } from "./order-cost.js";

/** Decimals of every amount while it is counted. */
const DECIMALS = 18;
const SHOWN_DECIMALS = 2;

export interface Priced {
  readonly base: string;
  readonly quote: string;
  /** As decimal text; "": nothing has traded. */
  readonly last: string;
}

/**
 * Sums by quote currency: what is traded for it counts at its last price, and what has no price counts as itself. Sums of different currencies are not added: nobody said what one is worth in the other.
 */
export function worthOf(balances: readonly HadNow[], prices: readonly Priced[]): readonly string[] {
  const sums = new Map<string, bigint>();
  for (const { currency, available, held } of balances) {
    const units = (unitsOf(available, DECIMALS) ?? 0n) + (unitsOf(held, DECIMALS) ?? 0n);
    if (units === 0n) continue;
    const price = prices.find(({ base, last }) => base === currency && last !== "");
    const one = 10n ** BigInt(DECIMALS);
    const worth = price === undefined ? units : (units * (unitsOf(price.last, DECIMALS) ?? 0n)) / one;
    const counted = price?.quote ?? currency;
    sums.set(counted, (sums.get(counted) ?? 0n) + worth);
  }
  const cut = 10n ** BigInt(DECIMALS - SHOWN_DECIMALS);
  return [...sums].map(([currency, units]) =>
    prices.some(({ quote }) => quote === currency)
      ? `${moneyText(units / cut, SHOWN_DECIMALS)} ${currency}`
      : `${moneyText(units, DECIMALS)} ${currency}`,
  );
}

export interface HoldLine {
  readonly key: string;
  readonly order: string;
  readonly what: string;
  readonly holds: string;
}

/** Of the open orders whose asset is known; of an order without a price it is not known what it holds. */
export function holdLines(
  orders: readonly OwnOrder[],
  assetOf: (name: string) => { readonly asset: Asset; readonly terms: AssetTerms } | null,
): readonly HoldLine[] {
  return orders.flatMap((order) => {
    const known = assetOf(order.asset);
    if (known === null) return [];
    const { key, asset, orderId = "", side = "", leavesQuantity = order.quantity ?? "", price = "" } = order;
    const holds = heldText({ side, quantity: leavesQuantity, price }, known.asset, known.terms);
    return [{ key, order: `${asset} ${orderId}`, what: `${side} ${leavesQuantity} at ${price || "market"}`, holds }];
  });
}
