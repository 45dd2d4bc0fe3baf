/** Which snapshot an engine starts from: the newest that is whole, of this version, and no further than the streams. */

import type { Engine, EngineOptions } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { CodecError } from "../shared/domain/errors.js";
import type { Service } from "../shared/process/lifecycle.js";
import { decodeCommandBatch, decodeExecutionRows } from "../shared/wire/pipeline-codec.js";
import type { RestoredEngine, SnapshotStore, StreamPlaces } from "./snapshot-store.js";

export interface SnapshotChoice {
  readonly asset: string;
  readonly options: EngineOptions;
  /** The asset's last message in EXECUTIONS. */
  readonly lastOutput: InputMessage | null;
}

/** Null: there is none to start from. Those that are passed over are said, and stay where they are. */
export async function newestUsable(
  { log }: Pick<Service, "log">,
  bus: Bus,
  store: SnapshotStore,
  { asset, options, lastOutput }: SnapshotChoice,
): Promise<RestoredEngine | null> {
  for (const stored of await store.list(asset)) {
    try {
      const restored = await store.load(stored, options);
      const objection = await objectionTo(restored, bus, asset, lastOutput);
      if (objection === null) return restored;
      log.warn({ asset, snapshot: stored.subject, why: objection }, "a snapshot is passed over");
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      log.warn({ asset, snapshot: stored.subject, err }, "a snapshot is passed over");
    }
  }
  return null;
}

/** The streams may have been lost and made again since it was taken: then its places mean nothing. */
export async function objectionTo(
  { engine, commandsThrough, executionsThrough }: StreamPlaces & { readonly engine: Engine },
  bus: Bus,
  asset: string,
  lastOutput: InputMessage | null,
): Promise<string | null> {
  const [command, event] = [engine.lastCommandSequence, engine.lastEventSequence];
  const published = lastOutput === null ? null : decodeExecutionRows(lastOutput.data);
  if (published === null || published.throughCommand < command || published.throughEvent < event)
    return `it stands for event ${event}, which EXECUTIONS do not hold`;
  const [nextOutput, lastInput, nextInput] = await Promise.all([
    bus.nextMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset), executionsThrough),
    bus.lastMessage("COMMANDS", subjectOf("COMMANDS", asset)),
    bus.nextMessage("COMMANDS", subjectOf("COMMANDS", asset), commandsThrough),
  ]);
  const nextEvent = nextOutput === null ? published.throughEvent + 1 : firstEventOf(nextOutput);
  if (nextEvent !== event + 1)
    return `after event ${event}, at ${executionsThrough} in EXECUTIONS, comes event ${nextEvent}`;

  const lastCommand = lastInput === null ? 0 : lastCommandOf(lastInput);
  if (lastCommand < command) return `it stands for command ${command}, but COMMANDS end with ${lastCommand}`;
  const nextCommand = nextInput === null ? lastCommand + 1 : firstCommandOf(nextInput);
  return nextCommand > command + 1
    ? `after command ${command}, at ${commandsThrough} in COMMANDS, comes command ${nextCommand}`
    : null;
}

function firstEventOf({ data }: InputMessage): number {
  return decodeExecutionRows(data).firstEventSequence;
}

function firstCommandOf({ data }: InputMessage): number {
  return decodeCommandBatch(data)[0]?.commandSequence ?? 0;
}

function lastCommandOf({ data }: InputMessage): number {
  return decodeCommandBatch(data).at(-1)?.commandSequence ?? 0;
}
