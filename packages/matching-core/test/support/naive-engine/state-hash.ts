import { ASSET_STATES, type RulesInForce, SELF_TRADE_PREVENTIONS, TIMES_IN_FORCE } from "@bourse/matching-core";
import type { OpenOrder, OrderBook } from "./order-book.js";

/**
 * 64 bits, as hexadecimal text, over what the market is: every open order in its place, the last trade, the asset's
 * state, and the rules where they are not those of the start. Clock, sequences and the ids of refused orders are left out, so a refused command leaves the hash as it was.
 */
export function stateHash(book: OrderBook, rules: RulesInForce, atStart: RulesInForce): string {
  const hash = new NumberHash();
  hash.add(ASSET_STATES.indexOf(book.assetState));
  if (book.isOpening) hash.add(1);
  hash.add(book.lastTradeId).add(book.lastTradeTicks);
  for (const ladder of [book.bids, book.asks, book.buyStops, book.sellStops]) {
    for (const order of ladder.itemsBestFirst()) addOrder(hash, order);
    hash.add(null);
  }
  const [now, before] = [numbersOf(rules), numbersOf(atStart)];
  if (String(now) !== String(before)) for (const number of now) hash.add(number);
  return hash.text();
}

function numbersOf(rules: RulesInForce): number[] {
  const { version, allowSelfTrade, openOrdersMax, displaySlicesMax, eventsPerCommandMax } = rules;
  return [version, Number(allowSelfTrade), openOrdersMax, displaySlicesMax, eventsPerCommandMax];
}

function addOrder(hash: NumberHash, order: OpenOrder): void {
  const { terms } = order;
  hash.add(order.orderId).add(order.accountId);
  if (order.kind === "resting")
    hash.add(order.priceTicks).add(order.leavesLots).add(order.shownLots).add(order.filledLots);
  else hash.add(order.stopPriceTicks).add(terms.priceTicks).add(terms.quantityLots).add(terms.minimumLots);
  hash.add(SELF_TRADE_PREVENTIONS.indexOf(terms.selfTradePrevention)).add(TIMES_IN_FORCE.indexOf(terms.timeInForce));
  hash
    .add(terms.postOnly ? 1 : 0)
    .add(terms.type === "market" || terms.type === "stop_market" ? 1 : 0)
    .add(terms.displayLots)
    .add(terms.expiresAtMs);
}

/** Two lanes of 32 bits with the finalizing steps of MurmurHash3; null and 0 differ. */
class NumberHash {
  #a = 0x243f6a88;
  #b = 0x85a308d3;

  add(value: number | null): this {
    if (value === null) return this.#word(0xffffffff);
    const low = value >>> 0;
    return this.#word(low).#word((value - low) / 2 ** 32);
  }

  text(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #word(word: number): this {
    this.#a = Math.imul(this.#a ^ word, 0x85ebca6b);
    this.#a ^= this.#a >>> 13;
    this.#b = Math.imul(this.#b ^ this.#a, 0xc2b2ae35);
    this.#b = (this.#b ^ (this.#b >>> 16)) + word;
    return this;
  }
}
