/**
 * One asset's engine in this process, from its start to its end. It has three states at a time:
 *
 *   where its commands come from
 *     order_log   (COMMANDS don't begin with the first one)   → COMMANDS, once all commands before them are read
 *                                                             → nowhere, if order_log has a hole or differs
 *     COMMANDS    for good
 *     nowhere     until the next tick halts the asset
 *
 *   what is done with its events
 *     dropped     (EXECUTIONS were trimmed)                   → compared, after the last command whose events are gone
 *     compared    (they are published already)                → published, after the last published one
 *     published   under the fence, for good
 *
 *   whether the events of all its commands are out
 *     settled     between two batches                         → in doubt, when it is given a batch
 *     in doubt                                                → settled, when the batch's events are published; an engine
 *                                                               that fails before that is replaced by a new one
 *
 * A snapshot is taken only of an engine that reads COMMANDS, publishes, and is settled.
 */

import type { Engine } from "@bourse/matching-core";
import { assertNever, CodecError, InvariantBroken, invariant } from "../shared/domain/errors.js";
import type { Command } from "../shared/domain/messages.js";
import type { StreamSequence } from "../shared/domain/units.js";
import type { FencedOutput } from "../shared/stage/fenced-output.js";
import { AssetHalted } from "../shared/stage/stage.js";
import { type EventRows, piecesOf } from "../shared/wire/event-rows.js";
import { encodeExecutionBatch } from "../shared/wire/pipeline-codec.js";
import type { TrimmedEvents } from "./engine-start.js";
import type { PublishedOutput } from "./published-output.js";
import type { StreamPlaces } from "./snapshot-store.js";
import type { StoredCommandsReplay } from "./stored-commands-replay.js";

/** Bytes of rows in one message at most, with the envelope below 256 KiB; the events of one command may need several. */
const ROWS_BYTES_MAX = 255 * 1024;

type CommandsFrom =
  | { readonly kind: "COMMANDS" }
  | { readonly kind: "order_log"; readonly replay: StoredCommandsReplay; readonly ended: Promise<void> }
  | { readonly kind: "nowhere"; readonly cause: unknown };

interface Compared {
  readonly kind: "compared";
  readonly published: PublishedOutput;
  readonly fromCommand: number;
  readonly startedMs: number;
}

export type EventsAre =
  | {
      readonly kind: "dropped";
      readonly trimmed: TrimmedEvents;
      readonly next: Compared | { readonly kind: "published" };
    }
  | Compared
  | { readonly kind: "published" };

export interface EngineBeginning {
  readonly engine: Engine;
  readonly output: FencedOutput;
  readonly commandsThrough: StreamSequence;
  /** The last command whose events are all published; 0: none. */
  readonly publishedCommand: number;
  readonly events: EventsAre;
}

/** A replay that has ended. */
export interface Replayed {
  readonly fromCommand: number;
  readonly commands: number;
  readonly tookMs: number;
}

export class HostedEngine {
  readonly engine: Engine;
  readonly #asset: string;
  readonly #output: FencedOutput;
  readonly #onReplayed: (replayed: Replayed) => void;
  #commandsThrough: StreamSequence;
  #publishedCommand: number;
  #commands: CommandsFrom = { kind: "COMMANDS" };
  #events: EventsAre;
  #isInDoubt = false;

  constructor(asset: string, beginning: EngineBeginning, onReplayed: (replayed: Replayed) => void) {
    this.#asset = asset;
    this.engine = beginning.engine;
    this.#output = beginning.output;
    this.#commandsThrough = beginning.commandsThrough;
    this.#publishedCommand = beginning.publishedCommand;
    this.#events = beginning.events;
    this.#onReplayed = onReplayed;
  }

  get readsCommands(): boolean {
    return this.#commands.kind === "COMMANDS";
  }

  get mayBeSnapshot(): boolean {
    return this.isSettled;
  }

  /** Whether everything that it has done is published, so that others may see it. */
  get isSettled(): boolean {
    return this.readsCommands && this.#events.kind === "published" && !this.#isInDoubt;
  }

