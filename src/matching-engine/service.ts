/**
 * The engines as a stage: COMMANDS → one pure engine an asset → EXECUTIONS under the fence. An engine's state is its
 * commands: it starts from its newest snapshot, applies those that came after, compares what it recomputes with what is
 * published, and goes on from there.
 */

import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { subjectOf } from "../shared/bus/subjects.js";
import type { Asset, AssetRegistry } from "../shared/domain/assets.js";
import { CodecError, InvariantBroken, invariant } from "../shared/domain/errors.js";
import type { Command } from "../shared/domain/messages.js";
import type { StreamSequence } from "../shared/domain/units.js";
import { type FollowedShare, fixedShare } from "../shared/leases/asset-share.js";
import type { Service } from "../shared/process/lifecycle.js";
import type { AssetInput } from "../shared/stage/asset-input.js";
import { judgingInput } from "../shared/stage/dead-letters.js";
import { FencedOutput } from "../shared/stage/fenced-output.js";
import { AssetHalted, haltingAsset, type Stage } from "../shared/stage/stage.js";
import { piecesOf } from "../shared/wire/event-rows.js";
import type { ExecutionRows } from "../shared/wire/event-writer.js";
import { decodeCommandBatch, encodeExecutionBatch } from "../shared/wire/pipeline-codec.js";
import type { Engine } from "./core/engine.js";
import { EngineStarts, type TrimmedEvents } from "./engine-start.js";
import { OrderLogReplay, type OrderLogSource } from "./order-log-replay.js";
import { PublishedOutput } from "./published-output.js";
import { SnapshotStore } from "./snapshot-store.js";
import { SNAPSHOT_POLICY, type SnapshotPolicy, Snapshotter } from "./snapshotter.js";
import { Standbys } from "./standbys.js";
import { readRange } from "./subject-range.js";

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
  /** Until the engine has come past it. */
  trimmed: TrimmedEvents | null;
  /** Until it is done; meanwhile the asset's input waits. */
  rebuild: Rebuild | null;
  /** Something that it has done may not be published. */
  isInDoubt: boolean;
}

interface Replay {
  readonly published: PublishedOutput;
  readonly fromCommand: number;
  readonly startedMs: number;
}

interface Rebuild {
  readonly replay: OrderLogReplay;
  /** Never rejects. */
  readonly ended: Promise<void>;
  failure: unknown;
}

export interface EnginesOptions {
  readonly share: FollowedShare;
  readonly snapshots: SnapshotPolicy;
  /** Follows what others run and this process is next in line for. */
  readonly standsBy: boolean;
  /** Where the commands are that COMMANDS don't hold any more; null: nowhere. */
  readonly orderLog: OrderLogSource | null;
}

export class MatchingEngines implements Stage {
  readonly name = "matching-engine";
  readonly input = "COMMANDS";
  readonly recoversBeside = true;
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #registry: AssetRegistry;
  readonly #share: FollowedShare;
  readonly #snapshotter: Snapshotter;
  readonly #standbys: Standbys | null;
  readonly #starts: EngineStarts;
  readonly #orderLog: OrderLogSource | null;
  readonly #engines = new Map<string, HostedEngine>();
  readonly #commands;
  readonly #replaySpeed;

