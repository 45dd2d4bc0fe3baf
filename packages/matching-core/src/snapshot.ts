/** A market as bytes and back: the parts of the book as they lie in memory, behind the sequences that they stand for. */
import { OrderBook } from "./order-book.js";
import { numbersOfRules, type RulesInForce, rulesOfNumbers } from "./rules.js";
import { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

export interface MarketState {
  readonly book: OrderBook;
  readonly rules: RulesInForce;
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
  const rules = numbersOfRules(state.rules);
  out.numbers(clockUs, lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId, ...rules);
  state.book.save(out);
  return out.finish();
}

/**
 * Throws a CodecError for bytes that are no snapshot of this version, or not all of it. Version 3 and those before had no
 * rules: they stand for `rulesAtStart`.
 */
export function readSnapshot(bytes: Uint8Array, rulesAtStart: RulesInForce): MarketState {
  const from = new SnapshotReader(bytes);
  const [clockUs, lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId, ...ofRules] = from.numbers() as [
    number,
    number,
    number,
    number,
    number,
    ...number[],
  ];
  const rules = ofRules.length === 0 ? rulesAtStart : rulesOfNumbers(ofRules);
  const book = new OrderBook();
  book.load(from);
  from.end();
  return { book, rules, clockUs, lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId };
}
