/** What the books show, to and from bytes. protocol/pipeline.proto says what the fields mean. */
import { LEVEL_NUMBERS } from "@bourse/matching-core";
import { CodecError } from "../domain/errors.js";
import { decodeMessage, encodeMessage, type Wire } from "./protobuf.js";

export { LEVEL_NUMBERS, LevelRows, lotsOfRow } from "@bourse/matching-core";

export interface DepthBatch {
  /** Null: the rows are a whole book, or a part of one. */
  readonly previousEventSequence: number | null;
  readonly eventSequence: number;
  /** Rows of LEVEL_NUMBERS numbers: price in ticks, displayed lots (`lotsOfRow` of the two). */
  readonly bids: Float64Array;
  readonly asks: Float64Array;
  /** From 1 to `parts`. */
  readonly part: number;
  readonly parts: number;
}

const NAME = "bourse.pipeline.v1.DepthBatch";
const ROW_BYTES = LEVEL_NUMBERS * Float64Array.BYTES_PER_ELEMENT;

/** The rows, which may be the engine's own buffer, are copied. */
export function encodeDepthBatch({ bids, asks, ...batch }: DepthBatch): Uint8Array {
  return encodeMessage(NAME, { ...batch, bids: bytesOf(bids), asks: bytesOf(asks) });
}

/** Throws a CodecError for what is no depth. */
export function decodeDepthBatch(bytes: Uint8Array): DepthBatch {
  const { previousEventSequence, eventSequence, bids, asks, part, parts } = decodeMessage<Wire>(NAME, bytes);
  if (part < 1 || part > parts) throw new CodecError(`part ${part} of ${parts} of a book`);
  const rows = { bids: rowsOf(bids), asks: rowsOf(asks) };
  return { previousEventSequence: previousEventSequence ?? null, eventSequence, ...rows, part, parts };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function rowsOf(bytes: Uint8Array): Float64Array {
  if (bytes.length % ROW_BYTES !== 0) throw new CodecError(`${bytes.length} bytes are no rows of levels`);
  const numbers = new Float64Array(new Uint8Array(bytes).buffer);
  for (let at = 0; at < numbers.length; at++)
    if (!Number.isSafeInteger(numbers[at]) || (numbers[at] as number) < (at % LEVEL_NUMBERS === 0 ? 1 : 0))
      throw new CodecError(`${numbers[at]} is no price or quantity of a level`);
  return numbers;
}
