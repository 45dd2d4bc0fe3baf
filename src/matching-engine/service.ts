/**
 * The engines as a stage: COMMANDS → one pure engine an asset → EXECUTIONS under the fence. An engine's state is its
 * commands: it recovers by replaying them from the first one on, compares what it recomputes with the last output, and
 * publishes what comes after.
 */
import { isDeepStrictEqual } from "node:util";
import type { AssetRegistry } from "../shared/assets.js";
import type { Bus } from "../shared/bus.js";
import { InvariantBroken, invariant } from "../shared/errors.js";
import { type PublishedRows, piecesOf, readRows } from "../shared/execution-rows.js";
import type { ExecutionRows } from "../shared/execution-writer.js";
import { FencedOutput } from "../shared/fenced-output.js";
import type { Service } from "../shared/lifecycle.js";
import type { EngineEvent, ExecutionBatch } from "../shared/messages.js";
import { decodeCommandBatch, decodeExecutionBatch, encodeExecutionBatch } from "../shared/pipeline-codec.js";
import { rowsOf } from "../shared/rows-of-events.js";
import { type AssetInput, haltingAsset, type Stage } from "../shared/stage.js";
import { type StreamSequence, streamSequence } from "../shared/units.js";
import { createEngine, type Engine } from "./core/engine.js";

/** Rows in one message; a command with more spans several. With the envelope below 256 KiB. */
const ROWS_BYTES_MAX = 255 * 1024;

interface HostedEngine {
  readonly engine: Engine;
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
      return { output: hosted.output, pieces: haltingAsset(asset, () => this.#apply(asset, hosted, messages)) };
    });
    await Promise.all(applied.map(({ output, pieces }) => publish(output, pieces)));
  }

  /** Commands that were applied before (published again after a doubt) are skipped; a hole halts the asset. */
  #apply(asset: string, hosted: HostedEngine, messages: AssetInput["messages"]): PublishedRows[] {
    const { engine } = hosted;
    const before = engine.lastCommandSequence;
    for (const command of messages.flatMap(({ data }) => decodeCommandBatch(data))) {
      if (command.commandSequence <= engine.lastCommandSequence) continue;
      const expected = engine.lastCommandSequence + 1;
      invariant(command.commandSequence === expected, `command ${command.commandSequence} came instead of ${expected}`);
      engine.execute(command);
    }
    this.#commands.inc({ asset }, engine.lastCommandSequence - before);
    const rows = engine.events.take();
    return engine.lastCommandSequence === before ? [] : unpublished(hosted, rows);
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
function unpublished(hosted: HostedEngine, rows: ExecutionRows): PublishedRows[] {
  const { engine, published } = hosted;
  const { lastEventSequence, lastCommandSequence } = engine;
  if (published === null) return piecesOf(rows, ROWS_BYTES_MAX, lastEventSequence, lastCommandSequence);
  const isBefore = lastEventSequence < published.throughEvent || lastCommandSequence < published.throughCommand;
  const first = published.events[0]?.eventSequence ?? published.throughEvent;
  if (isBefore && lastEventSequence < first) return [];
  const events = readRows(rows);
  compare(events, published.events);
  if (isBefore) return [];
  hosted.published = null;
  const rest = events.filter((event) => event.eventSequence > published.throughEvent);
  const isNew = rest.length > 0 || lastCommandSequence > published.throughCommand;
  return isNew ? piecesOf(rowsOf(rest), ROWS_BYTES_MAX, lastEventSequence, lastCommandSequence) : [];
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

async function publish(output: FencedOutput, pieces: readonly PublishedRows[]): Promise<void> {
  for (const piece of pieces) await output.publish(encodeExecutionBatch(piece));
}
