/**
 * Commands a second on the five streams: each contestant in a process of its own, in turn, all of a run on the same processor.
 * On shared machines one processor may be half as fast as the next, for hours: where the system chose, that was the result.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serialize } from "node:v8";
import { medianOf } from "../tools/load/percentile.js";
import { BourseEngine } from "./bourse-engine.js";
import { type BenchSize, collectGarbage, type Measurement } from "./measurement.js";
import type { Run } from "./one-run.js";
import type { Stream } from "./streams.js";

const RUN_WITHIN_MS = 120_000;
const isCompiled = import.meta.url.endsWith(".js");
const ONE_RUN = fileURLToPath(new URL(isCompiled ? "one-run.js" : "one-run.ts", import.meta.url));
const NODE_OPTIONS = ["--expose-gc", ...(isCompiled ? [] : ["--import=tsx"])];
/** None: nothing can be pinned. */
const PROCESSORS = spawnSync("taskset", ["-c", "0", "true"]).error === undefined ? ownProcessors() : [];

interface Contender {
  readonly engine: string;
  readonly name: string;
  /** The checkout whose engine it is; not said: this one. */
  readonly folder?: string;
}

/** `before` is a checkout whose benchmark is compiled (`node bench/build.mjs`), the engine of which takes part. */
export async function measureMatching(stream: Stream, { runs }: BenchSize, before?: string): Promise<Measurement[]> {
  const contenders: Contender[] = [
    { engine: "bourse", name: "bourse" },
    ...(before === undefined ? [] : [{ engine: "bourse before", name: "bourse", folder: before }]),
    { engine: "nodejs-order-book", name: "nodejs-order-book" },
  ];
  const folder = mkdtempSync(join(tmpdir(), "bourse-bench-"));
  try {
    const file = join(folder, stream.name);
    writeFileSync(file, serialize(stream));
    const found = contenders.map((): Run[] => []);
    for (let run = 0; run < runs; run++)
      for (const [index, contender] of contenders.entries()) found[index]?.push(await oneRun(file, contender, run));
    return summary(stream.name, contenders, found);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function oneRun(file: string, { name, folder }: Contender, run: number): Promise<Run> {
  const hashes = run === 0 ? "hash" : "fast";
  const command = [
    process.execPath,
    ...NODE_OPTIONS,
    ONE_RUN,
    file,
    name,
    hashes,
    ...(folder === undefined ? [] : [folder]),
  ];
  const processor = PROCESSORS[run % PROCESSORS.length];
  const [program = "", ...rest] = processor === undefined ? command : ["taskset", "-c", String(processor), ...command];
  const { stdout } = await promisify(execFile)(program, rest, { timeout: RUN_WITHIN_MS });
  return JSON.parse(stdout) as Run;
}

/** Those that this process may use, as Linux says it: 0-1,3. */
function ownProcessors(): number[] {
  const [, list = ""] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return list.split(",").flatMap((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

function summary(stream: string, contenders: readonly Contender[], found: readonly Run[][]): Measurement[] {
  const ours = found[0] ?? [];
  return contenders.flatMap(({ engine }, index) => {
    const runs = found[index] ?? [];
    const figure = (unit: string, value: number, hash: number | null = null, who = engine): Measurement => ({
      bench: "matching",
      stream,
      engine: who,
      unit,
      value,
      runs: runs.length,
      hash,
    });
    const rates = runs.map(({ perMicrosecond }) => perMicrosecond);
    const cpuRates = runs.map(({ perCpuMicrosecond }) => perCpuMicrosecond);
    const ratios = ours.map(({ perMicrosecond }, run) => perMicrosecond / (rates[run] ?? Number.NaN));
    return [
      figure("million commands/s", medianOf(rates), runs[0]?.hash ?? null),
      figure("million commands/s, slowest", Math.min(...rates)),
      figure("million commands/s, fastest", Math.max(...rates)),
      figure("million commands/CPU s", medianOf(cpuRates)),
      ...(index === 0 ? [] : [figure(`times ${engine}`, medianOf(ratios), null, "bourse")]),
    ];
  });
}

/** One command at a time, the clock's own cost (about 50 ns) included. */
export function measureServiceTime(stream: Stream, { runs }: BenchSize): Measurement[] {
  const timed = stream.length - stream.prefill;
  const percentiles = new Map<string, number[]>();
  for (let run = 0; run <= runs; run++) {
    const times = new Float64Array(timed);
    const contestant = new BourseEngine();
    contestant.play(stream, 0, stream.prefill);
    collectGarbage();
    for (let at = stream.prefill; at < stream.length; at++) {
      const start = process.hrtime.bigint();
      contestant.step(stream, at);
      times[at - stream.prefill] = Number(process.hrtime.bigint() - start);
      if (at % 256 === 255) contestant.engine.events.drop();
    }
    times.sort();
    if (run === 0) continue; // the warm-up
    for (const [name, share] of [
      ["p50", 0.5],
      ["p99", 0.99],
      ["p99.9", 0.999],
    ] as const) {
      const values = percentiles.get(name) ?? [];
      percentiles.set(name, values);
      values.push(times[Math.floor(timed * share)] as number);
    }
  }
  return [...percentiles].map(([name, values]) => ({
    bench: "service time",
    stream: stream.name,
    engine: "bourse",
    unit: `ns ${name}`,
    value: medianOf(values),
    runs,
    hash: null,
  }));
}
