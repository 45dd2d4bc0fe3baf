/** What is taken of an engine's depth, as messages of DEPTH: a book, or its changes. */
import type { DepthChanges } from "@bourse/matching-core";
import { encodeDepthBatch, LEVEL_NUMBERS, type LevelRows } from "../shared/wire/depth-codec.js";

/** Levels in one message at most: 240 KB. */
const LEVELS_MAX = 10_000;

interface Rows {
  readonly bids: LevelRows;
  readonly asks: LevelRows;
}

/**
 * Takes what has changed since `previousEventSequence`: one message, or none if nothing has. Null: only the whole book will do, since
 * it was never taken, or since more has changed than a message holds.
 */
export function takeChanges(
  depth: DepthChanges,
  { bids, asks }: Rows,
  previousEventSequence: number,
  eventSequence: number,
): Uint8Array[] | null {
  if (!depth.take(bids, asks)) return null;
  const numbers = { bids: bids.numbers, asks: asks.numbers };
  const levels = (numbers.bids.length + numbers.asks.length) / LEVEL_NUMBERS;
  if (levels > LEVELS_MAX) return null;
  return levels === 0
    ? []
    : [encodeDepthBatch({ previousEventSequence, eventSequence, ...numbers, part: 1, parts: 1 })];
}

/** Takes the whole book: one message of a small one, else several parts, each of one side. */
export function takeBook(depth: DepthChanges, { bids, asks }: Rows, eventSequence: number): Uint8Array[] {
  depth.takeAll(bids, asks);
  const whole = { bids: bids.numbers, asks: asks.numbers };
  const none = new Float64Array(0);
  const isSmall = whole.bids.length + whole.asks.length <= LEVELS_MAX * LEVEL_NUMBERS;
  const parts = isSmall
    ? [whole]
    : [
        ...slicesOf(whole.bids).map((slice) => ({ bids: slice, asks: none })),
        ...slicesOf(whole.asks).map((slice) => ({ bids: none, asks: slice })),
      ];
  const ofAll = { previousEventSequence: null, eventSequence, parts: parts.length };
  return parts.map((rows, index) => encodeDepthBatch({ ...ofAll, ...rows, part: index + 1 }));
}

function slicesOf(numbers: Float64Array): Float64Array[] {
  const size = LEVELS_MAX * LEVEL_NUMBERS;
  return Array.from({ length: Math.ceil(numbers.length / size) }, (_, index) =>
    numbers.subarray(index * size, (index + 1) * size),
  );
}
