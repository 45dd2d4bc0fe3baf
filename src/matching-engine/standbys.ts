/**
 * The copies of engines that run in other processes and that this one is next in line for (shared/leases). It takes their
 * snapshots meanwhile. If a copy gives other events than were published, nobody can say which of the two is right: both
 * processes raise the alarm, and the asset halts where it runs.
 */
import { setImmediate } from "node:timers/promises";
import { createEngine, type EngineOptions } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { CodecError, InvariantBroken, OtherRulesVersion } from "../shared/domain/errors.js";
import type { FollowedShare } from "../shared/leases/asset-share.js";
import { nowUs } from "../shared/process/clock.js";
import type { Service } from "../shared/process/lifecycle.js";
import { chooseSnapshot } from "./snapshot-choice.js";
import { AT_START, type SnapshotStore, type StreamPlaces } from "./snapshot-store.js";
import type { Snapshotter } from "./snapshotter.js";
import { Standby } from "./standby.js";

/** The longest time that following takes between two ticks, however far behind the copies are. */
const TICK_WORK_MS = 100;
const RETRY_MS = 5_000;

export class Standbys {
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #optionsOf: (asset: string) => EngineOptions;
  readonly #store: SnapshotStore;
  readonly #snapshotter: Snapshotter;
  readonly #share: FollowedShare;
  readonly #standbys = new Map<string, Standby>();
  readonly #differing = new Map<string, string>();
  readonly #notBeforeMs = new Map<string, number>();
  readonly #commandSequence;
  readonly #isDiffering;
  #isWorking = false;

  constructor(
    service: Service,
    bus: Bus,
    optionsOf: (asset: string) => EngineOptions,
    { store, snapshotter, share }: { store: SnapshotStore; snapshotter: Snapshotter; share: FollowedShare },
  ) {
    this.#service = service;
    this.#bus = bus;
    this.#optionsOf = optionsOf;
    this.#store = store;
    this.#snapshotter = snapshotter;
    this.#share = share;
    const { metrics } = service;
    this.#commandSequence = metrics.gauge("standby_command_sequence", "How far a followed engine has come", ["asset"]);
    this.#isDiffering = metrics.gauge("standby_differing", "1: it came to something else than was published", [
      "asset",
    ]);
    const lag = metrics.gauge(
      "standby_lag_seconds",
      "Age of the oldest event that the copy has not applied; 0: none waits",
      ["asset"],
    );
    metrics.onScrape(() => {
      lag.reset();
      for (const [asset, { behindSinceUs }] of this.#standbys)
        lag.set({ asset }, behindSinceUs === null ? 0 : Math.max(0, nowUs() - behindSinceUs) / 1e6);
    });
    const whyDiffering = () => (this.#differing.size === 0 ? null : [...this.#differing.values()].join("; "));
    service.readiness("standby", whyDiffering, "somebody");
  }

  /** Follows on, in the background. Call it now and then. */
  tick(): void {
    const followed = this.#share.followed();
    if (this.#isWorking || (followed.size === 0 && this.#standbys.size === 0)) return;
    this.#isWorking = true;
    const work = this.#work(followed).finally(() => {
      this.#isWorking = false;
    });
    this.#service.background("standbys", work);
  }

  /** Takes the copy out, for the caller to use; null: there is no good one. */
  async take(asset: string): Promise<Standby | null> {
    const standby = this.#standbys.get(asset);
    this.#standbys.delete(asset);
    this.#commandSequence.remove({ asset });
    await standby?.close(); // the last step may fail only now
    return standby === undefined || standby.hasFailed || this.#differing.has(asset) ? null : standby;
  }

  async #work(followed: ReadonlySet<string>): Promise<void> {
    for (const asset of this.#standbys.keys())
      if (!followed.has(asset) && !this.#share.assets().has(asset)) await this.#drop(asset); // an asset of this process is about to be taken
    const untilMs = performance.now() + TICK_WORK_MS;
    const isOurs = (asset: string) => !this.#service.stopping.aborted && this.#share.followed().has(asset);
    for (const asset of followed) if (isOurs(asset)) await this.#guarded(asset, () => this.#begin(asset));
    const behind = new Set(this.#standbys.keys());
    while (behind.size > 0 && performance.now() < untilMs)
      for (const asset of behind) {
        await setImmediate(); // lets the process's own assets go first
        const isBehind = isOurs(asset) && (await this.#guarded(asset, () => this.#advance(asset)));
        if (!isBehind) behind.delete(asset);
      }
  }

  async #begin(asset: string): Promise<boolean> {
    if (this.#standbys.has(asset) || this.#differing.has(asset)) return false;
    if (performance.now() < (this.#notBeforeMs.get(asset) ?? 0)) return false;
    this.#notBeforeMs.set(asset, performance.now() + RETRY_MS);
    const options = this.#optionsOf(asset);
    const lastOutput = await this.#bus.lastMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset));
    const { comparedEventsMin } = this.#snapshotter;
    const search = { asset, options, lastOutput, comparedEventsMin };
    const { restored, newest } = await chooseSnapshot(this.#service, this.#bus, this.#store, search);
    if (!this.#share.followed().has(asset)) return false; // the asset may be this process's own by now
    this.#snapshotter.startsFrom(asset, newest);
    const places: StreamPlaces = restored ?? AT_START;
    this.#standbys.set(asset, new Standby(this.#bus, asset, restored?.engine ?? createEngine(options), places));
    this.#service.log.info({ asset, fromCommand: restored?.engine.lastCommandSequence ?? 0 }, "following an engine");
    return true;
  }

  /** Takes one step, or a snapshot if the copy is up to date and one is due. True: there may be more steps. */
  async #advance(asset: string): Promise<boolean> {
    const standby = this.#standbys.get(asset);
    if (standby === undefined) return false;
    const isBehind = await standby.advance();
    const { engine, places } = standby;
    this.#commandSequence.set({ asset }, engine.lastCommandSequence);
    if (!isBehind && this.#standbys.get(asset) === standby)
      this.#snapshotter.consider(asset, engine, this.#optionsOf(asset), places);
    return isBehind;
  }

  /** Runs work for one copy. A failure concerns that copy only: it begins again, or is in doubt. */
  async #guarded(asset: string, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (err) {
      if (this.#service.stopping.aborted) return false;
      await this.#drop(asset);
      if (err instanceof OtherRulesVersion) this.#isForOthers(asset, err);
      else if (err instanceof InvariantBroken || err instanceof CodecError) this.#differs(asset, err);
      else this.#service.log.warn({ err, asset, retryMs: RETRY_MS }, "an engine can't be followed; beginning again");
      return false;
    }
  }

  #differs(asset: string, err: Error): void {
    this.#differing.set(asset, `${asset} is not followed any more: ${err.message}`);
    this.#isDiffering.set({ asset }, 1);
    this.#service.log.fatal({ err, asset }, "a followed engine differs; its asset is to halt");
    this.#share.doubt(asset, err.message);
  }

  /** The asset is run by another build, which this one can't follow: no doubt is raised. */
  #isForOthers(asset: string, err: OtherRulesVersion): void {
    this.#differing.set(asset, `${asset} can't be followed: ${err.message}`);
    this.#service.log.error({ err, asset }, "an engine of another build can't be followed");
  }

  async #drop(asset: string): Promise<void> {
    await this.take(asset);
    this.#snapshotter.forget(asset);
  }
}
