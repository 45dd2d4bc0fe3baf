/** The books of the engines, as their newest snapshots hold them: the bytes of the very memory that matches. */
import type { OpenOrder } from "@bourse/matching-core";
import { SnapshotStore } from "../matching-engine/snapshot-store.js";
import type { Bus } from "../shared/bus/bus.js";
import type { Asset } from "../shared/domain/assets.js";
import { CodecError } from "../shared/domain/errors.js";
import type { Logger } from "../shared/process/log.js";

export type { OpenOrder };

export interface EngineBook {
  readonly asset: string;
  /** What it stands for: all events through this one. */
  readonly event: number;
  /** All of them, from the beginning, each time that it is called. */
  readonly orders: () => Iterable<OpenOrder>;
}

export class EngineBooks {
  readonly #bus: Bus;
  readonly #store: SnapshotStore;
  readonly #log: Logger;
  /** By asset, the snapshot that need not be looked at again, and those that can't be read. */
  readonly #done = new Map<string, string>();
  readonly #unreadable = new Map<string, Set<string>>();

  constructor(bus: Bus, log: Logger) {
    this.#bus = bus;
    this.#store = new SnapshotStore(bus);
    this.#log = log;
  }

  isReachable(): boolean {
    return this.#bus.isConnected();
  }

  /**
   * Null: there is no newer one that can be read than `done` was called for. Whoever calls
   * it must be done with the book before the next one: it is as large as the engine's memory.
   */
  async newest(terms: Asset): Promise<(EngineBook & { readonly done: () => void }) | null> {
    const { asset } = terms;
    for (const stored of await this.#store.list(asset)) {
      if (!stored.isWhole || this.#unreadable.get(asset)?.has(stored.subject)) continue;
      if (this.#done.get(asset) === stored.subject) return null;
      try {
        const { engine } = await this.#store.load(stored, terms);
        const done = () => void this.#done.set(asset, stored.subject);
        return { asset, event: engine.lastEventSequence, orders: () => engine.openOrders(), done };
      } catch (err) {
        if (!(err instanceof CodecError)) throw err;
        this.#log.warn({ asset, snapshot: stored.subject, err }, "a snapshot can't be compared");
        this.#unreadable.set(asset, new Set(this.#unreadable.get(asset)).add(stored.subject));
      }
    }
    return null;
  }
}
