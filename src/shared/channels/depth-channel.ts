import type { Asset } from "../domain/assets.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { DepthBook } from "../market-data/depth-book.js";
import type { DepthBooks } from "../market-data/depth-books.js";
import { lookEvery } from "../process/looks.js";
import { type AnswerWith, type Asked, type Channel, roomOf, type Subscription } from "./channel.js";
import { DepthView } from "./depth-view.js";
import { type Listener, type Rooms, refused } from "./listener.js";

/** The levels a side that one may ask for; "full" is all of them, in a book of more than 10,000 the best ones. */
const DEPTHS: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [10, 10],
  [25, 25],
  [100, 100],
  [1000, 1_000],
  ["full", 10_000],
]);
const DEFAULT_DEPTH = 10;
/** How long a subscriber waits for a book that is not known yet. */
const BOOK_WAIT_MS = 5_000;
/** How often subscribers that are behind are looked at where nothing changes. */
const LOOK_EVERY_MS = 250;

const NOT_KNOWN = refuse("UNAVAILABLE", "the book is not known yet; try again in a few seconds");
const REPLACED = refuse("UNSUPPORTED_COMBINATION", "a later subscribe or unsubscribe took this one's place");

export interface DepthChannelOptions {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly rooms: Rooms;
  readonly books: DepthBooks;
}

interface Waiting {
  readonly listener: Listener;
  readonly depth: unknown;
  readonly answerWith: AnswerWith;
  readonly deadline: NodeJS.Timeout;
}

/** One asset: its subscribers, by what they asked for, and those that wait for the first book. */
interface Market {
  readonly asset: Asset;
  readonly book: DepthBook;
  readonly views: Map<unknown, DepthView>;
  /** By listener, what it asked for. */
  readonly depths: Map<string, unknown>;
  readonly waiting: Map<string, Waiting>;
  /** The event up to which all views were told. */
  told: number | null;
}

/**
 * Channel `depth`: the best levels in the acknowledgement, then what changes of them. A connection has one depth of an asset. Views are
 * told in flush() alone, all of them what the book has become since the last one, so a subscriber that joins between two flushes misses
 * nothing; after a hole in DEPTH one packet tells everything that became different meanwhile.
 */
export class DepthChannel implements Channel {
  readonly name = "depth";
  readonly isPrivate = false;
  readonly fields = ["depth"];
  readonly #options: DepthChannelOptions;
  readonly #markets = new Map<string, Market>();
  #stopLooking: () => void = () => undefined;

  constructor(options: DepthChannelOptions) {
    this.#options = options;
    for (const asset of options.assets.values()) this.takeUp(asset);
  }

  takeUp(asset: Asset): void {
    const book = this.#options.books.add(asset.asset);
    const nobody = { views: new Map(), depths: new Map(), waiting: new Map() };
    this.#markets.set(asset.asset, { asset, book, ...nobody, told: null });
  }

  async start(): Promise<void> {
    this.#stopLooking = lookEvery(LOOK_EVERY_MS, () => this.#look());
  }

  stop(): void {
    this.#stopLooking();
    for (const { waiting } of this.#markets.values())
      for (const { deadline, answerWith } of waiting.values()) {
        clearTimeout(deadline);
        answerWith(refused(NOT_KNOWN));
      }
  }

  subscription(listener: Listener, { asset: name, fields: { depth = DEFAULT_DEPTH } }: Asked): Subscription | Refusal {
    const market = name === null ? undefined : this.#markets.get(name);
    if (name === null || market === undefined)
      return refuse("UNKNOWN_ASSET", `channel depth needs an asset, such as "asset":"BTC-USD"`);
    if (!DEPTHS.has(depth)) return refuse("UNSUPPORTED_COMBINATION", `depth is 10, 25, 100, 1000 or "full"`);
    return {
      key: roomOf(this.name, name),
      begin: (answerWith) => this.#begin(market, { listener, depth, answerWith }),
      end: () => this.#leave(market, listener),
      isHeld: () => market.depths.has(listener.id) || market.waiting.has(listener.id),
    };
  }

  forget(listener: Listener): void {
    for (const market of this.#markets.values()) this.#leave(market, listener);
  }

  /** Books come by DEPTH, not with what is settled. */
  offer(): void {}

  flush(onTold: (storedAtUs: number) => void): boolean {
    for (const market of this.#markets.values())
      if (this.#tell(market)) onTold(this.#options.books.storedAtUs(market.asset.asset));
    return false;
  }

  /** Tells what has changed, and answers those that waited for a book; false: nobody was told anything. */
  #tell(market: Market): boolean {
    const { book, views, waiting } = market;
    if (book.sequence === market.told) return false;
    let isTold = false;
    for (const view of views.values()) isTold = view.flush() || isTold;
    book.forgetChanges();
    market.told = book.sequence;
    for (const each of waiting.values()) this.#answer(market, each);
    this.#lookAt(market);
    return isTold;
  }

  /** Nothing of it is in Postgres. */
  async reconcile(): Promise<void> {}

  giveBack(): void {}

  #begin(market: Market, { listener, depth, answerWith }: Omit<Waiting, "deadline">): void {
    this.#leave(market, listener);
    this.#tell(market);
    const late = () => {
      market.waiting.delete(listener.id);
      answerWith(refused(NOT_KNOWN));
    };
    const waiting = { listener, depth, answerWith, deadline: setTimeout(late, BOOK_WAIT_MS) };
    market.waiting.set(listener.id, waiting);
    if (market.told !== null) this.#answer(market, waiting);
  }

  /** Answers with what the book shows, and lets the listener in, in one synchronous step. */
  #answer(market: Market, { listener, depth, answerWith, deadline }: Waiting): void {
    clearTimeout(deadline);
    market.waiting.delete(listener.id);
    if (!listener.isConnected()) return;
    const view = market.views.get(depth) ?? this.#newView(market, depth);
    market.depths.set(listener.id, depth);
    view.join(listener);
    answerWith({ ok: true, asset: market.asset.asset, depth, ...view.snapshot });
  }

  #newView({ asset, book, views }: Market, depth: unknown): DepthView {
    const room = roomOf(this.name, `${asset.asset}:${depth}`);
    const view = new DepthView(asset, book, DEPTHS.get(depth) as number, { rooms: this.#options.rooms, room });
    views.set(depth, view);
    return view;
  }

  #leave({ views, depths, waiting }: Market, listener: Listener): void {
    const one = waiting.get(listener.id);
    if (one !== undefined) {
      clearTimeout(one.deadline);
      waiting.delete(listener.id);
      one.answerWith(refused(REPLACED));
    }
    const depth = depths.get(listener.id);
    if (!depths.delete(listener.id)) return;
    const view = views.get(depth);
    view?.leave(listener);
    if (view?.isEmpty) views.delete(depth);
  }

  #look(): void {
    for (const market of this.#markets.values()) this.#lookAt(market);
  }

  #lookAt({ views }: Market): void {
    const nowMs = performance.now();
    for (const view of views.values()) view.look(nowMs);
  }
}
