/**
 * A market as bytes and back. After the header stand the orders, a record each, ladder by ladder, best price and oldest
 * first; then what some of them have beside; then in which order the owners' lists hold them. All little-endian, whole
 * words of 8 bytes; the checksum covers everything behind it. A snapshot says nothing of where things lie in memory.
 */
import { CodecError } from "../../shared/errors.js";
import { NONE } from "../../shared/order-terms.js";
import { OrderBook } from "./order-book.js";
import {
  FILLED,
  ICEBERG,
  LEAVES,
  NEXT,
  OWNER,
  OWNER_NEXT,
  ROW_FLOATS,
  ROW_INTS,
  TERMS,
  TERMS_WAITING,
} from "./order-rows.js";

/** The bytes of the text BOURSE, then the version of the format. */
const MAGIC = 0x42_4f_55_52;
const VERSION = 1;
const HEADER_WORDS = 12;
/** Order id, account id, price or stop price, leaves, filled or a stop's limit price, terms. */
const RECORD_WORDS = 6;
/** Ordinal of the order, display or NONE, shown or a stop's minimum. */
const ICEBERG_WORDS = 3;
/** Ordinal, time. */
const EXPIRY_WORDS = 2;
/** Beside a record's terms: which side. */
const IS_SELL = 1 << 8;

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
  const { book } = state;
  const { rows } = book;
  const ownerWords = (rows.count + 1) >> 1;
  const words =
    HEADER_WORDS +
    rows.count * RECORD_WORDS +
    book.icebergs.count * ICEBERG_WORDS +
    book.expiries.count * EXPIRY_WORDS +
    ownerWords;
  const floats = new Float64Array(words);
  const ints = new Int32Array(floats.buffer);
  const { lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId, clockUs } = state;
  floats.set([rows.count, book.icebergs.count, book.expiries.count, clockUs], 2);
  floats.set([lastCommandSequence, lastEventSequence, lastTradeId, highestOrderId], 6);
  floats.set([book.lastTradeTicks, book.assetState], 10);
  const ordinals = new Int32Array(rows.highestSlot + 1);
  const accounts = new Set<number>();
  let record = HEADER_WORDS;
  let iceberg = record + rows.count * RECORD_WORDS;
  let expiry = iceberg + book.icebergs.count * ICEBERG_WORDS;
  let ordinal = 0;
  for (const ladder of [book.bids, book.asks, book.buyStops, book.sellStops])
    for (let level = ladder.bestLevel(); level !== 0; level = ladder.worseLevel(level)) {
      const price = ladder.priceOf(level);
      const last = ladder.lastOf(level);
      for (let slot = ladder.firstOf(level); ; slot = rows.ints[slot * ROW_INTS + NEXT] as number) {
        ordinals[slot] = ordinal;
        floats[record] = book.orderIdOf(slot);
        floats[record + 1] = book.accountIdOf(slot);
        floats[record + 2] = price;
        floats[record + 3] = rows.floats[slot * ROW_FLOATS + LEAVES] as number;
        floats[record + 4] = rows.floats[slot * ROW_FLOATS + FILLED] as number;
        floats[record + 5] = (rows.ints[slot * ROW_INTS + TERMS] as number) + book.sideOf(slot) * IS_SELL;
        record += RECORD_WORDS;
        accounts.add((rows.ints[slot * ROW_INTS + OWNER] as number) >> 1);
        const icebergRow = rows.ints[slot * ROW_INTS + ICEBERG] as number;
        if (icebergRow !== 0) {
          floats[iceberg++] = ordinal;
          floats[iceberg++] = book.displayOf(slot);
          floats[iceberg++] = book.shownOf(slot);
        }
        const expiresAtMs = book.expiryOf(slot);
        if (expiresAtMs !== NONE) {
          floats[expiry++] = ordinal;
          floats[expiry++] = expiresAtMs;
        }
        ordinal++;
        if (slot === last) break;
      }
    }
  writeOwners(book, accounts, ordinals, ints.subarray(2 * expiry));
  ints[0] = MAGIC;
  ints[1] = VERSION;
  ints.set(checksum(ints), 2);
  return new Uint8Array(floats.buffer);
}

/** The ordinals of each list's orders; the accounts in the order in which reading will meet them. */
function writeOwners(book: OrderBook, accounts: Iterable<number>, ordinals: Int32Array, into: Int32Array): void {
  let place = 0;
  for (const account of accounts)
    for (const owner of [account * 2, account * 2 + 1]) {
      let slot = book.owners.first(owner);
      for (; slot !== 0; slot = book.rows.ints[slot * ROW_INTS + OWNER_NEXT] as number)
        into[place++] = ordinals[slot] as number;
    }
}

