/**
 * The matching engines as a stage: COMMANDS → one pure engine for each asset → EXECUTIONS under the fence. An engine starts
 * from its newest snapshot, applies the commands after it, compares the events that it computes again with the published
 * ones, and goes on from there (hosted-engine.ts).
 */

import { type EngineOptions, RULES_VERSION } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { subjectOf } from "../shared/bus/subjects.js";
import type { AssetRegistry } from "../shared/domain/assets.js";
import { InvariantBroken, invariant, OtherRulesVersion } from "../shared/domain/errors.js";
import type { StreamSequence } from "../shared/domain/units.js";
import { type FollowedShare, fixedShare } from "../shared/leases/asset-share.js";
import type { Service } from "../shared/process/lifecycle.js";
import type { AssetInput } from "../shared/stage/asset-input.js";
import { judgingInput } from "../shared/stage/dead-letters.js";
import { FencedOutput } from "../shared/stage/fenced-output.js";
import { AssetHalted, haltingAsset, type Stage } from "../shared/stage/stage.js";
import { decodeCommandBatch } from "../shared/wire/pipeline-codec.js";
import { DEPTH_INTERVAL_MS, DepthOutput } from "./depth-output.js";
import { type EngineStart, EngineStarts, type StoredStateSource } from "./engine-start.js";
import { type EventsAre, HostedEngine, type Replayed } from "./hosted-engine.js";
import { PublishedOutput } from "./published-output.js";
import { SnapshotStore } from "./snapshot-store.js";
import { SNAPSHOT_POLICY, type SnapshotPolicy, Snapshotter } from "./snapshotter.js";
import { Standbys } from "./standbys.js";
import { StoredCommandsReplay, type StoredCommandsSource } from "./stored-commands-replay.js";
import { readRange } from "./subject-range.js";

export interface EnginesOptions {
  readonly share: FollowedShare;
  readonly snapshots: SnapshotPolicy;
  /** Whether it keeps copies of engines that run elsewhere and that this process is next in line for. */
  readonly standsBy: boolean;
  /** Reads commands that COMMANDS don't hold any more; null: they can't be read. */
  readonly storedCommands: StoredCommandsSource | null;
  /** Reads the state that stands for commands which were let go of; null: it can't be read. */
  readonly storedState: StoredStateSource | null;
  /** The rules version that this build applies; tests feign another. */
  readonly rulesVersion: number;
  /** Least time between two messages of an asset's depth. */
  readonly depthIntervalMs: number;
}

export class MatchingEngines implements Stage {
  readonly name = "matching-engine";
  readonly keepsAssetsApart = true;
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #registry: AssetRegistry;
  readonly #rulesVersion: number;
  readonly #share: FollowedShare;
  readonly #snapshotter: Snapshotter;
  readonly #standbys: Standbys | null;
  readonly #starts: EngineStarts;
  readonly #depth: DepthOutput;
  readonly #storedCommands: StoredCommandsSource | null;
  readonly #hosted = new Map<string, HostedEngine>();
  readonly #commands;
  readonly #replaySpeed;

