/**
 * npm run bench [-- --json] [-- --smoke] [-- --only matching,memory]: the engine and the codecs, without servers.
 * `npm run bench:pipeline` measures the whole pipeline.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inlineMore } from "../src/matching-engine/inlining.js";
import { commandLine, someOf, whole } from "../src/shared/process/options.js";
import { measureCodecs } from "./codecs.js";
import { measureDepth } from "./depth.js";
import { measureHostile } from "./hostile.js";
import { measureMatching, measureServiceTime } from "./matching.js";
import { FULL, type Measurement, SMOKE } from "./measurement.js";
import { measureGarbage, measureMemory, measureSnapshot } from "./memory.js";
import { asked } from "./options.js";
import { machine, tableOf } from "./report.js";
import { FULL_STREAMS, makeStream, STREAM_NAMES, type Stream, type StreamName } from "./streams.js";

const BENCHES = ["memory", "garbage", "snapshot", "hostile", "codec", "matching", "service", "depth"] as const;
const SMOKE_STREAMS = ["mix", "ecore", "mex"] as const;

inlineMore();
const itself = (name: string) => name;
const options = asked(() =>
  commandLine(
    "bench",
    "The engine and the codecs, without servers; npm run bench:pipeline measures the whole pipeline.",
  )
    .option("--json", "one JSON line a figure instead of the table")
    .option("--smoke", "small, to see that it works")
    .option("--only <names>", `some of ${BENCHES.join(", ")}`, someOf(BENCHES, itself), BENCHES)
    .option("--runs <count>", "processes of each contestant in matching", whole())
    .option("--before <folder>", "another checkout, compiled, whose engine takes part in matching")
    .option("--streams <names>", `some of ${STREAM_NAMES.join(", ")}`, someOf(STREAM_NAMES, itself))
    .parse()
    .opts(),
);
if (options.before !== undefined && !existsSync(join(options.before, "dist-bench/bench/bourse-engine.js"))) {
  console.error(`--before ${options.before}: nothing is compiled there; run node bench/build.mjs in it`);
  process.exit(2);
}
const benches = new Set(options.only);
const streamNames = options.streams ?? (options.smoke ? SMOKE_STREAMS : STREAM_NAMES);
const full = options.smoke ? SMOKE : FULL;
const size = { ...full, runs: options.runs ?? full.runs };
const measurements: Measurement[] = [];

function note(found: readonly Measurement[]): void {
  for (const measurement of found) {
    measurements.push(measurement);
    if (options.json) console.log(JSON.stringify(measurement));
    else console.error(`${measurement.bench} ${measurement.stream}: ${measurement.value} ${measurement.unit}`);
  }
}

/** Throws when the stream is not the one that everybody measures. */
function checkedStream(name: StreamName): Stream {
  const stream = makeStream(name, size.commands);
  const expected = options.smoke ? stream : FULL_STREAMS[name];
  if (stream.hash !== expected.hash || stream.trades !== expected.trades || stream.lots !== expected.lots)
    throw new Error(`stream ${name} is another than the one that was published: ${stream.trades}, ${stream.hash}`);
  return stream;
}

if (benches.has("memory")) note(measureMemory(size));
if (benches.has("snapshot")) note(measureSnapshot(size));
if (benches.has("garbage")) note(await measureGarbage(checkedStream("mix")));
if (benches.has("hostile")) note(measureHostile(size));
if (benches.has("codec")) note(measureCodecs(size));
for (const name of streamNames) {
  const stream = checkedStream(name);
  if (benches.has("matching")) {
    const found = await measureMatching(stream, size, options.before);
    note(found);
    for (const { engine, hash } of found)
      if (hash !== null && hash !== stream.hash) throw new Error(`${engine} traded wrongly on ${name}: ${hash}`);
  }
  if (benches.has("service") && name !== "mex") note(measureServiceTime(stream, size));
  if (benches.has("depth") && name === "mix") note(measureDepth(stream, size));
}

const table = `${tableOf(measurements, options.smoke === true)}\n`;
if (!options.json) console.log(`${machine()}\n\n${table}`);
// Only a whole run is kept.
if (!options.smoke && options.streams === undefined && benches.size === BENCHES.length) {
  const folder = new URL("../../bench/results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(new URL(`${date}-engine.md`, folder), `# Engine and codecs, ${date}\n\n${machine()}\n\n${table}`);
}
