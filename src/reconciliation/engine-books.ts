/** Loads the engines' books from their newest snapshots, which are copies of the memory that the engines match in. */
import { type OpenOrder, restoreEngine } from "@bourse/matching-core";
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

/** An engine's whole state, and the last command and event that are in it. */
export interface EngineState {
  readonly commandSequence: number;
  readonly eventSequence: number;
  readonly bytes: Uint8Array;
}

/** Reads a state as the engine does. Throws a CodecError if it is damaged, or of another version. */
export function readState(terms: Asset, bytes: Uint8Array): EngineState {
  const { lastCommandSequence, lastEventSequence } = restoreEngine(terms, bytes);
  return { commandSequence: lastCommandSequence, eventSequence: lastEventSequence, bytes };
}

/** The state in an engine's newest snapshot that can be read; null: there is none. */
export async function newestState(bus: Bus, terms: Asset): Promise<EngineState | null> {
  const store = new SnapshotStore(bus);
  for (const stored of await store.list(terms.asset)) {
    if (!stored.isWhole) continue;
    try {
      return readState(terms, (await store.load(stored, terms)).engine.snapshot());
    } catch (err) {
      if (!(err instanceof CodecError)) throw err; // the next older one may be readable
    }
  }
  return null;
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
