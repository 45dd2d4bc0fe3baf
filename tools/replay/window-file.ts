/**
 * A window of an asset's history as a file: gzipped lines of JSON. The first says what it is, the second is the engine
 * before the window; then come its commands, then what was published of them, in batches as they go over the wire.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Engine, type EngineOptions, restoreEngine } from "@bourse/matching-core";
import { PublishedOutput } from "../../src/matching-engine/published-output.js";
import type { InputMessage } from "../../src/shared/bus/reader.js";
import type { Command, EngineEvent } from "../../src/shared/domain/messages.js";
import { commandSequence, eventSequence, streamSequence } from "../../src/shared/domain/units.js";
import { rowsOf } from "../../src/shared/wire/event-rows.js";
import {
  decodeCommandBatch,
  decodeExecutionBatch,
  encodeCommandBatch,
  encodeExecutionBatch,
} from "../../src/shared/wire/pipeline-codec.js";

/** 1 had the rules beside the terms; now they are in the snapshot. */
const FORMAT = "bourse-replay-2";
const ITEMS_PER_LINE = 1_000;

export interface WindowHeader {
  readonly asset: string;
  /** What the engine has to know of the asset. */
  readonly terms: EngineOptions;
  readonly from: number;
  readonly to: number;
  /** After the window, where its replay was the same as what happened. */
  readonly stateHash: string | null;
}

export interface Window extends WindowHeader {
  /** Engine.snapshot before the first command. */
  readonly snapshot: Uint8Array;
  readonly commands: readonly Command[];
  readonly events: readonly EngineEvent[];
}

export function writeWindow(file: string, { snapshot, commands, events, ...header }: Window): void {
  const lines: object[] = [{ format: FORMAT, ...header }, { snapshot: base64(snapshot) }];
  for (let at = 0; at < commands.length; at += ITEMS_PER_LINE)
    lines.push({ commands: base64(encodeCommandBatch(commands.slice(at, at + ITEMS_PER_LINE))) });
  for (let at = 0; at < events.length; at += ITEMS_PER_LINE) {
    const part = events.slice(at, at + ITEMS_PER_LINE);
    const isLast = at + ITEMS_PER_LINE >= events.length;
    // All that a command did is there, but it may go on in the next line.
    const throughCommand = commandSequence(isLast ? header.to : (part.at(-1)?.commandSequence ?? 1) - 1);
    const throughEvent = eventSequence(part.at(-1)?.eventSequence ?? 0);
    lines.push({ events: base64(encodeExecutionBatch({ ...rowsOf(part), throughEvent, throughCommand })) });
  }
  writeFileSync(file, gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
}

/** Throws an Error for a file that is not one. */
export function readWindow(file: string): Window {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split("\n");
  const [{ format, ...header }, { snapshot }, ...rest] = lines.map((line) => JSON.parse(line));
  if (format !== FORMAT) throw new Error(`${file} is ${format}, not ${FORMAT}: it was written by another version`);
  const all = (name: string) => rest.flatMap((line) => (name in line ? [Buffer.from(line[name], "base64")] : []));
  return {
    ...(header as WindowHeader),
    snapshot: Buffer.from(snapshot, "base64"),
    commands: all("commands").flatMap((bytes) => decodeCommandBatch(bytes)),
    events: all("events").flatMap((bytes) => decodeExecutionBatch(bytes).events),
  };
}

/** The engine before the window, and what it has to do again; null: nothing came of the window. */
export function restoreWindow({ terms, snapshot, events, to }: Window): [Engine, PublishedOutput | null] {
  const engine = restoreEngine(terms, snapshot);
  const last = events.at(-1);
  if (last === undefined) return [engine, null];
  const batch = { ...rowsOf(events), throughEvent: last.eventSequence, throughCommand: commandSequence(to) };
  const place = { subject: "", streamSequence: streamSequence(1), storedAtUs: last.atUs };
  const message: InputMessage = { ...place, data: encodeExecutionBatch(batch) };
  const messages = (async function* () {
    yield message;
  })();
  return [engine, new PublishedOutput(messages, message)];
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}
