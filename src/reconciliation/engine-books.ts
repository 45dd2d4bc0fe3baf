/** The books of the engines, as their newest snapshots hold them: the bytes of the very memory that matches. */
import type { OpenOrder } from "../matching-engine/core/engine.js";
import { SnapshotStore } from "../matching-engine/snapshot-store.js";
import type { Asset } from "../shared/assets.js";
import type { Bus } from "../shared/bus.js";
import { CodecError } from "../shared/errors.js";
import type { Logger } from "../shared/log.js";

export type { OpenOrder };

export interface EngineBook {
  readonly asset: string;
  /** What it stands for: all events through this one. */
  readonly event: number;
  readonly orders: Iterable<OpenOrder>;
}

export class EngineBooks {
  readonly #bus: Bus;
  readonly #store: SnapshotStore;
  readonly #log: Logger;
  /** The snapshots that need not be looked at again. */
  readonly #done = new Map<string, string>();

  constructor(bus: Bus, log: Logger) {
    this.#bus = bus;
    this.#store = new SnapshotStore(bus);
    this.#log = log;
  }

  isReachable(): boolean {
    return this.#bus.isConnected();
  }

  /**
   * Null: there is no newer one than `done` was called for, or it can't be read (its engine says that, too). Whoever calls
   * it must be done with the book before the next one: it is as large as the engine's memory.
   */
  async newest(terms: Asset): Promise<(EngineBook & { readonly done: () => void }) | null> {
    const { asset } = terms;
    const stored = (await this.#store.list(asset)).find(({ isWhole }) => isWhole);
    if (stored === undefined || this.#done.get(asset) === stored.subject) return null;
    const done = () => void this.#done.set(asset, stored.subject);
    try {
      const { engine } = await this.#store.load(stored, terms);
      return { asset, event: engine.lastEventSequence, orders: engine.openOrders(), done };
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      this.#log.warn({ asset, snapshot: stored.subject, err }, "a snapshot can't be compared");
      done();
      return null;
    }
  }
}
