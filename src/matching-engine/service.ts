/**
 * The engines as a stage: COMMANDS → one pure engine an asset → EXECUTIONS under the fence. An engine's state is its
 * commands: it recovers by replaying them from the first one on, compares what it recomputes with the last output, and
 * publishes what comes after.
 */
import { isDeepStrictEqual } from "node:util";
import type { AssetRegistry } from "../shared/assets.js";
import type { Bus } from "../shared/bus.js";
import { InvariantBroken, invariant } from "../shared/errors.js";
import { FencedOutput } from "../shared/fenced-output.js";
import type { Service } from "../shared/lifecycle.js";
import type { EngineEvent, ExecutionBatch } from "../shared/messages.js";
import { decodeCommandBatch, decodeExecutionBatch, encodeExecutionBatch } from "../shared/pipeline-codec.js";
import { type AssetInput, haltingAsset, type Stage } from "../shared/stage.js";
import {
  type CommandSequence,
  commandSequence,
  type EventSequence,
  eventSequence,
  type StreamSequence,
  streamSequence,
} from "../shared/units.js";
import { createEngine, type MatchingEngine } from "./core/engine.js";

/** Events in one message; a command with more spans several. Far below 256 KiB. */
const EVENTS_PER_MESSAGE_MAX = 1_000;

interface HostedEngine {
  readonly engine: MatchingEngine;
  readonly output: FencedOutput;
  /** The last output found at the start, until the replay has come past it. */
  published: ExecutionBatch | null;
}

export class MatchingEngines implements Stage {
  readonly input = "COMMANDS";
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #registry: AssetRegistry;
  readonly #engines = new Map<string, HostedEngine>();
  readonly #commands;

  constructor(service: Service, bus: Bus, registry: AssetRegistry) {
    this.#service = service;
    this.#bus = bus;
    this.#registry = registry;
    this.#commands = service.metrics.counter("commands_total", "Commands applied, replayed ones included", ["asset"]);
    service.readiness("replay", () => this.#whyNotReady());
  }

  async recover(asset: string): Promise<{ afterSequence: StreamSequence }> {
    const terms = this.#registry.assets.get(asset);
    invariant(terms !== undefined, `${asset} is not among the assets`);
    const output = new FencedOutput(this.#bus, this.#service.log, this.#service.stopping, "EXECUTIONS", asset);
    const last = await output.open();
    const published = last === null ? null : haltingAsset(asset, () => decodeExecutionBatch(last.data));
    this.#engines.set(asset, { engine: createEngine(terms), output, published });
    return { afterSequence: streamSequence(0) };
  }

  async handle(inputs: readonly AssetInput[]): Promise<void> {
    const applied = inputs.map(({ asset, messages }) => {
      const hosted = this.#engine(asset);
      const before = hosted.engine.lastCommandSequence;
      const events = haltingAsset(asset, () => messages.flatMap(({ data }) => this.#apply(asset, hosted.engine, data)));
      const isNothingNew = hosted.engine.lastCommandSequence === before;
      return { hosted, batches: isNothingNew ? [] : haltingAsset(asset, () => unpublished(hosted, events)) };
    });
    await Promise.all(applied.map(({ hosted, batches }) => publish(hosted.output, batches)));
  }

  /** Commands that were applied before (published again after a doubt) are skipped; a hole halts the asset. */
  #apply(asset: string, engine: MatchingEngine, data: Uint8Array): EngineEvent[] {
    const commands = decodeCommandBatch(data).filter(
      ({ commandSequence }) => commandSequence > engine.lastCommandSequence,
    );
    this.#commands.inc({ asset }, commands.length);
    return commands.flatMap((command) => {
      const expected = engine.lastCommandSequence + 1;
      invariant(command.commandSequence === expected, `command ${command.commandSequence} came instead of ${expected}`);
      return engine.apply(command);
    });
  }

  #engine(asset: string): HostedEngine {
    const hosted = this.#engines.get(asset);
    if (hosted === undefined) throw new InvariantBroken(`${asset} was not recovered before its input was handled`);
    return hosted;
  }

  #whyNotReady(): string | null {
    const replaying = [...this.#engines].filter(([, { published }]) => published !== null).map(([asset]) => asset);
    return replaying.length === 0 ? null : `replaying ${replaying.join(", ")}`;
  }
}

/** What is not published yet. What the last output holds must come out of the replay as it is there. */
function unpublished(hosted: HostedEngine, events: readonly EngineEvent[]): ExecutionBatch[] {
  const { engine, published } = hosted;
  if (published === null) return batchesOf(events, engine.lastEventSequence, engine.lastCommandSequence);
  compare(events, published.events);
  if (engine.lastEventSequence < published.throughEvent || engine.lastCommandSequence < published.throughCommand)
    return [];
  hosted.published = null;
  const rest = events.filter((event) => event.eventSequence > published.throughEvent);
  const isNew = rest.length > 0 || engine.lastCommandSequence > published.throughCommand;
  return isNew ? batchesOf(rest, engine.lastEventSequence, engine.lastCommandSequence) : [];
}

function compare(replayed: readonly EngineEvent[], published: readonly EngineEvent[]): void {
  const first = published[0]?.eventSequence ?? Number.POSITIVE_INFINITY;
  for (const event of replayed) {
    const before = published[event.eventSequence - first];
    invariant(
      before === undefined || isDeepStrictEqual(event, before),
      `the replay gave another event ${event.eventSequence} than the one that was published`,
    );
  }
}

function batchesOf(
  events: readonly EngineEvent[],
  throughEvent: EventSequence,
  throughCommand: CommandSequence,
): ExecutionBatch[] {
  const batches: ExecutionBatch[] = [];
  for (let start = 0; start + EVENTS_PER_MESSAGE_MAX < events.length; start += EVENTS_PER_MESSAGE_MAX) {
    const part = events.slice(start, start + EVENTS_PER_MESSAGE_MAX);
    const next = events[start + EVENTS_PER_MESSAGE_MAX] as EngineEvent;
    // The next event may be of the same command; all before that command are out.
    const done = commandSequence(next.commandSequence - 1);
    batches.push({ events: part, throughEvent: eventSequence(next.eventSequence - 1), throughCommand: done });
  }
  batches.push({ events: events.slice(batches.length * EVENTS_PER_MESSAGE_MAX), throughEvent, throughCommand });
  return batches;
}

async function publish(output: FencedOutput, batches: readonly ExecutionBatch[]): Promise<void> {
  for (const batch of batches) await output.publish(encodeExecutionBatch(batch));
}