/** Throws a CodecError for bytes that are no snapshot of this version, or not all of it. */
export function readSnapshot(bytes: Uint8Array, openOrdersMax: number): MarketState {
  if (bytes.length < HEADER_WORDS * 8 || bytes.length % 8 !== 0) throw new CodecError("a snapshot is cut off");
  // A copy only where the words don't lie as typed arrays need them.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const floats = new Float64Array(aligned.buffer, aligned.byteOffset, bytes.length / 8);
  const ints = new Int32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4);
  if (ints[0] !== MAGIC) throw new CodecError("these bytes are not a snapshot");
  if (ints[1] !== VERSION) throw new CodecError(`version ${ints[1]} of a snapshot is not known here, only ${VERSION}`);
  const [even, odd] = checksum(ints);
  if (ints[2] !== even || ints[3] !== odd) throw new CodecError("a snapshot's checksum says that it has changed");
  const header = (word: number) => floats[word] as number;
  const [orders, icebergs, expiries] = [header(2), header(3), header(4)];
  const icebergsAt = HEADER_WORDS + orders * RECORD_WORDS;
  const expiriesAt = icebergsAt + icebergs * ICEBERG_WORDS;
  const ownersAt = expiriesAt + expiries * EXPIRY_WORDS;
  if (ownersAt + ((orders + 1) >> 1) !== floats.length)
    throw new CodecError("a snapshot has another length than it says");
  const book = new OrderBook(Math.max(openOrdersMax, orders), orders);
  book.lastTradeTicks = header(10);
  book.assetState = header(11);
  readOrders(book, floats.subarray(HEADER_WORDS, icebergsAt));
  readExtras(book, floats.subarray(icebergsAt, expiriesAt), floats.subarray(expiriesAt, ownersAt));
  for (let at = 2 * ownersAt; at < 2 * ownersAt + orders; at++) {
    const slot = (ints[at] as number) + 1;
    book.owners.join(slot, book.rows.ints[slot * ROW_INTS + OWNER] as number);
  }
  return {
    book,
    clockUs: header(5),
    lastCommandSequence: header(6),
    lastEventSequence: header(7),
    lastTradeId: header(8),
    highestOrderId: header(9),
  };
}

/** The order of ordinal i gets slot i + 1, in an empty book. */
function readOrders(book: OrderBook, records: Float64Array): void {
  for (let record = 0; record < records.length; record += RECORD_WORDS) {
    const slot = book.rows.open(records[record] as number);
    const account = book.owners.findOrAdd(records[record + 1] as number);
    const flags = records[record + 5] as number;
    const side = (flags & IS_SELL) === 0 ? 0 : 1;
    const { floats, ints } = book.rows;
    floats[slot * ROW_FLOATS + LEAVES] = records[record + 3] as number;
    floats[slot * ROW_FLOATS + FILLED] = records[record + 4] as number;
    ints[slot * ROW_INTS + TERMS] = flags & ~IS_SELL;
    ints[slot * ROW_INTS + OWNER] = account * 2 + side;
    const ladder = (flags & TERMS_WAITING) === 0 ? book.resting(side) : book.stops(side);
    ladder.add(slot, records[record + 2] as number);
  }
}

function readExtras(book: OrderBook, icebergs: Float64Array, expiries: Float64Array): void {
  for (let at = 0; at < icebergs.length; at += ICEBERG_WORDS) {
    const row = book.icebergs.open(icebergs[at + 1] as number, icebergs[at + 2] as number);
    book.rows.ints[((icebergs[at] as number) + 1) * ROW_INTS + ICEBERG] = row;
  }
  for (let at = 0; at < expiries.length; at += EXPIRY_WORDS)
    book.expiries.add((expiries[at] as number) + 1, expiries[at + 1] as number);
}

/** Over all words behind it, in two lanes, so that the multiplications of one don't wait for the other's. */
function checksum(ints: Int32Array): [number, number] {
  let [even, odd] = [0x243f6a88, 0x05a308d3];
  for (let at = 4; at < ints.length; at += 2) {
    even = Math.imul(even ^ (ints[at] as number), 0x85ebca6b);
    even ^= even >>> 15;
    odd = Math.imul(odd ^ (ints[at + 1] as number), 0xc2b2ae35);
    odd ^= odd >>> 13;
  }
  return [even, odd];
}
