/**
 * Watches whether the order log is still the one that requests were acknowledged in. A nats-server that lost its disk comes
 * back with an empty log, which would give log ids a second time: then nothing may be acknowledged. The watch judges by the
 * sequence of stored messages: a cluster's new leader knows the log's end only after it has stored something.
 */
import type { Bus } from "../bus/bus.js";
import { BATCH_ITEMS_MAX, type LogId } from "../domain/units.js";
import type { Logger } from "../process/log.js";
import { Poll } from "./poll.js";

const LOOK_INTERVAL_MS = 1_000;

export class LogWatch {
  readonly #bus: Pick<Bus, "streamBounds">;
  readonly #log: Logger;
  readonly #poll: Poll;
  /** Each asset's last known log id. */
  readonly #through = new Map<string, LogId>();
  #lost: string | null = null;

  constructor(bus: Pick<Bus, "streamBounds">, log: Logger) {
    this.#bus = bus;
    this.#log = log;
    this.#poll = new Poll(LOOK_INTERVAL_MS, () => this.#look(), log, "it can't be told how far the order log goes");
  }

  /** Learns how far order-processing has come, before the first message is stored from here. */
  processed(through: ReadonlyMap<string, LogId>): void {
    for (const [asset, logId] of through) this.#through.set(asset, logId);
  }

  /** Why the log counts as lost; null: all is well. */
  whyLost(): string | null {
    return this.#lost;
  }

  /** Must be called for every stored batch. False: its log ids were given before, so it must not be acknowledged. */
  stored(asset: string, first: LogId, last: LogId): boolean {
    const through = this.#through.get(asset) ?? 0;
    if (first > through) {
      this.#through.set(asset, last);
      return true;
    }
    if (this.#lost === null) {
      const [message, known] = [messageOf(first), this.#lastKnown];
      this.#lost =
        `ORDERS ends at message ${message}, and ${known} was acknowledged or processed before: nats-server lost its ` +
        "disk, or has an older copy of it; nothing is taken until ORDERS is put back (docs/operations.md, The disk of nats-server)";
      this.#log.error({ message, known }, this.#lost);
    }
    return false;
  }

  /** Looks whether a lost log was put back. Call it every few hundred milliseconds. */
  sweep(nowMs: number): void {
    if (this.#lost !== null) void this.#poll.tick(nowMs);
  }

  async #look(): Promise<void> {
    const { last } = await this.#bus.streamBounds("ORDERS");
    if (last < this.#lastKnown) return;
    this.#lost = null;
    this.#log.info({ last }, "the order log is back");
  }

  get #lastKnown(): number {
    return Math.max(0, ...[...this.#through.values()].map(messageOf));
  }
}

const messageOf = (logId: LogId): number => Math.floor(logId / BATCH_ITEMS_MAX);
