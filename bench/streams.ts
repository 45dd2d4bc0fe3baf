/**
 * Five streams of commands for an engine, the same for ever: a public generator (mulberry32), drawn in a fixed order, and
 * a hash over the trades that a right engine makes of them. `mix`: a book of 10,000 orders on about 500 prices, half of
 * the commands add, 40 % cancel, 10 % trade. `ecore`: exchange-core's mix, 82 % of it moves of one order to another
 * price. `mex`: mExchange's own benchmark loop. `sparse`: prices spread over 2^50 ticks. `deep`: a million orders.
 */
import { mulberry32 } from "../packages/matching-core/test/support/random-flow.js";
import { ReferenceBook } from "./reference-book.js";

export const LIMIT = 0;
/** A limit order, immediate or cancel. */
export const IMMEDIATE = 1;
export const CANCEL = 2;
/** To a price: keeps side and what is left, goes to the back, may trade. */
export const MOVE = 3;
export const MARKET = 4;

export const STREAM_NAMES = ["mix", "ecore", "mex", "sparse", "deep"] as const;
export type StreamName = (typeof STREAM_NAMES)[number];

const ACCOUNTS = 1_000;

export interface Stream {
  readonly name: StreamName;
  readonly length: number;
  /** Commands that build the book, and are not timed. */
  readonly prefill: number;
  readonly ops: Uint8Array;
  /** 0 buy, 1 sell. */
  readonly sides: Uint8Array;
  readonly ids: Float64Array;
  /** The order's owner, one of a thousand. */
  readonly accounts: Float64Array;
  readonly prices: Float64Array;
  /** Of a move: the order's total quantity, which it keeps. */
  readonly quantities: Float64Array;
  readonly trades: number;
  readonly lots: number;
  readonly hash: number;
}

/** What the streams at their full length come to. */
export const FULL_LENGTH = 1_000_000;
export const FULL_STREAMS: Record<StreamName, { trades: number; lots: number; hash: number }> = {
  mix: { trades: 231_986, lots: 5_913_147, hash: -351042413 },
  ecore: { trades: 62_419, lots: 1_731_847, hash: 1979722885 },
  mex: { trades: 699_998, lots: 1_099_998, hash: -1104245422 },
  sparse: { trades: 164_708, lots: 4_204_562, hash: 894969905 },
  deep: { trades: 184_177, lots: 4_695_388, hash: 1506445605 },
};

interface Recipe {
  readonly seed: number;
  readonly orders: number;
  readonly middle: number;
  /** One command in this many moves the middle by a tick; 0: none does. */
  readonly drift: number;
}

const RECIPES: Record<Exclude<StreamName, "mex">, Recipe> = {
  mix: { seed: 1, orders: 10_000, middle: 1_000_000, drift: 16 },
  ecore: { seed: 2, orders: 1_000, middle: 1_000_000, drift: 0 },
  sparse: { seed: 4, orders: 100_000, middle: 2 ** 49, drift: 0 },
  deep: { seed: 5, orders: 1_000_000, middle: 10_000_000, drift: 16 },
};

/** `length` timed commands; of `mex` a tenth more. */
export function makeStream(name: StreamName, length: number): Stream {
  const writer = new StreamWriter();
  const prefill = name === "mex" ? 0 : RECIPES[name].orders;
  if (name === "mex") drawMex(writer, length);
  else drawStream(name, RECIPES[name], writer, length);
  return writer.stream(name, prefill);
}

function drawMex(writer: StreamWriter, length: number): void {
  const ids: number[] = [];
  for (let i = 0; i < length; i++) {
    const side = i % 2;
    if (i % 10 >= 7) {
      writer.add(MARKET, side, writer.nextId(), 0, (i % 3) + 1);
      continue;
    }
    const id = writer.nextId();
    writer.add(LIMIT, side, id, 50_000 + (i % 10) - 5, (i % 5) + 1);
    ids.push(id);
    if (i % 10 === 0) writer.add(CANCEL, 0, ids[i % ids.length] as number, 0, 0);
  }
}

