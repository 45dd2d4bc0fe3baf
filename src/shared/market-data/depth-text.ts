/**
 * Levels as subscribers read them: prices with all decimals of the tick, quantities with all of the lot. The checksum is of these texts,
 * by the rule of Kraken's book channel (version 2): the best ten asks, then the best ten bids, best first, of each level the price and
 * the quantity without point and leading zeros, and CRC-32 over all of it.
 */
import type { Asset } from "../domain/assets.js";
import { crc32 } from "../domain/crc32.js";
import { formatPrice } from "../domain/decimal.js";
import type { DepthLevel } from "./depth-side.js";

export type LevelText = readonly [price: string, quantity: string];

export const CHECKSUM_LEVELS = 10;

/** A level without lots has the quantity "0". */
export function levelText([priceTicks, lots]: DepthLevel, { tick, lot }: Asset): LevelText {
  return [formatPrice(priceTicks, tick), lots === 0 ? "0" : formatPrice(lots, lot)];
}

/** An unsigned number of 32 bits; of best levels, best first. */
export function checksumOf(bids: readonly LevelText[], asks: readonly LevelText[]): number {
  const levels = [...asks.slice(0, CHECKSUM_LEVELS), ...bids.slice(0, CHECKSUM_LEVELS)];
  return crc32(levels.map(([price, quantity]) => digitsOf(price) + digitsOf(quantity)).join(""));
}

function digitsOf(text: string): string {
  return text.replace(".", "").replace(/^0+/, "");
}
