/**
 * The engines as a stage: COMMANDS → one pure engine an asset → EXECUTIONS under the fence. An engine's state is its
 * commands: it starts from its newest snapshot, applies those that came after, compares what it recomputes with what is
 * published, and goes on from there.
 */
import type { AssetInput } from "../shared/asset-input.js";
import type { Asset, AssetRegistry } from "../shared/assets.js";
import type { Bus } from "../shared/bus.js";
import { readRange } from "../shared/bus-range.js";
import type { InputMessage } from "../shared/bus-reader.js";
import { judgingInput } from "../shared/dead-letters.js";
import { CodecError, InvariantBroken, invariant } from "../shared/errors.js";
import { piecesOf } from "../shared/execution-rows.js";
import type { ExecutionRows } from "../shared/execution-writer.js";
import { FencedOutput } from "../shared/fenced-output.js";
import { type FollowedShare, fixedShare } from "../shared/leases.js";
import type { Service } from "../shared/lifecycle.js";
import { decodeCommandBatch, encodeExecutionBatch } from "../shared/pipeline-codec.js";
import { AssetHalted, haltingAsset, type Stage } from "../shared/stage.js";
import { subjectOf } from "../shared/subjects.js";
import { type StreamSequence, streamSequence } from "../shared/units.js";
import { createEngine, type Engine } from "./core/engine.js";
import { PublishedOutput } from "./published-output.js";
import { newestUsable, objectionTo } from "./snapshot-choice.js";
import { AT_START, SnapshotStore, type StreamPlaces } from "./snapshot-store.js";
import { SNAPSHOT_POLICY, type SnapshotPolicy, Snapshotter } from "./snapshotter.js";
import { Standbys } from "./standbys.js";

/** Rows in one message; a command with more spans several. With the envelope below 256 KiB. */
const ROWS_BYTES_MAX = 255 * 1024;

interface HostedEngine {
  readonly terms: Asset;
  readonly engine: Engine;
  readonly output: FencedOutput;
  /** The last message of COMMANDS that the engine has applied. */
  commandsThrough: StreamSequence;
  /** The last command all of whose events are published. */
  publishedCommand: number;
  /** Until the replay has come past it. */
  replay: Replay | null;
  /** Something that it has done may not be published. */
  isInDoubt: boolean;
}

interface Replay {
  readonly published: PublishedOutput;
  readonly fromCommand: number;
  readonly startedMs: number;
}

interface StartedEngine extends StreamPlaces {
  readonly engine: Engine;
}

export interface EnginesOptions {
  readonly share: FollowedShare;
  readonly snapshots: SnapshotPolicy;
  /** Follows what others run and this process is next in line for. */
  readonly standsBy: boolean;
}

export class MatchingEngines implements Stage {
  readonly name = "matching-engine";
  readonly input = "COMMANDS";
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #registry: AssetRegistry;
  readonly #store: SnapshotStore;
  readonly #share: FollowedShare;
  readonly #snapshotter: Snapshotter;
  readonly #standbys: Standbys | null;
  readonly #engines = new Map<string, HostedEngine>();
  readonly #commands;
  readonly #replaySpeed;