function drawStream(name: Exclude<StreamName, "mex">, recipe: Recipe, writer: StreamWriter, length: number): void {
  const next = mulberry32(recipe.seed);
  const below = (limit: number) => next() % limit;
  const { book } = writer;
  let middle = recipe.middle;
  const distance = distanceOf(name, next, below);
  const add = () => {
    const side = below(2);
    const d = distance();
    writer.add(LIMIT, side, writer.nextId(), side === 0 ? middle - d : middle + d, 1 + below(100));
  };
  const pick = () => book.live(next() % book.liveCount);
  const cancel = () => {
    const order = pick();
    writer.add(CANCEL, order.side, order.id, 0, 0);
  };
  const moveOrAdd = (isMove: boolean) => {
    const order = isMove ? pick() : null;
    const side = order === null ? below(2) : order.side;
    const best = book.best(1 - side);
    let price = best;
    if (best < 0 || below(100) >= 3) {
      const d = distance();
      price = side === 0 ? middle - d : middle + d;
    }
    if (order === null) writer.add(LIMIT, side, writer.nextId(), price, 1 + below(100));
    else writer.add(MOVE, side, order.id, price, 0);
  };
  const takeFromBest = (isEcore: boolean) => {
    const side = below(2);
    const best = book.best(1 - side);
    if (isEcore) {
      writer.add(IMMEDIATE, side, writer.nextId(), best < 0 ? middle : best, 1 + below(100));
      return;
    }
    const kind = below(2);
    const quantity = 1 + below(100);
    if (best < 0) add();
    else if (kind === 0) writer.add(MARKET, side, writer.nextId(), 0, quantity);
    else writer.add(LIMIT, side, writer.nextId(), best, quantity);
  };

  for (let i = 0; i < recipe.orders; i++) add();
  for (let i = 0; i < length; i++) {
    if (recipe.drift > 0 && below(recipe.drift) === 0) middle += below(2) === 1 ? 1 : -1;
    const live = book.liveCount;
    const [isFull, isThin] = [live > 1.1 * recipe.orders, live < 0.9 * recipe.orders];
    let r = below(100);
    if (name === "ecore") {
      if (r < 9 && isFull) r = 15;
      else if (r >= 12 && r < 18 && isThin) r = 0;
      if (live === 0) r = 0;
      if (r < 9 || r >= 18) moveOrAdd(r >= 18);
      else if (r < 12) takeFromBest(true);
      else cancel();
    } else {
      if (r < 50 && isFull) r = 60;
      else if (r >= 50 && r < 90 && isThin) r = 0;
      if (r < 50) add();
      else if (r < 90) cancel();
      else takeFromBest(false);
    }
  }
}

/** How far from the middle the next order stands. */
function distanceOf(name: StreamName, next: () => number, below: (limit: number) => number): () => number {
  switch (name) {
    case "mix":
      return () => 1 + ((below(1_024) * below(1_024)) >>> 12);
    case "deep":
      return () => 1 + Math.floor((below(16_384) * below(16_384)) / 16_384);
    case "ecore":
      return () => 1 + below(1_500);
    default:
      return () => {
        const [kind, high, low] = [below(2), next(), next()];
        const far = (high % 131_072) * 2 ** 32 + low;
        return 1 + (far % (kind === 0 ? 2 ** 49 - 1 : 2 ** below(49)));
      };
  }
}

/** Notes each command, and carries it out in the reference book, where the next one is drawn from. */
class StreamWriter {
  readonly book = new ReferenceBook();
  readonly #rows: [op: number, side: number, id: number, price: number, quantity: number][] = [];
  readonly #totals = new Map<number, number>();
  #lastId = 0;

  nextId(): number {
    return ++this.#lastId;
  }

  add(op: number, side: number, id: number, price: number, quantity: number): void {
    if (op === LIMIT) this.#totals.set(id, quantity);
    this.#rows.push([op, side, id, price, op === MOVE ? (this.#totals.get(id) ?? 0) : quantity]);
    if (op === CANCEL) this.book.cancel(id);
    else if (op === MOVE) this.book.move(id, price);
    else this.book.enter(id, side, op === MARKET ? null : price, quantity, op === LIMIT);
  }

  stream(name: StreamName, prefill: number): Stream {
    const rows = this.#rows;
    const { trades, lots, hash } = this.book;
    return {
      name,
      length: rows.length,
      prefill,
      ops: Uint8Array.from(rows, ([op]) => op),
      sides: Uint8Array.from(rows, ([, side]) => side),
      ids: Float64Array.from(rows, ([, , id]) => id),
      accounts: Float64Array.from(rows, ([, , id]) => 1 + (id % ACCOUNTS)),
      prices: Float64Array.from(rows, ([, , , price]) => price),
      quantities: Float64Array.from(rows, ([, , , , quantity]) => quantity),
      trades,
      lots,
      hash,
    };
  }
}
