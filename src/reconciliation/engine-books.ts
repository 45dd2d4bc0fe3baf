/** Loads the engines' books from their newest snapshots, which are copies of the memory that the engines match in. */
import type { OpenOrder } from "@bourse/matching-core";
import { SnapshotStore } from "../matching-engine/snapshot-store.js";
import type { Bus } from "../shared/bus/bus.js";
import type { Asset } from "../shared/domain/assets.js";
import { CodecError } from "../shared/domain/errors.js";
import type { Logger } from "../shared/process/log.js";

export type { OpenOrder };

export interface EngineBook {
  readonly asset: string;
  /** The last event that is in the book. */
  readonly event: number;
  /** The open orders; each call starts from the first. */
  readonly orders: () => Iterable<OpenOrder>;
}

export class EngineBooks {
  readonly #bus: Bus;
  readonly #store: SnapshotStore;
  readonly #log: Logger;
  /** By asset, the subject of the snapshot that was compared last. */
  readonly #done = new Map<string, string>();
  /** By asset, the subjects of snapshots that can't be read. */
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
   * The newest book that can be read; null if `done` was called for it already. The caller must let go of a book before it
   * asks for the next one: a book is as large as an engine's memory.
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