  constructor(service: Service, bus: Bus, registry: AssetRegistry, options: Partial<EnginesOptions> = {}) {
    const { share = fixedShare([]), snapshots = SNAPSHOT_POLICY, standsBy = true } = options;
    this.#service = service;
    this.#bus = bus;
    this.#registry = registry;
    this.#store = new SnapshotStore(bus);
    this.#share = share;
    this.#snapshotter = new Snapshotter(service, bus, this.#store, snapshots);
    const [store, snapshotter] = [this.#store, this.#snapshotter];
    this.#standbys = standsBy ? new Standbys(service, bus, registry, { store, snapshotter, share }) : null;
    const { metrics } = service;
    this.#commands = metrics.counter("commands_total", "Commands applied, replayed ones included", ["asset"]);
    this.#replaySpeed = metrics.gauge("replay_commands_per_second", "Speed of the last replay", ["asset"]);
    service.readiness("replay", () => this.#whyNotReady());
  }

  async recover(asset: string): Promise<{ afterSequence: StreamSequence }> {
    const startedMs = performance.now();
    const terms = this.#registry.assets.get(asset);
    invariant(terms !== undefined, `${asset} is not among the assets`);
    await this.#engines.get(asset)?.replay?.published.close();
    const output = new FencedOutput(this.#bus, this.#service.log, this.#service.stopping, "EXECUTIONS", asset);
    const last = await output.open();
    const { engine, commandsThrough, executionsThrough } = await this.#start(asset, terms, last);
    const published = last === null ? null : this.#publishedAfter(asset, executionsThrough, last);
    const isUpToDate = published === null || last?.streamSequence === executionsThrough;
    const replay = isUpToDate ? null : { published, fromCommand: engine.lastCommandSequence, startedMs };
    const publishedCommand = published?.throughCommand ?? 0;
    this.#engines.set(asset, { terms, engine, output, commandsThrough, publishedCommand, replay, isInDoubt: false });
    return { afterSequence: commandsThrough };
  }

  /** The copy that was kept up to date here, else the newest snapshot, else nothing. */
  async #start(asset: string, options: Asset, lastOutput: InputMessage | null): Promise<StartedEngine> {
    const standby = await this.#standbys?.take(asset);
    if (standby) {
      const { engine, places } = standby;
      const why = await objectionTo({ engine, ...places }, this.#bus, asset, lastOutput);
      const [fromCommand, isUsed] = [engine.lastCommandSequence, why === null];
      this.#service.log.info({ asset, fromCommand, isUsed, why }, "the engine was followed here before");
      if (isUsed) return { engine, ...places };
    }
    const choice = { asset, options, lastOutput };
    const restored = await newestUsable(this.#service, this.#bus, this.#store, choice);
    if (restored === null) await this.#assertWholeLog(asset);
    this.#snapshotter.startsFrom(asset, restored);
    return restored ?? { engine: createEngine(options), ...AT_START };
  }

  /** Without a snapshot an engine needs every command there was. */
  async #assertWholeLog(asset: string): Promise<void> {
    const first = await this.#bus.nextMessage("COMMANDS", subjectOf("COMMANDS", asset), streamSequence(0));
    const [command] = first === null ? [] : haltingAsset(asset, () => decodeCommandBatch(first.data));
    if (command === undefined || command.commandSequence === 1) return;
    const why = `no snapshot can be loaded, and COMMANDS begin with command ${command.commandSequence}: bring back a snapshot`;
    throw new AssetHalted(asset, why);
  }

  #publishedAfter(asset: string, after: StreamSequence, last: InputMessage): PublishedOutput {
    const subject = subjectOf("EXECUTIONS", asset);
    const range = { stream: "EXECUTIONS", subject, after, through: last.streamSequence } as const;
    return haltingAsset(asset, () => new PublishedOutput(readRange(this.#bus, range), last));
  }

  async handle(inputs: readonly AssetInput[]): Promise<void> {
    // One that fails is never asked for a snapshot: it may have done what is not published.
    for (const { asset } of inputs) this.#engine(asset).isInDoubt = true;
    const applied = inputs.map((input) => {
      const hosted = this.#engine(input.asset);
      judgingInput(input.asset, () => this.#apply(hosted, input));
      return { asset: input.asset, hosted };
    });
    const outcomes = await Promise.allSettled(applied.map(({ asset, hosted }) => this.#publish(asset, hosted)));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    for (const { hosted } of applied) hosted.isInDoubt = false;
  }

  async tick(): Promise<void> {
    const doubt = this.#share.takeDoubt();
    if (doubt !== null) throw new AssetHalted(doubt.asset, doubt.why);
    this.#standbys?.tick();
    for (const [asset, { terms, engine, output, commandsThrough, replay, isInDoubt }] of this.#engines) {
      if (replay !== null || isInDoubt) continue;
      const places = { commandsThrough, executionsThrough: output.last };
      this.#snapshotter.consider(asset, engine, terms, places, this.#share.isFollowed(asset) ? "others'" : "own");
    }
  }

  /** With a snapshot, so that whoever is next has little to apply. */
  async prepareRelease(asset: string): Promise<void> {
    const hosted = this.#engines.get(asset);
    if (hosted === undefined || hosted.replay !== null || hosted.isInDoubt) return;
    const { terms, engine, output, commandsThrough } = hosted;
    await this.#snapshotter.takeLast(asset, engine, terms, { commandsThrough, executionsThrough: output.last });
  }

  async release(asset: string): Promise<void> {
    await this.#engines.get(asset)?.replay?.published.close();
    this.#engines.delete(asset);
    this.#snapshotter.forget(asset);
  }

  /** Commands that were applied before (published again after a doubt) are skipped; a hole halts the asset. */
  #apply(hosted: HostedEngine, { asset, messages }: AssetInput): void {
    const { engine } = hosted;
    const before = engine.lastCommandSequence;
    for (const { data, streamSequence } of messages) {
      for (const command of decodeCommandBatch(data)) {
        if (command.commandSequence <= engine.lastCommandSequence) continue;
        const expected = engine.lastCommandSequence + 1;
        invariant(
          command.commandSequence === expected,
          `command ${command.commandSequence} came instead of ${expected}`,
        );
        engine.execute(command);
      }
      hosted.commandsThrough = streamSequence;
    }
    this.#commands.inc({ asset }, engine.lastCommandSequence - before);
  }

  async #publish(asset: string, hosted: HostedEngine): Promise<void> {
    const { engine, output, replay } = hosted;
    const { lastEventSequence, lastCommandSequence } = engine;
    let rows = engine.events.take();
    if (replay !== null) {
      rows = await this.#compare(asset, replay.published, rows, lastCommandSequence);
      if (!replay.published.isMet) return;
      this.#noteReplayed(asset, replay, hosted);
      hosted.replay = null;
    }
    if (lastCommandSequence === hosted.publishedCommand && rows.rows.length === 0) return;
    for (const piece of piecesOf(rows, ROWS_BYTES_MAX, lastEventSequence, lastCommandSequence))
      await output.publish(encodeExecutionBatch(piece));
    hosted.publishedCommand = lastCommandSequence;
  }

  async #compare(asset: string, published: PublishedOutput, rows: ExecutionRows, through: number) {
    try {
      return await published.meet(rows, through);
    } catch (cause) {
      const isDifference = cause instanceof InvariantBroken || cause instanceof CodecError;
      if (isDifference) await published.close();
      throw isDifference ? new AssetHalted(asset, cause) : cause;
    }
  }

  #noteReplayed(asset: string, { fromCommand, startedMs }: Replay, { publishedCommand }: HostedEngine): void {
    const tookMs = performance.now() - startedMs;
    const commands = publishedCommand - fromCommand;
    this.#replaySpeed.set({ asset }, (commands / tookMs) * 1000);
    this.#service.log.info({ asset, fromCommand, commands, tookMs: Math.round(tookMs) }, "the engine is back");
  }

  #engine(asset: string): HostedEngine {
    const hosted = this.#engines.get(asset);
    if (hosted === undefined) throw new InvariantBroken(`${asset} was not recovered before its input was handled`);
    return hosted;
  }

  #whyNotReady(): string | null {
    const replaying = [...this.#engines].filter(([, { replay }]) => replay !== null).map(([asset]) => asset);
    return replaying.length === 0 ? null : `replaying ${replaying.join(", ")}`;
  }
}
