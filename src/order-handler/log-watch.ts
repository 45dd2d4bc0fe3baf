/**
 * Whether the order log is still the one that requests were acknowledged in. A nats-server that lost its disk comes back
 * with an empty one, which would give log ids a second time: nothing may be acknowledged then.
 */
import type { Bus } from "../shared/bus.js";
import type { Logger } from "../shared/log.js";
import { BATCH_ITEMS_MAX, type LogId } from "../shared/units.js";

type Log = Pick<Bus, "streamBounds" | "onConnectionChange">;

const LOOK_INTERVAL_MS = 1_000;

export class LogWatch {
  readonly #bus: Log;
  readonly #log: Logger;
  /** The last that is known of each asset. */
  readonly #through = new Map<string, LogId>();
  #lost: string | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(bus: Log, log: Logger) {
    this.#bus = bus;
    this.#log = log;
    bus.onConnectionChange((connected) => {
      if (connected) void this.#look();
    });
  }

  /** `processed`: how far order-processing has come. */
  async start(processed: ReadonlyMap<string, LogId>): Promise<void> {
    for (const [asset, through] of processed) this.#through.set(asset, through);
    await this.#look();
  }

  /** Null: all is well. */
  whyLost(): string | null {
    return this.#lost;
  }

  /** False: the place was given before. To be told of every batch that is stored. */
  stored(asset: string, first: LogId, last: LogId): boolean {
    const through = this.#through.get(asset) ?? 0;
    if (first > through) {
      this.#through.set(asset, last);
      return true;
    }
    this.#isLost(messageOf(first));
    return false;
  }

  /** While it is lost, it may be put back. To be called every few hundred milliseconds. */
  sweep(nowMs: number): void {
    if (this.#lost !== null && nowMs - this.#lookedMs >= LOOK_INTERVAL_MS) void this.#look();
  }

  async #look(): Promise<void> {
    this.#lookedMs = performance.now();
    try {
      const { last } = await this.#bus.streamBounds("ORDERS");
      if (last < this.#lastKnown) this.#isLost(last);
      else if (this.#lost !== null) {
        this.#lost = null;
        this.#log.info({ last }, "the order log is back");
      }
    } catch (err) {
      this.#log.debug({ err }, "it can't be told how far the order log goes");
    }
  }

  get #lastKnown(): number {
    return Math.max(0, ...[...this.#through.values()].map(messageOf));
  }

  #isLost(last: number): void {
    if (this.#lost !== null) return;
    this.#lost =
      `ORDERS ends at message ${last}, and ${this.#lastKnown} was acknowledged or processed before: nats-server lost its ` +
      "disk, or has an older copy of it; nothing is taken until ORDERS is put back (docs/operations.md, A lost log)";
    this.#log.error({ last, known: this.#lastKnown }, this.#lost);
  }
}

const messageOf = (through: LogId | number): number => Math.floor(through / BATCH_ITEMS_MAX);
