/** Engines between two streams, in this process, with nobody before them and nobody behind. */
import { createEngine, type Depth, RULES_VERSION } from "@bourse/matching-core";
import { RandomFlow } from "../../../packages/matching-core/test/support/random-flow.js";
import { MatchingEngines } from "../../../src/matching-engine/service.js";
import { SnapshotStore, type StoredSnapshot } from "../../../src/matching-engine/snapshot-store.js";
import type { SnapshotPolicy } from "../../../src/matching-engine/snapshotter.js";
import type { StoredCommandsSource } from "../../../src/matching-engine/stored-commands-replay.js";
import { readRange } from "../../../src/matching-engine/subject-range.js";
import { type Bus, connectBus } from "../../../src/shared/bus/bus.js";
import type { InputMessage } from "../../../src/shared/bus/reader.js";
import { type StreamName, subjectOf } from "../../../src/shared/bus/subjects.js";
import { type Asset, type AssetRegistry, loadAssets } from "../../../src/shared/domain/assets.js";
import type { Command, EngineEvent } from "../../../src/shared/domain/messages.js";
import { streamSequence } from "../../../src/shared/domain/units.js";
import { type AssetShare, fixedShare } from "../../../src/shared/leases/asset-share.js";
import { joinLeases } from "../../../src/shared/leases/leases.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { runStage } from "../../../src/shared/stage/stage-loop.js";
import { decodeExecutionBatch, encodeCommandBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { eventually } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { type ServiceForTest, serviceForTest } from "../../support/service.js";

export const ASSET = "BTC-USD";
export const OTHER = "ETH-USD";
export const REGISTRY = loadAssets(`${projectRoot}config/assets.json`);
/** Only when a test says so. */
const NEVER: SnapshotPolicy = { everyCommands: 1e9, everyMs: 1e9, replayMax: 1e9 };
/** A snapshot is taken between two messages; with 100 commands at once it is clear between which. */
const COMMANDS_PER_MESSAGE = 100;

export interface StartOptions {
  /** Unless it says otherwise, an engine starts from the newest snapshot, so that a test knows what is applied. */
  readonly snapshots?: SnapshotPolicy;
  readonly registry?: AssetRegistry;
  readonly bus?: (bus: Bus) => Bus;
  /** Shares the assets with the others that have a name; without one it works on all, whatever others do. */
  readonly instance?: string;
  /** Null: the engine has none to read. */
  readonly storedCommands?: StoredCommandsSource | null;
  /** What its build applies. */
  readonly rulesVersion?: number;
  readonly depthIntervalMs?: number;
  /** ASSET and OTHER unless given. */
  readonly assets?: readonly string[];
}

export class EnginesUnderTest {
  readonly nats: NatsForTest;
  readonly bus: Bus;
  readonly store: SnapshotStore;
  readonly #running = new Map<ServiceForTest, Bus>();
  readonly #shares = new Map<ServiceForTest, AssetShare>();
  readonly #flows = new Map<string, RandomFlow>();
  readonly #commands = new Map<string, Command[]>();

  private constructor(nats: NatsForTest, bus: Bus) {
    this.nats = nats;
    this.bus = bus;
    this.store = new SnapshotStore(bus);
  }

  static async create(): Promise<EnginesUnderTest> {
    const nats = await startNats();
    const bus = await connectBus(nats.url, { name: "test", log: serviceForTest("test").log });
    await bus.ensureStreams(1);
    return new EnginesUnderTest(nats, bus);
  }

  async start({
    snapshots = NEVER,
    registry = REGISTRY,
    bus: spoil,
    instance,
    assets = [ASSET, OTHER],
    storedCommands = null,
    rulesVersion = RULES_VERSION,
    depthIntervalMs,
  }: StartOptions = {}): Promise<ServiceForTest> {
    const service = serviceForTest("matching-engine");
    const bus = await connectBus(this.nats.url, { name: "matching-engine", log: service.log });
    service.onStop("bus", () => bus.close());
    const share =
      instance === undefined
        ? fixedShare(assets)
        : await joinLeases(bus, service, { service: "matching-engine", instance, assets });
    this.#shares.set(service, share);
    const policy = { comparedEventsMin: 0, ...snapshots };
    const stage = new MatchingEngines(service, spoil?.(bus) ?? bus, registry, {
      share,
      snapshots: policy,
      storedCommands,
      rulesVersion,
      ...(depthIntervalMs === undefined ? {} : { depthIntervalMs }),
    });
    const loop = runStage(service, bus, stage, {
      share,
      pendingMessagesMax: 64,
      batchMessagesMax: 16,
      batchIntervalMs: 0,
      batchIntervalMaxMs: 0,
      gatherMs: 0,
    });
    service.background("matching-engine", loop);
    service.onStop("loop", () => loop);
    this.#running.set(service, bus);
    return service;
  }

  /** As if its process was killed where it stands: nothing more goes out. */
  async crash(service: ServiceForTest): Promise<void> {
    await this.#running.get(service)?.close();
    this.#running.delete(service);
    await service.stop();
  }

  async stop(): Promise<void> {
    for (const service of this.#running.keys()) await service.stop();
    await this.bus.close();
    await this.nats.stop();
  }

  /** How many assets the process works on. */
  share(service: ServiceForTest): number {
    return this.#shares.get(service)?.assets().size ?? 0;
  }

  /** Whether the process works on the asset. */
  runs(service: ServiceForTest, asset: string): boolean {
    return this.#shares.get(service)?.assets().has(asset) === true;
  }

  /** Commands applied by this process, replayed ones included. */
  async applied(service: ServiceForTest, asset: string): Promise<number> {
    const line = `bourse_commands_total{asset="${asset}"`;
    const found = (await service.metrics.text()).split("\n").find((text) => text.startsWith(line));
    return Number(found?.split(" ").at(-1) ?? 0);
  }

  /** Random commands, of which the engine makes what it makes. */
  async command(count: number, asset = ASSET): Promise<void> {
    const flow = this.#flows.get(asset) ?? new RandomFlow(10);
    this.#flows.set(asset, flow);
    const fresh = Array.from({ length: count }, () => flow.next());
    this.#commands.set(asset, [...(this.#commands.get(asset) ?? []), ...fresh]);
    for (let at = 0; at < count; at += COMMANDS_PER_MESSAGE)
      await this.put("COMMANDS", asset, encodeCommandBatch(fresh.slice(at, at + COMMANDS_PER_MESSAGE)));
  }

  /** As it would be read from Postgres. */
  readonly storedCommands: StoredCommandsSource = async (asset, after, max) =>
    (this.#commands.get(asset) ?? []).slice(after, after + max);

  async put(stream: StreamName, asset: string, data: Uint8Array): Promise<void> {
    const outcome = await this.bus.publish(subjectOf(stream, asset), data, { deadlineMs: 30_000 });
    if (outcome.kind !== "stored") throw new Error(`${stream} said ${JSON.stringify(outcome)}`);
  }

  /** What an engine that was never stopped makes of all commands so far. */
  expected(asset = ASSET): { events: EngineEvent[]; stateHash: string; depth: Depth } {
    const engine = createEngine(REGISTRY.assets.get(asset) as Asset);
    const events = (this.#commands.get(asset) ?? []).flatMap((command) => engine.apply(command));
    return { events, stateHash: engine.stateHash(), depth: engine.depth(Number.MAX_SAFE_INTEGER) };
  }

  /** Everything that was published, once it reaches the last command. */
  async published(asset = ASSET): Promise<EngineEvent[]> {
    const last = this.#commands.get(asset)?.length ?? 0;
    await eventually(`command ${last} of ${asset} is out`, async () => {
      const message = await this.bus.lastMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset));
      return message !== null && decodeExecutionBatch(message.data).throughCommand >= last ? true : null;
    });
    const messages = await this.messages("EXECUTIONS", subjectOf("EXECUTIONS", asset));
    return messages.flatMap(({ data }) => [...decodeExecutionBatch(data).events]);
  }

  async messages(stream: StreamName, subject: string): Promise<InputMessage[]> {
    const last = await this.bus.lastMessage(stream, subject);
    const messages: InputMessage[] = [];
    if (last === null) return messages;
    const range = { stream, subject, after: streamSequence(0), through: last.streamSequence };
    for await (const message of readRange(this.bus, range)) messages.push(message);
    return messages;
  }

  /** The newest snapshot, once it stands for everything so far and the superfluous ones are gone. */
  async snapshotOfAll(asset = ASSET): Promise<StoredSnapshot> {
    const last = this.#commands.get(asset)?.length ?? 0;
    return await eventually(`a snapshot of command ${last}`, async () => {
      const stored = await this.store.list(asset);
      return stored[0]?.commandSequence === last && stored[0].isWhole && stored.length <= 3 ? stored[0] : null;
    });
  }

  async stateHashIn(stored: StoredSnapshot, asset = ASSET): Promise<string> {
    const { engine } = await this.store.load(stored, REGISTRY.assets.get(asset) as Asset);
    return engine.stateHash();
  }
}
