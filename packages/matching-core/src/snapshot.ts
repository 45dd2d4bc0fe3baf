/** A market as bytes and back: the parts of the book as they lie in memory, behind the sequences that they stand for. */
import { OrderBook } from "./order-book.js";
import { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

export interface MarketState {
  readonly book: OrderBook;
  readonly clockUs: number;
  /** What the snapshot stands for: everything up to these. */
  readonly lastCommandSequence: number;
  readonly lastEventSequence: number;
  readonly lastTradeId: number;
  readonly highestOrderId: number;
}

export function writeSnapshot(state: MarketState): Uint8Array {
  const out = new SnapshotWriter();
  const { clockUs, lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId } = state;
  out.numbers(clockUs, lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId);
  state.book.save(out);
  return out.finish();
}

/** Throws a CodecError for bytes that are no snapshot of this version, or not all of it. */
export function readSnapshot(bytes: Uint8Array, openOrdersMax: number): MarketState {
  const from = new SnapshotReader(bytes);
  const numbers = from.numbers() as [number, number, number, number, number];
  const [clockUs, lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId] = numbers;
  const book = new OrderBook(openOrdersMax);
  book.load(from);
  from.end();
  return { book, clockUs, lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId };
}
