/**
 * Decides when snapshots are taken, and has them stored. Taking one is a copy of memory between two batches; storing and
 * checking it goes on beside the matching, one at a time. If one can't be stored, that is logged and tried again later: the
 * engine goes on, and its next start takes longer.
 */

import type { Engine, EngineOptions } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import { CodecError, invariant } from "../shared/domain/errors.js";
import { LEASE_TIMES } from "../shared/leases/lease-times.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { Service } from "../shared/process/lifecycle.js";
import { KeptSnapshots } from "./kept-snapshots.js";
import { COMPARED_EVENTS_MIN } from "./snapshot-choice.js";
import type { SnapshotHeader, SnapshotStore, StreamPlaces, TakenSnapshot } from "./snapshot-store.js";

export interface SnapshotPolicy {
  /** A snapshot is due after so many commands of the asset. */
  readonly everyCommands: number;
  /** Or after this time, if the asset had a command. */
  readonly everyMs: number;
  /** How long a process that follows the engine may take over a due snapshot; then the engine's own process takes it. */
  readonly graceMs?: number;
  /** A replay of so many commands makes a snapshot due at once. */
  readonly replayMax?: number;
  /** Published events that a start compares with its own at least, if there are so many. */
  readonly comparedEventsMin?: number;
}

const RETRY_MS = 10_000;
const GRACE_MS = 10_000;
invariant(
  GRACE_MS > 2 * LEASE_TIMES.followedWithinMs,
  "GRACE_MS: the copy after one that died must have time for the snapshot",
);
const REPLAY_COMMANDS_MAX = 1_000;
/**
 * A snapshot is due after so many messages in COMMANDS of all assets, by the size of the book, if some were this one's: a start
 * has to read them all, and replays them with code that V8 has not compiled yet: some 0.05 ms a message, and twice that if each
 * holds ten commands. A snapshot of 10,000 orders takes 22 ms of CPU and 0.8 MB of disk; one of a larger book is taken less
 * often, until the replay would take half a second.
 */
const EVERY_MESSAGES_MIN = 2_500;
const EVERY_MESSAGES_MAX = 10_000;
const BYTES_A_MESSAGE = 400;
/** For fewer commands of the asset no snapshot is due, however many messages other assets had. */
const COMMANDS_MIN = 100;
/** After storing one, the rest is four times as long: storing takes a fifth of the time at most. */
const REST_FACTOR = 4;

export const SNAPSHOT_POLICY: SnapshotPolicy = { everyCommands: 50_000, everyMs: 60_000 };

interface LastSnapshot {
  readonly commandSequence: number;
  readonly commandsThrough: number;
  /** When it was taken, by this process's own clock; if there was none, when the engine started. */
  readonly sinceMs: number;
  /** The wall clock's time, for the metric; if there was none, when the engine started. */
  readonly takenAtMs: number;
}

/** A due snapshot that another process should take. */
interface AwaitedSnapshot {
  /** The snapshot before it. */
  readonly last: LastSnapshot;
  readonly dueSinceMs: number;
  /** Where the engine was when the snapshot became due. */
  readonly commandsThrough: number;
  isLookedFor: boolean;
  isMissing: boolean;
}

export class Snapshotter {
  readonly #service: Service;
  readonly #store: SnapshotStore;
  readonly #policy: SnapshotPolicy;
  readonly #last = new Map<string, LastSnapshot>();
  readonly #awaited = new Map<string, AwaitedSnapshot>();
  readonly #kept: KeptSnapshots;
  #storing: Promise<void> | null = null;
  #notBeforeMs = 0;
  readonly #sequence;
  readonly #bytes;
  readonly #seconds;
  readonly #outcomes;

