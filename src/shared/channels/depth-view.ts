/**
 * The subscribers of one asset's depth, so many levels a side. They get the same packets, encoded once, by their room. One that falls
 * behind leaves it: it gets nothing until it has read what waits for it, then in one packet what has changed meanwhile.
 */
import type { Asset } from "../domain/assets.js";
import type { DepthBook } from "../market-data/depth-book.js";
import type { DepthLevel, DepthLots } from "../market-data/depth-side.js";
import { CHECKSUM_LEVELS, checksumOf, type LevelText, levelText } from "../market-data/depth-text.js";
import { DepthWindow } from "../market-data/depth-window.js";
import type { Listener, Rooms } from "./listener.js";

/** How long a subscriber may be behind before it is cut. */
const BEHIND_MAX_MS = 2_000;

export interface DepthSnapshot {
  readonly sequence: number;
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
  readonly checksum: number;
}

interface Levels {
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

/** What those had who fell behind at the same time. */
interface Had {
  readonly sequence: number;
  readonly bids: ReadonlyMap<number, DepthLots>;
  readonly asks: ReadonlyMap<number, DepthLots>;
}

interface Behind {
  readonly listener: Listener;
  readonly had: Had;
  readonly sinceMs: number;
}

export class DepthView {
  readonly #asset: Asset;
  readonly #book: DepthBook;
  readonly #levelsMax: number;
  readonly #rooms: Rooms;
  readonly #room: string;
  readonly #window: DepthWindow;
  readonly #listeners = new Map<string, Listener>();
  readonly #behind = new Map<string, Behind>();
  #snapshot: DepthSnapshot | null = null;
  /** The event up to which its subscribers were told. */
  #sequence: number;

  /** Begins with the book as it is, whose changes must all be told to others by then. */
  constructor(asset: Asset, book: DepthBook, levelsMax: number, { rooms, room }: { rooms: Rooms; room: string }) {
    this.#asset = asset;
    this.#book = book;
    this.#levelsMax = levelsMax;
    this.#rooms = rooms;
    this.#room = room;
    this.#window = new DepthWindow(book, levelsMax);
    this.#sequence = book.sequence ?? 0;
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** What a subscriber begins with that joins now, between two flushes. */
  get snapshot(): DepthSnapshot {
    this.#snapshot ??= {
      sequence: this.#sequence,
      ...this.#textOf({ bids: this.#best("bids"), asks: this.#best("asks") }),
      checksum: this.#checksum(),
    };
    return this.#snapshot;
  }

  join(listener: Listener): void {
    this.#listeners.set(listener.id, listener);
    listener.join(this.#room);
  }

  leave(listener: Listener): void {
    this.#behind.delete(listener.id);
    if (this.#listeners.delete(listener.id)) listener.leave(this.#room);
  }

  /** Tells what has changed, before the book forgets its changes. False: nothing has, in this window. */
  flush(): boolean {
    const changes = this.#window.take();
    if (changes.bids.length + changes.asks.length === 0) return false;
    this.#snapshot = null;
    const previousSequence = this.#sequence;
    this.#sequence = this.#book.sequence ?? 0;
    const isLive = this.#listeners.size > this.#behind.size;
    if (isLive) this.#rooms.send(this.#room, "depth", this.#packet(changes, previousSequence));
    return true;
  }

  /** Takes those out of the room that fall behind, and takes back those that have read what waited for them. */
  look(nowMs: number): void {
    let had: Had | null = null;
    for (const listener of this.#listeners.values()) {
      if (!listener.isBehind() || this.#behind.has(listener.id)) continue;
      listener.leave(this.#room);
      had ??= { sequence: this.#sequence, bids: new Map(this.#best("bids")), asks: new Map(this.#best("asks")) };
      this.#behind.set(listener.id, { listener, had, sinceMs: nowMs });
    }
    const packets = new Map<Had, object | null>();
    for (const [id, { listener, had, sinceMs }] of this.#behind)
      if (!listener.isBehind()) {
        const packet = packets.has(had) ? packets.get(had) : this.#since(had);
        packets.set(had, packet ?? null);
        if (packet) listener.send("depth", packet);
        this.#behind.delete(id);
        listener.join(this.#room);
      } else if (nowMs - sinceMs > BEHIND_MAX_MS)
        listener.cut({
          channel: "depth",
          reason: "SLOW_CONSUMER",
          text: "you did not read what was sent: read faster",
        });
  }

  /** Null: nothing has changed. */
  #since(had: Had): object | null {
    if (had.sequence === this.#sequence) return null;
    const changes = { bids: this.#changesOf("bids", had), asks: this.#changesOf("asks", had) };
    return this.#packet(changes, had.sequence);
  }

  #changesOf(side: "bids" | "asks", { [side]: had }: Had): DepthLevel[] {
    const now = this.#best(side);
    const left = new Set(had.keys());
    for (const [price] of now) left.delete(price);
    return [
      ...now.filter(([price, lots]) => had.get(price) !== lots),
      ...Array.from(left, (price): DepthLevel => [price, 0]),
    ];
  }

  #packet(changes: Levels, previousSequence: number): object {
    const { bids, asks } = this.#textOf(changes);
    const sequence = this.#sequence;
    return { asset: this.#asset.asset, previousSequence, sequence, bids, asks, checksum: this.#checksum() };
  }

  #checksum(): number {
    const best = { bids: this.#book.best("bids", CHECKSUM_LEVELS), asks: this.#book.best("asks", CHECKSUM_LEVELS) };
    const { bids, asks } = this.#textOf(best);
    return checksumOf(bids, asks);
  }

  #textOf({ bids, asks }: Levels): { bids: LevelText[]; asks: LevelText[] } {
    const text = (level: DepthLevel) => levelText(level, this.#asset);
    return { bids: bids.map(text), asks: asks.map(text) };
  }

  #best(side: "bids" | "asks"): DepthLevel[] {
    return this.#book.best(side, this.#levelsMax);
  }
}