  /** The engine's places in the streams; meaningful only when it is settled. */
  get places(): StreamPlaces {
    return { commandsThrough: this.#commandsThrough, executionsThrough: this.#output.last };
  }

  /** What the engine waits for before it publishes; null: it publishes. */
  get whyNotReady(): string | null {
    if (this.#events.kind === "published") return null;
    return this.#commands.kind === "order_log" ? this.#commands.replay.progress : `replaying ${this.#asset}`;
  }

  /** Why the engine can't go on; null: it can. */
  get failure(): AssetHalted | null {
    return this.#commands.kind === "nowhere" ? new AssetHalted(this.#asset, this.#commands.cause) : null;
  }

  /** Applies the commands before COMMANDS from order_log, while other assets go on. Calls `count` with their number. */
  rebuild(replay: StoredCommandsReplay, count: (commands: number) => void): void {
    const apply = async (commands: readonly Command[]) => {
      this.#execute(commands);
      count(commands.length);
      await this.publish();
    };
    const ended = replay.run(apply).then(
      () => {
        this.#commands = { kind: "COMMANDS" };
      },
      (cause: unknown) => {
        this.#commands = { kind: "nowhere", cause };
      },
    );
    this.#commands = { kind: "order_log", replay, ended };
  }

  /** Applies a message of COMMANDS. Commands applied before (published again after a doubt) are skipped; a hole throws. */
  apply(commands: readonly Command[], place: StreamSequence): void {
    this.#isInDoubt = true;
    this.#execute(commands);
    this.#commandsThrough = place;
  }

  /** Must be called when the events of all applied commands are published. */
  settle(): void {
    this.#isInDoubt = false;
  }

  async publish(): Promise<void> {
    const { lastEventSequence, lastCommandSequence, events } = this.engine;
    let rows: EventRows;
    switch (this.#events.kind) {
      case "dropped":
        events.drop();
        return;
      case "compared": {
        rows = await this.#compare(this.#events, events.take(), lastCommandSequence);
        if (this.#events.published.isMet) this.#passPublished(this.#events);
        else return;
        break;
      }
      case "published":
        rows = events.take();
        break;
      default:
        return assertNever(this.#events);
    }
    if (lastCommandSequence === this.#publishedCommand && rows.rows.length === 0) return;
    for (const piece of piecesOf(rows, ROWS_BYTES_MAX, lastEventSequence, lastCommandSequence))
      await this.#output.publish(encodeExecutionBatch(piece));
    this.#publishedCommand = lastCommandSequence;
  }

  /** Ends the engine's use; resolves when its work in the background has ended. */
  async close(): Promise<void> {
    this.#isInDoubt = true;
    if (this.#commands.kind === "order_log") {
      this.#commands.replay.stop();
      await this.#commands.ended;
    }
    if (this.#events.kind === "compared") this.#events.published.close();
    if (this.#events.kind === "dropped" && this.#events.next.kind === "compared") this.#events.next.published.close();
  }

  #execute(commands: readonly Command[]): void {
    const { engine } = this;
    for (const command of commands) {
      if (command.commandSequence <= engine.lastCommandSequence) continue;
      const expected = engine.lastCommandSequence + 1;
      invariant(command.commandSequence === expected, `command ${command.commandSequence} came instead of ${expected}`);
      engine.execute(command);
      if (this.#events.kind === "dropped" && command.commandSequence === this.#events.trimmed.throughCommand)
        this.#passTrimmed(this.#events);
    }
  }

  #passTrimmed({ trimmed: { throughCommand, throughEvent }, next }: EventsAre & { readonly kind: "dropped" }): void {
    const { lastEventSequence, events } = this.engine;
    invariant(
      lastEventSequence === throughEvent,
      `after command ${throughCommand} came event ${lastEventSequence}, but EXECUTIONS say ${throughEvent}`,
    );
    events.drop();
    this.#events = next;
  }

  /** Compares rows with the published ones. A difference halts the asset; any other failure is tried again. */
  async #compare({ published }: Compared, rows: EventRows, throughCommand: number): Promise<EventRows> {
    try {
      return await published.meet(rows, throughCommand);
    } catch (cause) {
      throw cause instanceof InvariantBroken || cause instanceof CodecError
        ? new AssetHalted(this.#asset, cause)
        : cause;
    }
  }

  #passPublished({ fromCommand, startedMs }: Compared): void {
    this.#events = { kind: "published" };
    this.#onReplayed({
      fromCommand,
      commands: this.#publishedCommand - fromCommand,
      tookMs: performance.now() - startedMs,
    });
  }
}
