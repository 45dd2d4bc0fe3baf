/**
 * Stores snapshots in the stream SNAPSHOTS, each in the messages of its own subject, whose name says how many there are: so a
 * listing shows which snapshots are whole, and one that a crash left half written is found and removed. docs/arch.md says why
 * this is not the client library's object store.
 *
 *   snapshots.<asset>.<command sequence>-<messages>-<random>      first a header, then the engine's bytes in chunks
 */
import { randomBytes } from "node:crypto";
import {
  DEFAULT_RULES,
  type Engine,
  type EngineOptions,
  restoreEngine,
  SnapshotReader,
  SnapshotWriter,
} from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { CodecError } from "../shared/domain/errors.js";
import { type StreamSequence, streamSequence } from "../shared/domain/units.js";
import { readRange } from "./subject-range.js";

/** The places of an engine's state in the two streams. */
export interface StreamPlaces {
  /** The last message of COMMANDS of which all commands are applied. */
  readonly commandsThrough: StreamSequence;
  /** The message of EXECUTIONS with its last event. */
  readonly executionsThrough: StreamSequence;
}

export const AT_START: StreamPlaces = { commandsThrough: streamSequence(0), executionsThrough: streamSequence(0) };

export interface TakenSnapshot extends StreamPlaces {
  readonly asset: string;
  readonly commandSequence: number;
  readonly takenAtMs: number;
  /** The version of the rules in force. */
  readonly rulesVersion: number;
  /** The bytes of `Engine.snapshot`. */
  readonly bytes: Uint8Array;
}

export interface StoredSnapshot {
  readonly subject: string;
  readonly commandSequence: number;
  /** Whether all of its messages are there. */
  readonly isWhole: boolean;
}

/** The header of a snapshot, which is its first message. */
export interface SnapshotHeader extends StreamPlaces {
  readonly commandSequence: number;
  readonly takenAtMs: number;
  /** The version of the rules in force. */
  readonly rulesVersion: number;
}

export interface RestoredEngine extends StreamPlaces {
  readonly engine: Engine;
  readonly takenAtMs: number;
}

/** Bytes in one message: below the server's limit, and holding up the orders behind it for a millisecond at most. */
const CHUNK_BYTES = 512 * 1024;
const PUBLISH_TIMEOUT_MS = 10_000;
const NAME = /\.(\d{1,16})-(\d{1,9})-[0-9a-f]+$/;

export class SnapshotStore {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** An asset's snapshots, the newest first. */
  async list(asset: string): Promise<StoredSnapshot[]> {
    const counts = await this.#bus.subjectCounts("SNAPSHOTS", `${subjectOf("SNAPSHOTS", asset)}.*`);
    const stored = [...counts].flatMap(([subject, count]) => {
      const [, sequence, messages] = NAME.exec(subject) ?? [];
      return [{ subject, commandSequence: Number(sequence ?? 0), isWhole: count === Number(messages) }];
    });
    return stored.sort((a, b) => b.commandSequence - a.commandSequence);
  }

  /** Stores one message at a time, so that orders pass in between. Rejects if one is not stored; then none is kept. */
  async store(taken: TakenSnapshot): Promise<StoredSnapshot> {
    const { asset, commandSequence, commandsThrough, executionsThrough, takenAtMs, bytes, rulesVersion } = taken;
    const header = new SnapshotWriter();
    header.numbers(commandSequence, commandsThrough, executionsThrough, takenAtMs, bytes.length, rulesVersion);
    const messages = [header.finish()];
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) messages.push(bytes.subarray(at, at + CHUNK_BYTES));
    const name = `${commandSequence}-${messages.length}-${randomBytes(4).toString("hex")}`;
    const subject = `${subjectOf("SNAPSHOTS", asset)}.${name}`;
    const stored = { subject, commandSequence, isWhole: true };
    for (const message of messages) {
      const outcome = await this.#bus.publish(subject, message, { deadlineMs: PUBLISH_TIMEOUT_MS });
      if (outcome.kind === "stored") continue;
      await this.remove(stored).catch(() => undefined); // messages that stay are no whole snapshot, and go with the older ones
      throw new Error(`${subject} can't be stored: ${JSON.stringify(outcome)}`);
    }
    return stored;
  }

  /** Loads the engine. Throws a CodecError if the snapshot is damaged, not whole or of another version. */
  async load({ subject, commandSequence, isWhole }: StoredSnapshot, options: EngineOptions): Promise<RestoredEngine> {
    const last = isWhole ? await this.#bus.lastMessage("SNAPSHOTS", subject) : null;
    if (last === null) throw new CodecError("messages of the snapshot are missing");
    const [after, through] = [streamSequence(0), last.streamSequence];
    const messages: Uint8Array[] = [];
    for await (const { data } of readRange(this.#bus, { stream: "SNAPSHOTS", subject, after, through }))
      messages.push(data);
    const [first = new Uint8Array(0), ...chunks] = messages;
    const { commandSequence: named, bytesLength, ...places } = readHeader(first);
    const bytes = Buffer.concat(chunks);
    if (bytes.length !== bytesLength) throw new CodecError(`a snapshot has ${bytes.length} bytes of ${bytesLength}`);
    const engine = restoreEngine(options, bytes);
    if (engine.lastCommandSequence !== named || named !== commandSequence)
      throw new CodecError(`a snapshot of ${engine.lastCommandSequence} stands under ${commandSequence}`);
    return { engine, ...places };
  }

  /** Reads the header. Throws a CodecError if the snapshot is not whole, or begins with something else. */
  async header({ subject, isWhole }: StoredSnapshot): Promise<SnapshotHeader> {
    const first = isWhole ? await this.#bus.nextMessage("SNAPSHOTS", subject, streamSequence(0)) : null;
    if (first === null) throw new CodecError("messages of the snapshot are missing");
    return readHeader(first.data);
  }

  async remove({ subject }: StoredSnapshot): Promise<void> {
    await this.#bus.purge("SNAPSHOTS", subject);
  }
}

function readHeader(message: Uint8Array): SnapshotHeader & { readonly bytesLength: number } {
  const numbers = new SnapshotReader(message).numbers() as [number, number, number, number, number, number?];
  // Headers of earlier builds lack the version.
  const [commandSequence, commandsThrough, executionsThrough, takenAtMs, bytesLength, version] = numbers;
  return {
    commandSequence,
    commandsThrough: streamSequence(commandsThrough),
    executionsThrough: streamSequence(executionsThrough),
    takenAtMs,
    bytesLength,
    rulesVersion: version ?? DEFAULT_RULES.version,
  };
}
