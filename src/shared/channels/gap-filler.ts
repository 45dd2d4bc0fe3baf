import type { Logger } from "../process/log.js";
import { lookEvery } from "../process/looks.js";
import { Bell } from "../process/waits.js";

/** A sequence that waits because items are missing, and the last number before them. */
export interface Gap<Key> {
  readonly key: Key;
  readonly after: number;
}

export interface GapFillerOptions<Key> {
  readonly channel: string;
  /** All sequences that wait now. */
  readonly gaps: () => Iterable<Gap<Key>>;
  /** Reads the missing items of these sequences from Postgres, or a part of each, and sends those that are in order then. */
  readonly fill: (keys: readonly Key[]) => Promise<void>;
  /** How long a hole may take to close by itself: most items are late, not lost. */
  readonly holeWaitMs: number;
  readonly checkIntervalMs?: number;
  /** How long to wait after a read that failed, or that did not find the items. */
  readonly retryMs?: number;
  readonly keysInFillMax: number;
  readonly log: Logger;
  readonly onFilled: (keys: number) => void;
}

/** Holes are rare, and most close by themselves: looking more often would only wake an idle process. */
const CHECK_INTERVAL_MS = 250;
const RETRY_MS = 500;

interface Waiting {
  readonly after: number;
  readonly dueAtMs: number;
}

/**
 * Fills the holes of a channel's sequences that don't close by themselves: in batches, one after the other, as fast as the
 * database answers. A hole that was filled in part goes on with the next batch; one that got nothing waits for `retryMs`.
 */
export class GapFiller<Key> {
  readonly #options: GapFillerOptions<Key>;
  readonly #waiting = new Map<Key, Waiting>();
  readonly #stopping = new AbortController();

  constructor(options: GapFillerOptions<Key>) {
    this.#options = options;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Looks for holes until it is stopped. Never rejects. */
  async run(): Promise<void> {
    const { checkIntervalMs = CHECK_INTERVAL_MS } = this.#options;
    const { signal } = this.#stopping;
    const bell = new Bell();
    signal.addEventListener("abort", () => bell.ring());
    const stopLooking = lookEvery(checkIntervalMs, () => bell.ring());
    while (!signal.aborted) {
      const due = this.#due(performance.now());
      if (due.length > 0) await this.#fill(due);
      else await bell.rangWithin(2 * checkIntervalMs);
    }
    stopLooking();
  }

  /** The sequences that are due; first those that are due longest. */
  #due(nowMs: number): Key[] {
    const { gaps, holeWaitMs, keysInFillMax } = this.#options;
    const open = new Map([...gaps()].map(({ key, after }) => [key, after]));
    for (const [key, { after }] of this.#waiting) if (open.get(key) !== after) this.#waiting.delete(key);
    for (const [key, after] of open)
      if (!this.#waiting.has(key)) this.#waiting.set(key, { after, dueAtMs: nowMs + holeWaitMs });
    const due = [...this.#waiting].filter(([, { dueAtMs }]) => dueAtMs <= nowMs);
    due.sort(([, a], [, b]) => a.dueAtMs - b.dueAtMs);
    return due.slice(0, keysInFillMax).map(([key]) => key);
  }

  async #fill(keys: readonly Key[]): Promise<void> {
    const { channel, fill, gaps, log, onFilled, retryMs = RETRY_MS } = this.#options;
    try {
      await fill(keys);
      log.info({ channel, sequences: keys.length }, "read what was missing from the database");
      onFilled(keys.length);
    } catch (err) {
      log.warn({ err, channel, sequences: keys.length }, "what is missing can't be read now");
    }
    const nowMs = performance.now();
    const open = new Map([...gaps()].map(({ key, after }) => [key, after]));
    for (const key of keys) {
      const after = open.get(key);
      const isTheSame = after === this.#waiting.get(key)?.after;
      if (after === undefined) this.#waiting.delete(key);
      else this.#waiting.set(key, { after, dueAtMs: isTheSame ? nowMs + retryMs : nowMs });
    }
  }
}