  constructor(service: Service, bus: Bus, registry: AssetRegistry, options: Partial<EnginesOptions> = {}) {
    const { share = fixedShare([]), snapshots = SNAPSHOT_POLICY, standsBy = true, storedCommands = null } = options;
    this.#rulesVersion = options.rulesVersion ?? RULES_VERSION;
    this.#service = service;
    this.#bus = bus;
    this.#registry = registry;
    this.#storedCommands = storedCommands;
    this.#share = share;
    const store = new SnapshotStore(bus);
    const snapshotter = new Snapshotter(service, bus, store, snapshots);
    this.#snapshotter = snapshotter;
    this.#standbys = standsBy
      ? new Standbys(service, bus, (asset) => this.#optionsOf(asset), { store, snapshotter, share })
      : null;
    this.#depth = new DepthOutput(service, bus, options.depthIntervalMs ?? DEPTH_INTERVAL_MS);
    this.#starts = new EngineStarts(service, bus, {
      store,
      snapshotter,
      standbys: this.#standbys,
      storedState: options.storedState ?? null,
    });
    const { metrics } = service;
    this.#commands = metrics.counter("commands_total", "Commands applied, replayed ones included", ["asset"]);
    const openOrders = metrics.gauge("open_orders", "Orders in the book, stops included", ["asset"]);
    metrics.onScrape(() => {
      openOrders.reset();
      for (const [asset, { engine }] of this.#hosted) openOrders.set({ asset }, engine.openOrderCount);
    });
    this.#replaySpeed = metrics.gauge("replay_commands_per_second", "Speed of the last replay", ["asset"]);
    service.readiness("replay", () => this.#whyNotReady());
  }

  async recover(asset: string): Promise<{ afterSequence: StreamSequence }> {
    const startedMs = performance.now();
    await this.#abandon(asset);
    const output = new FencedOutput(this.#bus, this.#service, this.name, asset);
    const last = await output.open();
    const start = await this.#starts.find(asset, this.#optionsOf(asset), last);
    const { engine, commandsThrough, firstCommands } = start;
    const published = last === null ? null : this.#publishedAfter(asset, start.executionsThrough, last);
    const events = eventsAtStart(start, { published, last, startedMs });
    const beginning = { engine, output, commandsThrough, events, publishedCommand: published?.throughCommand ?? 0 };
    const hosted = new HostedEngine(asset, beginning, (replayed) => this.#noteReplayed(asset, replayed));
    if (firstCommands.length > 0) {
      const why = `COMMANDS begin with command ${firstCommands[0]?.commandSequence}: bring back a snapshot`;
      if (this.#storedCommands === null) throw new AssetHalted(asset, why);
      const missing = { asset, after: engine.lastCommandSequence, firstCommands };
      const replay = new StoredCommandsReplay(this.#storedCommands, missing, this.#service.log);
      hosted.rebuild(replay, (commands) => this.#commands.inc({ asset }, commands));
    }
    this.#hosted.set(asset, hosted);
    const why = this.#whyNotDeciding(asset);
    if (why !== null) this.#service.log.warn({ asset, why }, "waiting to be told the rules of this build");
    return { afterSequence: commandsThrough };
  }

  #publishedAfter(asset: string, after: StreamSequence, last: InputMessage): PublishedOutput {
    const subject = subjectOf("EXECUTIONS", asset);
    const range = { stream: "EXECUTIONS", subject, after, through: last.streamSequence } as const;
    return haltingAsset(asset, () => new PublishedOutput(readRange(this.#bus, range), last));
  }

  async #abandon(asset: string): Promise<void> {
    const hosted = this.#hosted.get(asset);
    this.#hosted.delete(asset);
    this.#depth.forget(asset);
    await hosted?.close();
  }

  accepts(asset: string): boolean {
    return this.#hosted.get(asset)?.readsCommands ?? true;
  }

  async handle(inputs: readonly AssetInput[]): Promise<void> {
    await Promise.all(inputs.map((input) => this.#handle(input)));
  }

  async #handle({ asset, messages }: AssetInput): Promise<void> {
    const hosted = this.#engine(asset);
    const before = hosted.engine.lastCommandSequence;
    const isForOthers = judgingInput(asset, () => applyOwn(hosted, messages));
    this.#commands.inc({ asset }, hosted.engine.lastCommandSequence - before);
    await hosted.publish();
    hosted.settle();
    if (hosted.isSettled) this.#depth.settled(asset, hosted);
    if (isForOthers !== null) await this.#leaveToOthers(asset, isForOthers);
  }

  /** Halts the asset after a snapshot, from which a build of the other version can go on. All events before are published. */
  async #leaveToOthers(asset: string, why: OtherRulesVersion): Promise<never> {
    await this.prepareRelease(asset);
    throw new AssetHalted(asset, why);
  }

  async tick(): Promise<void> {
    const doubt = this.#share.takeDoubt();
    if (doubt !== null) throw new AssetHalted(doubt.asset, doubt.why);
    this.#standbys?.tick();
    for (const { failure } of this.#hosted.values()) if (failure !== null) throw failure;
    for (const [asset, hosted] of this.#hosted)
      if (hosted.isSettled && !this.#depth.has(asset)) this.#depth.settled(asset, hosted);
    // Snapshots are taken one at a time; first of the engine that would take the longest to start again.
    const unsaved = (asset: string, { engine }: HostedEngine) => this.#snapshotter.unsavedCommands(asset, engine);
    const inTurn = [...this.#hosted].filter(([, { mayBeSnapshot }]) => mayBeSnapshot);
    for (const [asset, { engine, places }] of inTurn.sort((a, b) => unsaved(...b) - unsaved(...a))) {
      const task = this.#share.isFollowed(asset) ? "others'" : "own";
      this.#snapshotter.consider(asset, engine, this.#optionsOf(asset), places, task);
    }
  }

  /** Takes a snapshot, so that the next process has few commands to apply. */
  async prepareRelease(asset: string): Promise<void> {
    const hosted = this.#hosted.get(asset);
    if (hosted?.mayBeSnapshot)
      await this.#snapshotter.takeLast(asset, hosted.engine, this.#optionsOf(asset), hosted.places);
  }

  async release(asset: string): Promise<void> {
    await this.#abandon(asset);
    this.#snapshotter.forget(asset);
  }

  #noteReplayed(asset: string, { fromCommand, commands, tookMs }: Replayed): void {
    this.#snapshotter.replayed(asset, commands);
    this.#replaySpeed.set({ asset }, (commands / tookMs) * 1000);
    this.#service.log.info({ asset, fromCommand, commands, tookMs: Math.round(tookMs) }, "the engine is back");
  }

  #engine(asset: string): HostedEngine {
    const hosted = this.#hosted.get(asset);
    if (hosted === undefined) throw new InvariantBroken(`${asset} was not recovered before its input was handled`);
    return hosted;
  }

  /** The options of the asset's engine; its rules come with its commands. */
  #optionsOf(asset: string): EngineOptions {
    const terms = this.#registry.assets.get(asset);
    invariant(terms !== undefined, `${asset} is not among the assets`);
    return { quoteUnitsPerTickLot: terms.quoteUnitsPerTickLot, rulesVersion: this.#rulesVersion };
  }

  /** Why the asset's engine decides nothing; null: it does, or is not here. */
  #whyNotDeciding(asset: string): string | null {
    const inForce = this.#hosted.get(asset)?.engine.rules.version ?? this.#rulesVersion;
    if (inForce === this.#rulesVersion) return null;
    return `${asset} is to be decided by rules version ${inForce}, and this build applies version ${this.#rulesVersion}`;
  }

  #whyNotReady(): string | null {
    const reasons = [...this.#hosted].flatMap(
      ([asset, hosted]) => hosted.whyNotReady ?? this.#whyNotDeciding(asset) ?? [],
    );
    return reasons.length === 0 ? null : reasons.join(", ");
  }
}

/** Applies the commands that this build may decide; returns why it may not decide the next one, null: it decided all. */
function applyOwn(hosted: HostedEngine, messages: readonly InputMessage[]): OtherRulesVersion | null {
  try {
    for (const { data, streamSequence } of messages) hosted.apply(decodeCommandBatch(data), streamSequence);
    return null;
  } catch (err) {
    if (err instanceof OtherRulesVersion) return err;
    throw err;
  }
}

interface Published {
  readonly published: PublishedOutput | null;
  readonly last: InputMessage | null;
  readonly startedMs: number;
}

function eventsAtStart({ engine, trimmed, executionsThrough }: EngineStart, from: Published): EventsAre {
  const { published, last, startedMs } = from;
  const isUpToDate = published === null || last?.streamSequence === executionsThrough;
  const next = isUpToDate
    ? ({ kind: "published" } as const)
    : ({ kind: "compared", published, fromCommand: engine.lastCommandSequence, startedMs } as const);
  return trimmed === null ? next : { kind: "dropped", trimmed, next };
}
