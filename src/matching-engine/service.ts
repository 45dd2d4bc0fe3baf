/**
 * The engines as a stage: COMMANDS → one pure engine an asset → EXECUTIONS under the fence. An engine's state is its
 * commands: it recovers by replaying them from the first one on, compares what it recomputes with the last output, and
 * publishes what comes after.
 */
import type { AssetRegistry } from "../shared/assets.js";
import type { Bus } from "../shared/bus.js";
import { InvariantBroken, invariant } from "../shared/errors.js";
import { FencedOutput } from "../shared/fenced-output.js";
import type { Service } from "../shared/lifecycle.js";
import type { EngineEvent } from "../shared/messages.js";
import { decodeCommandBatch, decodeExecutionBatch, encodeExecutionBatch } from "../shared/pipeline-codec.js";
import { type AssetInput, haltingAsset, type Stage } from "../shared/stage.js";
import { type StreamSequence, streamSequence } from "../shared/units.js";
import { createEngine, type MatchingEngine } from "./core/engine.js";

/** Events in one message; a command with more spans several. Far below 256 KiB. */
const EVENTS_PER_MESSAGE_MAX = 1_000;

interface HostedEngine {
  readonly engine: MatchingEngine;
  readonly output: FencedOutput;
  /** The events of the last output found at the start, until the replay has come past them. */
  published: readonly EngineEvent[];
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
    const published = last === null ? [] : haltingAsset(asset, () => decodeExecutionBatch(last.data));
    this.#engines.set(asset, { engine: createEngine(terms), output, published });
    return { afterSequence: streamSequence(0) };
  }

  async handle(inputs: readonly AssetInput[]): Promise<void> {
    const applied = inputs.map(({ asset, messages }) => {
      const hosted = this.#engine(asset);
      const events = haltingAsset(asset, () => messages.flatMap(({ data }) => this.#apply(asset, hosted.engine, data)));
      return { hosted, events: haltingAsset(asset, () => unpublished(hosted, events)) };
    });
    await Promise.all(applied.map(({ hosted, events }) => publishEvents(hosted.output, events)));
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
    const replaying = [...this.#engines].filter(([, { published }]) => published.length > 0).map(([asset]) => asset);
    return replaying.length === 0 ? null : `replaying ${replaying.join(", ")}`;
  }
}

/** The events that are not published yet. Those of the last output must come out of the replay as they are there. */
function unpublished(hosted: HostedEngine, events: readonly EngineEvent[]): readonly EngineEvent[] {
  const [first, last] = [hosted.published[0], hosted.published.at(-1)];
  if (first === undefined || last === undefined) return events;
  for (const event of events) {
    const before = hosted.published[event.eventSequence - first.eventSequence];
    invariant(
      before === undefined || JSON.stringify(event) === JSON.stringify(before),
      `the replay gave another event ${event.eventSequence} than the one that was published`,
    );
  }
  const isPast = (events.at(-1)?.eventSequence ?? 0) >= last.eventSequence;
  if (isPast) hosted.published = [];
  return events.filter((event) => event.eventSequence > last.eventSequence);
}

async function publishEvents(output: FencedOutput, events: readonly EngineEvent[]): Promise<void> {
  for (let start = 0; start < events.length; start += EVENTS_PER_MESSAGE_MAX)
    await output.publish(encodeExecutionBatch(events.slice(start, start + EVENTS_PER_MESSAGE_MAX)));
}
