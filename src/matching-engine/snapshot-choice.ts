/**
 * Chooses the snapshot that an engine starts from: one that is whole, of this version and no further than the streams, and of
 * these the newest that leaves enough published events to compare. Without events to compare, an engine whose rule has changed
 * by mistake would act by it unnoticed. Decisions of a build with another RULES_VERSION can't be compared: if an engine has to
 * start after them, it starts from where that build left off.
 */
import { type Engine, type EngineOptions, RULES_VERSION } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { type StreamName, subjectOf } from "../shared/bus/subjects.js";
import { CodecError } from "../shared/domain/errors.js";
import type { StreamSequence } from "../shared/domain/units.js";
import type { Service } from "../shared/process/lifecycle.js";
import { decodeCommandBatch, decodeExecutionRows } from "../shared/wire/pipeline-codec.js";
import {
  AT_START,
  type RestoredEngine,
  type SnapshotHeader,
  type SnapshotStore,
  type StoredSnapshot,
  type StreamPlaces,
} from "./snapshot-store.js";

/** Published events that a start compares with its own, if there are so many. */
export const COMPARED_EVENTS_MIN = 1_000;
/** If no snapshot leaves enough of them, an engine with at most so many commands starts from the first one. */
const FROM_FIRST_COMMANDS_MAX = 10_000;

export interface SnapshotSearch {
  readonly asset: string;
  readonly options: EngineOptions;
  /** The asset's last message in EXECUTIONS. */
  readonly lastOutput: InputMessage | null;
  readonly comparedEventsMin: number;
}

export interface SnapshotChoice {
  /** Null: there is no snapshot to start from. */
  readonly restored: RestoredEngine | null;
  /** The newest good snapshot, which the start need not be from; null: there is none. */
  readonly newest: SnapshotHeader | null;
}

/** Chooses a snapshot. Faulty ones are logged, passed over, and left where they are. */
export async function chooseSnapshot(
  { log }: Pick<Service, "log">,
  bus: Bus,
  store: SnapshotStore,
  search: SnapshotSearch,
): Promise<SnapshotChoice> {
  const { asset, options, lastOutput, comparedEventsMin } = search;
  const unlessFaulty = async <T>({ subject: snapshot }: StoredSnapshot, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      log.warn({ asset, snapshot, err }, "a snapshot is passed over");
      return null;
    }
  };
  const load = (stored: StoredSnapshot) =>
    unlessFaulty(stored, async () => {
      const restored = await store.load(stored, options);
      const why = await objectionTo(restored, bus, asset, lastOutput);
      if (why !== null) throw new CodecError(why);
      return restored;
    });

  const { rulesVersion = RULES_VERSION } = options;
  let newest: SnapshotHeader | null = null;
  let hasHandOver = false;
  const oldestFirst: StoredSnapshot[] = [];
  for (const stored of await store.list(asset)) {
    const header = await unlessFaulty(stored, () => store.header(stored));
    if (header === null) continue;
    if (header.rulesVersion !== rulesVersion) {
      newest ??= header;
      oldestFirst.push(stored);
      hasHandOver = true;
      break;
    }
    const isEnough = (await eventsAfter(header, bus, asset, lastOutput)) >= comparedEventsMin;
    const restored = isEnough ? await load(stored) : null;
    if (restored !== null) return { restored, newest: newest ?? header };
    if (isEnough) continue;
    newest ??= header;
    oldestFirst.unshift(stored);
  }
  if (oldestFirst.length > 0 && !hasHandOver && (await mayStartFromFirst(bus, asset, lastOutput)))
    return { restored: null, newest };
  for (const stored of oldestFirst) {
    const restored = await load(stored);
    if (restored !== null) return { restored, newest };
  }
  return { restored: null, newest: null };
}

/** How many published events a start from here compares; infinite if a message can't be read: the comparison meets it. */
async function eventsAfter(
  { executionsThrough }: StreamPlaces,
  bus: Bus,
  asset: string,
  lastOutput: InputMessage | null,
): Promise<number> {
  const next = await bus.nextMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset), executionsThrough);
  if (next === null || lastOutput === null) return 0;
  const first = readable(() => decodeExecutionRows(next.data).firstEventSequence);
  const last = readable(() => decodeExecutionRows(lastOutput.data).throughEvent);
  return first === null || last === null ? Number.POSITIVE_INFINITY : last - first + 1;
}

async function mayStartFromFirst(bus: Bus, asset: string, lastOutput: InputMessage | null): Promise<boolean> {
  const through = lastOutput === null ? 0 : readable(() => decodeExecutionRows(lastOutput.data).throughCommand);
  if (through === null || through > FROM_FIRST_COMMANDS_MAX) return false;
  const firstOf = (stream: StreamName, after: StreamSequence) =>
    bus.nextMessage(stream, subjectOf(stream, asset), after);
  const [input, output] = await Promise.all([
    firstOf("COMMANDS", AT_START.commandsThrough),
    firstOf("EXECUTIONS", AT_START.executionsThrough),
  ]);
  return firstCommandOf(input) === 1 && firstEventOf(output) === 1;
}

/**
 * Why an engine can't go on from this state; null: it can. If the streams were lost and made anew since it was taken, its
 * places mean nothing. A message that can't be read is no objection: the engine goes on, and halts at that message.
 */
export async function objectionTo(
  { engine, commandsThrough, executionsThrough }: StreamPlaces & { readonly engine: Engine },
  bus: Bus,
  asset: string,
  lastOutput: InputMessage | null,
): Promise<string | null> {
  const [command, event] = [engine.lastCommandSequence, engine.lastEventSequence];
  const notHeld = `it stands for event ${event}, which EXECUTIONS do not hold`;
  if (lastOutput === null) return notHeld;
  const published = readable(() => decodeExecutionRows(lastOutput.data));
  if (published !== null && (published.throughCommand < command || published.throughEvent < event)) return notHeld;
  const [nextOutput, lastInput, nextInput] = await Promise.all([
    bus.nextMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset), executionsThrough),
    bus.lastMessage("COMMANDS", subjectOf("COMMANDS", asset)),
    bus.nextMessage("COMMANDS", subjectOf("COMMANDS", asset), commandsThrough),
  ]);
  const nextEvent = nextOutput === null && published !== null ? published.throughEvent + 1 : firstEventOf(nextOutput);
  if (nextEvent !== null && nextEvent !== event + 1)
    return `after event ${event}, at ${executionsThrough} in EXECUTIONS, comes event ${nextEvent}`;

  const lastCommand =
    lastInput === null ? 0 : readable(() => decodeCommandBatch(lastInput.data).at(-1)?.commandSequence ?? 0);
  if (lastCommand !== null && lastCommand < command)
    return `it stands for command ${command}, but COMMANDS end with ${lastCommand}`;
  const nextCommand = firstCommandOf(nextInput);
  return nextCommand !== null && nextCommand > command + 1
    ? `after command ${command}, at ${commandsThrough} in COMMANDS, comes command ${nextCommand}`
    : null;
}

/** Null: there is no message, or it can't be read. */
function firstEventOf(output: InputMessage | null): number | null {
  return output === null ? null : readable(() => decodeExecutionRows(output.data).firstEventSequence);
}

function firstCommandOf(input: InputMessage | null): number | null {
  return input === null ? null : readable(() => decodeCommandBatch(input.data)[0]?.commandSequence ?? 0);
}

/** Null: the message can't be read. */
function readable<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (err) {
    if (!(err instanceof CodecError)) throw err;
    return null;
  }
}
