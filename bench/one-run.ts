/**
 * One contestant's run of a stream, in a process of its own: what V8 has learned from another's run, or from another stream, is
 * no part of it. Arguments: the file of the stream, the contestant, whether its trades are
 * hashed, and the folder whose engine it is. Prints one JSON line.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { deserialize } from "node:v8";
import { inlineMore } from "../src/matching-engine/inlining.js";
import { medianOf } from "../tools/load/percentile.js";
import type { Contestant } from "./contestant.js";
import { collectGarbage, elapsedNs } from "./measurement.js";
import type { Stream } from "./streams.js";

export interface Run {
  readonly perMicrosecond: number;
  /** By the processor time of the whole process, in which V8 collects and compiles, too. */
  readonly perCpuMicrosecond: number;
  /** Of the trades. */
  readonly hash: number | null;
}

const WARM_UP_COMMANDS = 300_000;
/** Timed rounds: V8 still compiles in the first of many. Slow contestants get fewer. */
const ROUNDS_MAX = 7;
const ROUNDS_MS = 3_000;

const [file = "", name = "", hashes = "", folder] = process.argv.slice(2);
const stream = deserialize(readFileSync(file)) as Stream;
const commands = stream.length - stream.prefill;
inlineMore();
const create = await contestant(name, folder);
const rounds: Omit<Run, "hash">[] = [];
const startedMs = performance.now();
playWarm();
do rounds.push(round());
while (rounds.length < ROUNDS_MAX && performance.now() - startedMs < ROUNDS_MS);
const run: Run = {
  perMicrosecond: medianOf(rounds.map(({ perMicrosecond }) => perMicrosecond)),
  perCpuMicrosecond: medianOf(rounds.map(({ perCpuMicrosecond }) => perCpuMicrosecond)),
  hash: hashes === "hash" ? create().hashOf(stream) : null,
};
console.log(JSON.stringify(run));

function playWarm(): void {
  const one = create();
  one.prepare(stream);
  one.play(stream, 0, Math.min(stream.length, stream.prefill + WARM_UP_COMMANDS));
}

function round(): Omit<Run, "hash"> {
  const one = create();
  one.prepare(stream);
  one.play(stream, 0, stream.prefill);
  collectGarbage();
  const before = process.cpuUsage();
  const ns = elapsedNs(() => one.play(stream, stream.prefill, stream.length));
  const { user, system } = process.cpuUsage(before);
  return { perMicrosecond: (commands / ns) * 1_000, perCpuMicrosecond: commands / (user + system) };
}

/** The other one is loaded only where it takes part. */
async function contestant(which: string, checkout: string | undefined): Promise<() => Contestant> {
  if (which === "nodejs-order-book") {
    const { NodejsOrderBook } = await import("./nodejs-order-book.js");
    return () => new NodejsOrderBook();
  }
  const compiled = checkout && pathToFileURL(join(checkout, "dist-bench/bench/bourse-engine.js")).href;
  const { BourseEngine } = (await import(compiled || "./bourse-engine.js")) as { BourseEngine: new () => Contestant };
  return () => new BourseEngine();
}
