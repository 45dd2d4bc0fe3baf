/**
 * A copy of an engine that runs in another process. It applies commands as far as their events are published, never further,
 * and compares its own events with those: so between two steps it is as good as a snapshot.
 */

import type { Engine } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import type { BusReader, InputMessage } from "../shared/bus/reader.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { invariant } from "../shared/domain/errors.js";
import type { Command } from "../shared/domain/messages.js";
import type { CommandSequence, StreamSequence } from "../shared/domain/units.js";
import { endsWithinCommand, type PublishedRows } from "../shared/wire/event-rows.js";
import { decodeCommandBatch, decodeExecutionRows } from "../shared/wire/pipeline-codec.js";
import { PublishedOutput } from "./published-output.js";
import type { StreamPlaces } from "./snapshot-store.js";

/** Limits of the published events in one step, so that the process's own assets don't wait long. */
const STEP_MESSAGES_MAX = 16;
const STEP_BYTES_MAX = 262_144;
const PENDING_MESSAGES_MAX = 1_024;

/** The streams don't go on where the copy stands, because they were trimmed or made anew: the copy must begin again. */
export class LostPlace extends Error {
  override readonly name = "LostPlace";
}

interface Piece {
  readonly message: InputMessage;
  readonly rows: PublishedRows;
}

interface CommandMessage {
  readonly commands: readonly Command[];
  readonly streamSequence: StreamSequence;
}

export class Standby {
  readonly engine: Engine;
  #places: StreamPlaces;
  readonly #outputs: BusReader;
  readonly #inputs: BusReader;
  /** Messages published after the engine's state; the events of one command may be in many. */
  #pieces: Piece[] = [];
  /** How many of them end between two commands. */
  #whole = 0;
  #throughEvent: number;
  #inputMessages: CommandMessage[] = [];
  #step: Promise<boolean> = Promise.resolve(false);
  #isClosed = false;
  #hasFailed = false;

  constructor(bus: Bus, asset: string, engine: Engine, places: StreamPlaces) {
    this.engine = engine;
    this.#places = places;
    this.#throughEvent = engine.lastEventSequence;
    const follow = (stream: "COMMANDS" | "EXECUTIONS", afterSequence: StreamSequence) => {
      const subject = subjectOf(stream, asset);
      const [pendingMessagesMax, onAvailable] = [PENDING_MESSAGES_MAX, () => undefined];
      return bus.read({ stream, subject, afterSequence, pendingMessagesMax, onAvailable });
    };
    this.#outputs = follow("EXECUTIONS", places.executionsThrough);
    this.#inputs = follow("COMMANDS", places.commandsThrough);
  }

  /** The engine's places in the streams, between two steps. */
  get places(): StreamPlaces {
    return this.#places;
  }

  /**
   * Takes one step; false: there is no more for now. Throws LostPlace; InvariantBroken or CodecError if something else was
   * published than the engine gives, and then the copy must not be used any more.
   */
  advance(): Promise<boolean> {
    if (!this.#isClosed)
      this.#step = this.#advance().catch((err: unknown) => {
        this.#hasFailed = true;
        throw err;
      });
    return this.#step;
  }

  /** When the oldest event was published that the copy has not applied; null: it has applied all that came. */
  get behindSinceUs(): number | null {
    return this.#pieces[0]?.message.storedAtUs ?? this.#outputs.oldestStoredAtUs;
  }

  /** Whether a step has failed: then no engine may go on from the copy. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Ends following; resolves when no step runs any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    void this.#outputs.close();
    void this.#inputs.close();
    await this.#step.catch(() => undefined);
  }

  async #advance(): Promise<boolean> {
    const fresh = this.#whole > 0 ? [] : this.#outputs.take(STEP_MESSAGES_MAX, STEP_BYTES_MAX);
    for (const message of fresh) this.#hold(message);
    const whole = this.#pieces.slice(0, this.#whole);
    const last = whole.at(-1);
    if (last === undefined) return fresh.length > 0;
    const { throughCommand } = last.rows;
    if (!this.#hasCommandsThrough(throughCommand)) return false; // they are stored, and on their way
    const commandsThrough = this.#apply(throughCommand);
    const published = new PublishedOutput(messagesOf(whole), last.message);
    const rest = await published.meet(this.engine.events.take(), throughCommand);
    invariant(
      published.isMet && rest.rows.length === 0,
      `not everything was published of the commands through ${throughCommand}`,
    );
    this.#pieces = this.#pieces.slice(this.#whole);
    this.#whole = 0;
    this.#places = { commandsThrough, executionsThrough: last.message.streamSequence };
    return true;
  }

  #hold(message: InputMessage): void {
    const rows = decodeExecutionRows(message.data);
    if (rows.rows.length > 0 && rows.firstEventSequence !== this.#throughEvent + 1)
      throw new LostPlace(`event ${rows.firstEventSequence} was published after ${this.#throughEvent}`);
    this.#throughEvent = rows.throughEvent;
    this.#pieces.push({ message, rows });
    if (!endsWithinCommand(rows)) this.#whole = this.#pieces.length;
  }

  #hasCommandsThrough(last: CommandSequence): boolean {
    for (;;) {
      if ((this.#inputMessages.at(-1)?.commands.at(-1)?.commandSequence ?? 0) >= last) return true;
      const [message] = this.#inputs.take(1);
      if (message === undefined) return this.engine.lastCommandSequence >= last;
      const { data, streamSequence } = message;
      const commands = decodeCommandBatch(data);
      // If COMMANDS were made anew, commands that the copy has applied come again.
      if ((commands.at(-1)?.commandSequence ?? 0) <= this.engine.lastCommandSequence) continue;
      this.#inputMessages.push({ commands, streamSequence });
    }
  }

  /** Applies commands up to `last`; returns the last message of which all are applied. */
  #apply(last: CommandSequence): StreamSequence {
    const { engine } = this;
    let { commandsThrough } = this.#places;
    while (this.#inputMessages.length > 0) {
      const { commands, streamSequence } = this.#inputMessages[0] as CommandMessage;
      for (const command of commands) {
        const { commandSequence } = command;
        if (commandSequence > last) return commandsThrough;
        if (commandSequence > engine.lastCommandSequence + 1)
          throw new LostPlace(`command ${commandSequence} comes after ${engine.lastCommandSequence}`);
        if (commandSequence > engine.lastCommandSequence) engine.execute(command);
      }
      commandsThrough = streamSequence;
      this.#inputMessages.shift();
    }
    return commandsThrough;
  }
}

async function* messagesOf(pieces: readonly Piece[]): AsyncGenerator<InputMessage> {
  for (const { message } of pieces) yield message;
}
