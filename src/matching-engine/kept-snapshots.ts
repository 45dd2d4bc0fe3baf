/**
 * The stored snapshots of each asset: removes those that are needed no more (snapshot-retention.ts), and puts the replay
 * horizon, by which the streams are trimmed, to where every kept snapshot can be loaded and goes on from.
 */
import type { EngineOptions } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import { putReplayHorizon } from "../shared/bus/replay-horizon.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { CodecError } from "../shared/domain/errors.js";
import { streamSequence } from "../shared/domain/units.js";
import type { Service } from "../shared/process/lifecycle.js";
import { type StoredPlace, toKeep } from "./snapshot-retention.js";
import type { SnapshotStore, StoredSnapshot, StreamPlaces } from "./snapshot-store.js";

type SnapshotPlace = StreamPlaces & { readonly eventSequence: number };

export class KeptSnapshots {
  readonly #service: Pick<Service, "log" | "stopping">;
  readonly #bus: Bus;
  readonly #store: SnapshotStore;
  readonly #comparedEventsMin: number;
  /** The places of snapshots that are known to be good, by subject. */
  readonly #places = new Map<string, SnapshotPlace>();

  /** `comparedEventsMin`: so many published events a start compares, and one of the snapshots must leave them. */
  constructor(
    service: Pick<Service, "log" | "stopping">,
    bus: Bus,
    store: SnapshotStore,
    { comparedEventsMin }: { readonly comparedEventsMin: number },
  ) {
    this.#service = service;
    this.#bus = bus;
    this.#store = store;
    this.#comparedEventsMin = comparedEventsMin;
  }

  /** Notes that the snapshot of this command is stored and good, and tidies up those before. Never rejects. */
  async stored(asset: string, stored: StoredSnapshot, place: SnapshotPlace, options: EngineOptions): Promise<void> {
    const { commandSequence } = stored;
    this.#places.set(stored.subject, place);
    try {
      await this.#putHorizon(asset, await this.#removeOlder(asset, commandSequence, options));
    } catch (err) {
      if (!this.#service.stopping.aborted)
        this.#service.log.warn(
          { err, asset, commandSequence },
          "a snapshot is stored, but older ones stay, or nothing more is trimmed, until the next one",
        );
    }
  }

  /** Removes older snapshots than that of the given command, which is good. Returns all that are there now. */
  async #removeOlder(asset: string, commandSequence: number, options: EngineOptions): Promise<readonly StoredPlace[]> {
    const places: StoredPlace[] = [];
    const listed = await this.#store.list(asset);
    const isGone = (subject: string) => !listed.some((stored) => stored.subject === subject);
    for (const subject of this.#places.keys())
      if (subject.startsWith(`${subjectOf("SNAPSHOTS", asset)}.`) && isGone(subject)) this.#places.delete(subject);
    for (const stored of listed)
      places.push({ stored, place: stored.isWhole ? await this.#placeOf(asset, stored, options) : null });
    const newer = places.filter(({ stored }) => stored.commandSequence > commandSequence);
    const upToHere = places.filter((each) => !newer.includes(each));
    const kept = toKeep(upToHere, this.#comparedEventsMin);
    for (const each of upToHere)
      if (!kept.includes(each)) {
        await this.#store.remove(each.stored);
        this.#places.delete(each.stored.subject);
      }
    return [...newer, ...kept];
  }

  /** Null: the snapshot can't be loaded. */
  async #placeOf(asset: string, stored: StoredSnapshot, options: EngineOptions): Promise<SnapshotPlace | null> {
    const known = this.#places.get(stored.subject);
    if (known !== undefined) return known;
    try {
      const { engine, commandsThrough, executionsThrough } = await this.#store.load(stored, options);
      const place = { commandsThrough, executionsThrough, eventSequence: engine.lastEventSequence };
      this.#places.set(stored.subject, place);
      return place;
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      this.#service.log.warn({ err, asset, snapshot: stored.subject }, "a snapshot can't be loaded");
      return null;
    }
  }

  /** Puts the horizon to the earliest kept snapshot, but only if each of them can be loaded: trimmed messages are gone. */
  async #putHorizon(asset: string, kept: readonly StoredPlace[]): Promise<void> {
    const places = kept.flatMap(({ place }) => place ?? []);
    if (places.length < kept.length) {
      this.#service.log.warn({ asset }, "nothing is trimmed while there is a snapshot that can't be loaded");
      return;
    }
    await putReplayHorizon(this.#bus, asset, {
      commandsThrough: streamSequence(Math.min(...places.map(({ commandsThrough }) => commandsThrough))),
      executionsThrough: streamSequence(Math.min(...places.map(({ executionsThrough }) => executionsThrough))),
    });
  }
}
