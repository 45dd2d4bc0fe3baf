/**
 * When snapshots are taken, and which are kept. Taking one is a copy of memory between two batches; storing and
 * checking it goes on beside the matching, one at a time. One that can't be stored is said and tried again later: the
 * engine goes on, its next start takes longer.
 */

import type { Engine, EngineOptions } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import { putReplayHorizon } from "../shared/bus/replay-horizon.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { CodecError } from "../shared/domain/errors.js";
import { streamSequence } from "../shared/domain/units.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { Service } from "../shared/process/lifecycle.js";
import { COMPARED_EVENTS_MIN } from "./snapshot-choice.js";
import { type StoredPlace, toKeep } from "./snapshot-retention.js";
import type { SnapshotHeader, SnapshotStore, StoredSnapshot, StreamPlaces, TakenSnapshot } from "./snapshot-store.js";

export interface SnapshotPolicy {
  /** A snapshot is due after so many commands, */
  readonly everyCommands: number;
  /** or after this time, when there was a command at all. */
  readonly everyMs: number;
  /** or after so many messages in COMMANDS, of all assets, if some were this one's: to read them takes longer than to apply. */
  readonly everyMessages?: number;
  /** Somebody who follows the engine is to take it; if he has not so long after it is due, the engine's own process does. */
  readonly graceMs?: number;
  /** After a replay of more commands a snapshot is due, whenever the last one was taken. */
  readonly replayMax?: number;
  /** Published events that a start compares with its own at least, where there are so many. */
  readonly comparedEventsMin?: number;
}

const RETRY_MS = 10_000;
const GRACE_MS = 10_000;
const REPLAY_COMMANDS_MAX = 1_000;
/**
 * A restart replays what all assets have had since their snapshots, with code that V8 has not compiled yet: some 0.05 ms
 * a message, and as much again where they hold ten commands each. A snapshot of 10,000 orders takes 22 ms of CPU and
 * 0.8 MB of disk; of a larger book it is taken as much less often, until the replay would take half a second.
 */
const EVERY_MESSAGES_MIN = 2_500;
const EVERY_MESSAGES_MAX = 10_000;
const BYTES_A_MESSAGE = 400;
/** Of one asset: for fewer no snapshot is due, however many messages the others had. */
const COMMANDS_MIN = 100;
/** Storing may take a fifth of the time at most, however large the book and frequent the commands. */
const REST_FACTOR = 4;

export const SNAPSHOT_POLICY: SnapshotPolicy = { everyCommands: 50_000, everyMs: 60_000 };

interface LastSnapshot {
  readonly commandSequence: number;
  readonly commandsThrough: number;
  /** On this process's own clock; where there was none, the start. */
  readonly sinceMs: number;
  /** For people; null: there was none. */
  readonly takenAtMs: number | null;
}

/** A snapshot that another process is to take. */
interface AwaitedSnapshot {
  /** The one before it. */
  readonly last: LastSnapshot;
  readonly dueSinceMs: number;
  /** Where the engine was then: the snapshot can't stand for much less. */
  readonly commandsThrough: number;
  isLookedFor: boolean;
  isMissing: boolean;
}

export class Snapshotter {
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #store: SnapshotStore;
  readonly #policy: SnapshotPolicy;
  readonly #last = new Map<string, LastSnapshot>();
  readonly #awaited = new Map<string, AwaitedSnapshot>();
  /** Of the snapshots that are known to be good, by subject. */
  readonly #places = new Map<string, StreamPlaces & { readonly eventSequence: number }>();
  #storing: Promise<void> | null = null;
  #notBeforeMs = 0;
  readonly #sequence;
  readonly #bytes;
  readonly #seconds;
  readonly #outcomes;

