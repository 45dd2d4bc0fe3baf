/**
 * A copy of the engine of an asset that another process runs. It goes as far as the published events have gone, never
 * further, and compares its own with them: so wherever it stands, it is as good as a snapshot of that moment.
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

/** Published events that one step takes: the process's own assets don't wait for longer. */
const STEP_MESSAGES_MAX = 16;
const STEP_BYTES_MAX = 262_144;
const PENDING_MESSAGES_MAX = 1_024;

/** The streams don't go on where it stands, because they were trimmed or made anew: it has to begin again. */
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
  /** Messages that were published after the engine's state; the events of one command may be in many. */
  #pieces: Piece[] = [];
  /** So many of them end with a command. */
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

  /** Where the engine stands between two steps. */
  get places(): StreamPlaces {
    return this.#places;
  }

  /**
   * One step further; false: that is all for now. Throws LostPlace, and InvariantBroken or CodecError where something
   * else was published than the engine gives: then it must not be used any more.
   */
  advance(): Promise<boolean> {
    if (!this.#isClosed)
      this.#step = this.#advance().catch((err: unknown) => {
        this.#hasFailed = true;
        throw err;
      });
    return this.#step;
  }

  /** A step of it failed: nobody may go on from where it stands. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Resolves when it stands still. */
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
      // Commands that the copy has applied come again where COMMANDS were made anew.
      if ((commands.at(-1)?.commandSequence ?? 0) <= this.engine.lastCommandSequence) continue;
      this.#inputMessages.push({ commands, streamSequence });
    }
  }

  /** Returns the last message that is applied whole. */
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
