/** The state of a market, to and from bytes: the parts of the book as they lie in memory, behind the sequences they go up to. */
import { OrderBook } from "./order-book.js";
import { numbersOfRules, type RulesInForce, rulesOfNumbers } from "./rules.js";
import { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

export interface MarketState {
  readonly book: OrderBook;
  readonly rules: RulesInForce;
  readonly clockUs: number;
  /** The last command, event and trade that the state includes. */
  readonly lastCommandSequence: number;
  readonly lastEventSequence: number;
  readonly lastTradeId: number;
  readonly highestOrderId: number;
}

/** A market without any commands so far. */
export function newMarket(rules: RulesInForce): MarketState {
  const sequences = { lastCommandSequence: 0, lastEventSequence: 0, lastTradeId: 0, highestOrderId: 0 };
  return { book: new OrderBook(), rules, clockUs: 0, ...sequences };
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
 * Reads a snapshot. Throws a CodecError for bytes that are no snapshot of a known version, or not all of one. Snapshots up to
 * version 3 have no rules: theirs are `rulesAtStart`.
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