  constructor(service: Service, bus: Bus, store: SnapshotStore, policy: SnapshotPolicy) {
    this.#service = service;
    this.#bus = bus;
    this.#store = store;
    this.#policy = policy;
    const { metrics } = service;
    this.#sequence = metrics.gauge("snapshot_command_sequence", "What the last snapshot stands for", ["asset"]);
    this.#bytes = metrics.gauge("snapshot_bytes", "Size of the last snapshot", ["asset"]);
    this.#seconds = metrics.gauge("snapshot_seconds", "Time to take, store and check the last snapshot", ["asset"]);
    this.#outcomes = metrics.counter("snapshots_total", "Snapshots by outcome", ["asset", "outcome"]);
    const age = metrics.gauge("snapshot_age_seconds", "Time since the last snapshot was taken", ["asset"]);
    Object.assign(age, {
      collect: () => {
        for (const [asset, { takenAtMs }] of this.#last)
          if (takenAtMs !== null) age.set({ asset }, (nowEpochMs() - takenAtMs) / 1000);
      },
    });
  }

  /** Published events that a start compares: what is kept has to leave them. */
  get comparedEventsMin(): number {
    return this.#policy.comparedEventsMin ?? COMPARED_EVENTS_MIN;
  }

  /** The engine starts where this is the newest snapshot, or where there is none. */
  startsFrom(asset: string, newest: SnapshotHeader | null): void {
    const { commandSequence = 0, takenAtMs = null, commandsThrough = 0 } = newest ?? {};
    this.#last.set(asset, { commandSequence, commandsThrough, sinceMs: performance.now(), takenAtMs });
    this.#sequence.set({ asset }, commandSequence);
  }

  /** So much had to be applied again: where that was much, a snapshot is due, or the next start would take as long. */
  replayed(asset: string, commands: number): void {
    const last = this.#last.get(asset);
    if (last === undefined || commands < (this.#policy.replayMax ?? REPLAY_COMMANDS_MAX)) return;
    this.#last.set(asset, { ...last, sinceMs: Number.NEGATIVE_INFINITY });
  }

  /** The asset is no concern of this process any more. */
  forget(asset: string): void {
    this.#last.delete(asset);
    this.#awaited.delete(asset);
  }

  /**
   * Takes a snapshot if one is due. To be called between two batches, when all events are published. If it is `others'`
   * task, only when nobody has done it for a while.
   */
  consider(
    asset: string,
    engine: Engine,
    options: EngineOptions,
    places: StreamPlaces,
    task: "own" | "others'" = "own",
  ): void {
    const last = this.#last.get(asset);
    const startedMs = performance.now();
    if (last === undefined || this.#storing !== null || startedMs < this.#notBeforeMs) return;
    const { everyCommands, everyMs, everyMessages = messagesWorth(engine.byteLength) } = this.#policy;
    const commands = engine.lastCommandSequence - last.commandSequence;
    const isOld = commands > 0 && startedMs - last.sinceMs >= everyMs;
    const isFar = commands >= COMMANDS_MIN && places.commandsThrough - last.commandsThrough >= everyMessages;
    if (commands < everyCommands && !isOld && !isFar) return;
    if (task === "others'" && !this.#isMissing(asset, last, places.commandsThrough)) return;
    void this.#take(asset, engine, options, places);
  }

  /** Commands that a start from the last snapshot would apply again. */
  unsavedCommands(asset: string, engine: Engine): number {
    return engine.lastCommandSequence - (this.#last.get(asset)?.commandSequence ?? 0);
  }

  #isMissing(asset: string, last: LastSnapshot, commandsThrough: number): boolean {
    const nowMs = performance.now();
    const before = this.#awaited.get(asset);
    const awaited =
      before?.last === last
        ? before
        : { last, dueSinceMs: nowMs, commandsThrough, isLookedFor: false, isMissing: false };
    this.#awaited.set(asset, awaited);
    if (nowMs - awaited.dueSinceMs >= (this.#policy.graceMs ?? GRACE_MS) && !awaited.isLookedFor)
      this.#service.background("look for a snapshot", this.#lookFor(asset, awaited));
    return awaited.isMissing;
  }

  async #lookFor(asset: string, awaited: AwaitedSnapshot): Promise<void> {
    awaited.isLookedFor = true;
    try {
      const newest = (await this.#store.list(asset)).find(({ isWhole }) => isWhole);
      const { last, commandsThrough } = awaited;
      if (newest === undefined || newest.commandSequence <= last.commandSequence) awaited.isMissing = true;
      else if (this.#last.get(asset) === last) {
        const { commandSequence } = newest;
        const takenAtMs = nowEpochMs();
        this.#last.set(asset, { commandSequence, commandsThrough, sinceMs: performance.now(), takenAtMs });
        this.#sequence.set({ asset }, commandSequence);
      }
    } catch (err) {
      this.#service.log.warn({ err, asset }, "it can't be seen whether there is a snapshot");
      awaited.isLookedFor = false;
    }
  }

  /** For an engine that is about to be another process's: at once, and stored after what is being stored. */
  async takeLast(asset: string, engine: Engine, options: EngineOptions, places: StreamPlaces): Promise<void> {
    if (this.#last.get(asset)?.commandSequence === engine.lastCommandSequence) return;
    await this.#take(asset, engine, options, places);
  }

  #take(asset: string, engine: Engine, options: EngineOptions, places: StreamPlaces): Promise<void> {
    const { lastCommandSequence: commandSequence } = engine;
    const { lastEventSequence: eventSequence } = engine;
    const { version: rulesVersion } = engine.rules;
    const bytes = engine.snapshot();
    const taken = { asset, commandSequence, takenAtMs: nowEpochMs(), rulesVersion, bytes, ...places };
    const startedMs = performance.now();
    const stored = Promise.resolve(this.#storing)
      .then(() => this.#storeAndCheck({ ...taken, eventSequence }, options, startedMs))
      .finally(() => {
        if (this.#storing === stored) this.#storing = null;
      });
    this.#storing = stored;
    this.#service.background("snapshot", stored);
    return stored;
  }

  async #storeAndCheck(
    taken: TakenSnapshot & { readonly eventSequence: number },
    options: EngineOptions,
    startedMs: number,
  ): Promise<void> {
    const { asset, commandSequence, takenAtMs, bytes } = taken;
    const { log } = this.#service;
    try {
      const stored = await this.#store.store(taken);
      await this.#store.load(stored, options).catch(async (err: unknown) => {
        if (err instanceof CodecError) await this.#store.remove(stored);
        throw err;
      });
      const { commandsThrough } = taken;
      if (this.#last.has(asset))
        this.#last.set(asset, { commandSequence, commandsThrough, takenAtMs, sinceMs: startedMs });
      this.#places.set(stored.subject, taken);
      const tookMs = performance.now() - startedMs;
      this.#sequence.set({ asset }, commandSequence);
      this.#bytes.set({ asset }, bytes.length);
      this.#seconds.set({ asset }, tookMs / 1000);
      this.#outcomes.inc({ asset, outcome: "stored" });
      this.#notBeforeMs = performance.now() + REST_FACTOR * tookMs;
      log.debug({ asset, commandSequence, bytes: bytes.length, tookMs: Math.round(tookMs) }, "stored a snapshot");
    } catch (err) {
      this.#outcomes.inc({ asset, outcome: "failed" });
      this.#notBeforeMs = performance.now() + RETRY_MS;
      if (!this.#service.stopping.aborted)
        log.warn({ err, asset, commandSequence, retryMs: RETRY_MS }, "a snapshot could not be stored; trying later");
      return;
    }
    await this.#tidy(asset, commandSequence, options);
  }

  async #tidy(asset: string, commandSequence: number, options: EngineOptions): Promise<void> {
    try {
      const kept = await this.#removeOlder(asset, commandSequence, options);
      await this.#sayHorizon(asset, kept);
    } catch (err) {
      if (!this.#service.stopping.aborted)
        this.#service.log.warn(
          { err, asset, commandSequence },
          "a snapshot is stored, but older ones stay, or nothing more is trimmed, until the next one",
        );
    }
  }

  /** Only once a newer one is known to be good. Returns what is there now. */
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
    const kept = toKeep(upToHere, this.comparedEventsMin);
    for (const each of upToHere)
      if (!kept.includes(each)) {
        await this.#store.remove(each.stored);
        this.#places.delete(each.stored.subject);
      }
    return [...newer, ...kept];
  }

  /** Null: it can't be loaded. */
  async #placeOf(asset: string, stored: StoredSnapshot, options: EngineOptions) {
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

  /** Says what may be trimmed, which is gone for every kept snapshot: so only when each of them can be loaded. */
  async #sayHorizon(asset: string, kept: readonly StoredPlace[]): Promise<void> {
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

/** So many messages take as long to replay as it costs to save that. */
function messagesWorth(bookBytes: number): number {
  return Math.min(EVERY_MESSAGES_MAX, Math.max(EVERY_MESSAGES_MIN, bookBytes / BYTES_A_MESSAGE));
}