  constructor(service: Service, bus: Bus, store: SnapshotStore, policy: SnapshotPolicy) {
    this.#service = service;
    this.#store = store;
    this.#policy = policy;
    this.#kept = new KeptSnapshots(service, bus, store, this);
    const { metrics } = service;
    this.#sequence = metrics.gauge("snapshot_command_sequence", "What the last snapshot stands for", ["asset"]);
    this.#bytes = metrics.gauge("snapshot_bytes", "Size of the last snapshot", ["asset"]);
    this.#seconds = metrics.gauge("snapshot_seconds", "Time to take, store and check the last snapshot", ["asset"]);
    this.#outcomes = metrics.counter("snapshots_total", "Snapshots by outcome", ["asset", "outcome"]);
    const age = metrics.gauge(
      "snapshot_age_seconds",
      "Time since the last snapshot was taken, or, where there is none, since the engine started",
      ["asset"],
    );
    metrics.onScrape(() => {
      age.reset(); // an asset that is another process's now is not shown any more
      for (const [asset, { takenAtMs }] of this.#last) age.set({ asset }, (nowEpochMs() - takenAtMs) / 1000);
    });
  }

  /** Published events that a start compares: one of the kept snapshots must leave them. */
  get comparedEventsMin(): number {
    return this.#policy.comparedEventsMin ?? COMPARED_EVENTS_MIN;
  }

  /** Notes the newest snapshot at the engine's start; null: there is none. */
  startsFrom(asset: string, newest: SnapshotHeader | null): void {
    const { commandSequence = 0, takenAtMs = nowEpochMs(), commandsThrough = 0 } = newest ?? {};
    this.#last.set(asset, { commandSequence, commandsThrough, sinceMs: performance.now(), takenAtMs });
    this.#sequence.set({ asset }, commandSequence);
  }

  /** Notes a replay. After a long one a snapshot is due at once, or the next start would take as long. */
  replayed(asset: string, commands: number): void {
    const last = this.#last.get(asset);
    if (last === undefined || commands < (this.#policy.replayMax ?? REPLAY_COMMANDS_MAX)) return;
    this.#last.set(asset, { ...last, sinceMs: Number.NEGATIVE_INFINITY });
  }

  /** Forgets an asset that this process neither runs nor follows any more. */
  forget(asset: string): void {
    this.#last.delete(asset);
    this.#awaited.delete(asset);
  }

  /**
   * Takes a snapshot if one is due. Must be called between two batches, when all events are published. If it is `others'`
   * task, it is taken only when no other process has done so for a while.
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
    const { everyCommands, everyMs } = this.#policy;
    const commands = engine.lastCommandSequence - last.commandSequence;
    const isOld = commands > 0 && startedMs - last.sinceMs >= everyMs;
    const messages = places.commandsThrough - last.commandsThrough;
    const isFar = commands >= COMMANDS_MIN && messages >= messagesWorth(engine.byteLength);
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

  /** Takes a snapshot at once, of an engine that another process will start; resolves once it is stored. */
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
      const tookMs = performance.now() - startedMs;
      this.#sequence.set({ asset }, commandSequence);
      this.#bytes.set({ asset }, bytes.length);
      this.#seconds.set({ asset }, tookMs / 1000);
      this.#outcomes.inc({ asset, outcome: "stored" });
      this.#notBeforeMs = performance.now() + REST_FACTOR * tookMs;
      log.debug({ asset, commandSequence, bytes: bytes.length, tookMs: Math.round(tookMs) }, "stored a snapshot");
      const { executionsThrough, eventSequence } = taken;
      await this.#kept.stored(asset, stored, { commandsThrough, executionsThrough, eventSequence }, options);
    } catch (err) {
      this.#outcomes.inc({ asset, outcome: "failed" });
      this.#notBeforeMs = performance.now() + RETRY_MS;
      if (!this.#service.stopping.aborted)
        log.warn({ err, asset, commandSequence, retryMs: RETRY_MS }, "a snapshot could not be stored; trying later");
    }
  }
}

/** How many messages take as long to replay as it costs to take a snapshot of a book of this size. */
function messagesWorth(bookBytes: number): number {
  return Math.min(EVERY_MESSAGES_MAX, Math.max(EVERY_MESSAGES_MIN, bookBytes / BYTES_A_MESSAGE));
}