  constructor(service: Service, bus: Bus, registry: AssetRegistry, options: Partial<EnginesOptions> = {}) {
    const { share = fixedShare([]), snapshots = SNAPSHOT_POLICY, standsBy = true, orderLog = null } = options;
    this.#service = service;
    this.#bus = bus;
    this.#registry = registry;
    this.#orderLog = orderLog;
    this.#share = share;
    const store = new SnapshotStore(bus);
    const snapshotter = new Snapshotter(service, bus, store, snapshots);
    this.#snapshotter = snapshotter;
    this.#standbys = standsBy ? new Standbys(service, bus, registry, { store, snapshotter, share }) : null;
    this.#starts = new EngineStarts(service, bus, { store, snapshotter, standbys: this.#standbys });
    const { metrics } = service;
    this.#commands = metrics.counter("commands_total", "Commands applied, replayed ones included", ["asset"]);
    this.#replaySpeed = metrics.gauge("replay_commands_per_second", "Speed of the last replay", ["asset"]);
    service.readiness("replay", () => this.#whyNotReady());
  }

  async recover(asset: string): Promise<{ afterSequence: StreamSequence }> {
    const startedMs = performance.now();
    const present = this.#engines.get(asset);
    // A rebuild takes long, and is not concerned by what sent the stage back.
    if (present?.rebuild?.failure === null) return { afterSequence: present.commandsThrough };
    const terms = this.#registry.assets.get(asset);
    invariant(terms !== undefined, `${asset} is not among the assets`);
    await this.#abandon(asset);
    const output = new FencedOutput(this.#bus, this.#service.log, this.#service.stopping, "EXECUTIONS", asset);
    const last = await output.open();
    const { engine, commandsThrough, executionsThrough, ...before } = await this.#starts.find(asset, terms, last);
    const { trimmed, firstCommands } = before;
    const published = last === null ? null : this.#publishedAfter(asset, executionsThrough, last);
    const isUpToDate = published === null || last?.streamSequence === executionsThrough;
    const replay = isUpToDate ? null : { published, fromCommand: engine.lastCommandSequence, startedMs };
    const publishedCommand = published?.throughCommand ?? 0;
    const places = { commandsThrough, publishedCommand, replay, trimmed };
    const hosted = { terms, engine, output, ...places, rebuild: null, isInDoubt: false };
    const orderLog = firstCommands.length > 0 ? this.#orderLog : null;
    if (firstCommands.length > 0 && orderLog === null)
      throw new AssetHalted(
        asset,
        `COMMANDS begin with command ${firstCommands[0]?.commandSequence}: bring back a snapshot`,
      );
    this.#engines.set(asset, hosted);
    if (orderLog !== null) this.#rebuild(asset, hosted, orderLog, firstCommands);
    return { afterSequence: commandsThrough };
  }

  #publishedAfter(asset: string, after: StreamSequence, last: InputMessage): PublishedOutput {
    const subject = subjectOf("EXECUTIONS", asset);
    const range = { stream: "EXECUTIONS", subject, after, through: last.streamSequence } as const;
    return haltingAsset(asset, () => new PublishedOutput(readRange(this.#bus, range), last));
  }

  /** What it was doing for the asset has come to its end. */
  async #abandon(asset: string): Promise<void> {
    const hosted = this.#engines.get(asset);
    hosted?.rebuild?.replay.stop();
    await hosted?.rebuild?.ended;
    hosted?.replay?.published.close();
    this.#engines.delete(asset);
  }

  /** Goes on beside the other assets. */
  #rebuild(asset: string, hosted: HostedEngine, orderLog: OrderLogSource, firstCommands: readonly Command[]): void {
    const replay = new OrderLogReplay(orderLog, { asset, firstCommands }, this.#service.log);
    const apply = async (commands: readonly Command[]) => {
      execute(hosted, commands);
      this.#commands.inc({ asset }, commands.length);
      await this.#publish(asset, hosted);
    };
    const ended = replay.run(apply).then(
      () => {
        hosted.rebuild = null;
      },
      (err: unknown) => {
        rebuild.failure = err;
      },
    );
    const rebuild: Rebuild = { replay, ended, failure: null };
    hosted.rebuild = rebuild;
  }

  accepts(asset: string): boolean {
    return (this.#engines.get(asset)?.rebuild ?? null) === null;
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
    for (const outcome of outcomes)
      if (outcome.status === "rejected") {
        if (outcome.reason instanceof AssetHalted) this.#engines.delete(outcome.reason.asset); // it replays no more
        throw outcome.reason;
      }
    for (const { hosted } of applied) hosted.isInDoubt = false;
  }

  async tick(): Promise<void> {
    const doubt = this.#share.takeDoubt();
    if (doubt !== null) {
      this.#engines.delete(doubt.asset); // no snapshot of it is taken
      throw new AssetHalted(doubt.asset, doubt.why);
    }
    this.#standbys?.tick();
    for (const [asset, { rebuild }] of this.#engines)
      if (rebuild !== null && rebuild.failure !== null) {
        this.#engines.delete(asset); // it halts once
        throw haltedBy(asset, rebuild.failure);
      }
    // One is taken at a time: of the engine first that a start would take the longest for.
    const unsaved = (asset: string, { engine }: HostedEngine) => this.#snapshotter.unsavedCommands(asset, engine);
    const inTurn = [...this.#engines].filter(([, hosted]) => isUpToDate(hosted));
    for (const [asset, hosted] of inTurn.sort((a, b) => unsaved(...b) - unsaved(...a))) {
      const { terms, engine, output, commandsThrough } = hosted;
      const places = { commandsThrough, executionsThrough: output.last };
      this.#snapshotter.consider(asset, engine, terms, places, this.#share.isFollowed(asset) ? "others'" : "own");
    }
  }

  /** With a snapshot, so that whoever is next has little to apply. */
  async prepareRelease(asset: string): Promise<void> {
    const hosted = this.#engines.get(asset);
    if (hosted === undefined || !isUpToDate(hosted)) return;
    const { terms, engine, output, commandsThrough } = hosted;
    await this.#snapshotter.takeLast(asset, engine, terms, { commandsThrough, executionsThrough: output.last });
  }

  async release(asset: string): Promise<void> {
    await this.#abandon(asset);
    this.#snapshotter.forget(asset);
  }

  /** Commands that were applied before (published again after a doubt) are skipped; a hole halts the asset. */
  #apply(hosted: HostedEngine, { asset, messages }: AssetInput): void {
    const before = hosted.engine.lastCommandSequence;
    for (const { data, streamSequence } of messages) {
      execute(hosted, decodeCommandBatch(data));
      hosted.commandsThrough = streamSequence;
    }
    this.#commands.inc({ asset }, hosted.engine.lastCommandSequence - before);
  }

  async #publish(asset: string, hosted: HostedEngine): Promise<void> {
    const { engine, output, replay } = hosted;
    const { lastEventSequence, lastCommandSequence } = engine;
    if (hosted.trimmed !== null) {
      engine.events.drop();
      return;
    }
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
      const err = haltedBy(asset, cause);
      if (err instanceof AssetHalted) published.close();
      throw err;
    }
  }

  #noteReplayed(asset: string, { fromCommand, startedMs }: Replay, { publishedCommand }: HostedEngine): void {
    const tookMs = performance.now() - startedMs;
    const commands = publishedCommand - fromCommand;
    this.#snapshotter.replayed(asset, commands);
    this.#replaySpeed.set({ asset }, (commands / tookMs) * 1000);
    this.#service.log.info({ asset, fromCommand, commands, tookMs: Math.round(tookMs) }, "the engine is back");
  }

  #engine(asset: string): HostedEngine {
    const hosted = this.#engines.get(asset);
    if (hosted === undefined) throw new InvariantBroken(`${asset} was not recovered before its input was handled`);
    return hosted;
  }

  #whyNotReady(): string | null {
    const replaying = [...this.#engines].filter(([, { replay, trimmed }]) => replay !== null || trimmed !== null);
    const reasons = replaying.map(([asset, { rebuild }]) => rebuild?.replay.progress ?? `replaying ${asset}`);
    return reasons.length === 0 ? null : reasons.join(", ");
  }
}

/** Everything that it has done is published, and nothing is missing. */
function isUpToDate({ replay, trimmed, rebuild, isInDoubt }: HostedEngine): boolean {
  return replay === null && trimmed === null && rebuild === null && !isInDoubt;
}

function execute(hosted: HostedEngine, commands: readonly Command[]): void {
  const { engine } = hosted;
  for (const command of commands) {
    if (command.commandSequence <= engine.lastCommandSequence) continue;
    const expected = engine.lastCommandSequence + 1;
    invariant(command.commandSequence === expected, `command ${command.commandSequence} came instead of ${expected}`);
    engine.execute(command);
    if (command.commandSequence === hosted.trimmed?.throughCommand) passTrimmed(hosted, hosted.trimmed);
  }
}

function passTrimmed(hosted: HostedEngine, { throughCommand, throughEvent }: TrimmedEvents): void {
  const { lastEventSequence } = hosted.engine;
  invariant(
    lastEventSequence === throughEvent,
    `after command ${throughCommand} came event ${lastEventSequence}, but EXECUTIONS say ${throughEvent}`,
  );
  hosted.engine.events.drop();
  hosted.trimmed = null;
}

/** A difference is the asset's end, anything else is tried again. */
function haltedBy(asset: string, cause: unknown): unknown {
  return cause instanceof InvariantBroken || cause instanceof CodecError ? new AssetHalted(asset, cause) : cause;
}
