/** Commands a second on the five streams, the engines in turn within each run, so that a busy machine slows both. */
import { medianOf } from "../tools/load/percentile.js";
import { BourseEngine } from "./bourse-engine.js";
import type { Contestant } from "./contestant.js";
import { type BenchSize, collectGarbage, elapsedNs, type Measurement } from "./measurement.js";
import { NodejsOrderBook } from "./nodejs-order-book.js";
import type { Stream } from "./streams.js";

const WARM_UP_COMMANDS = 300_000;

const CONTESTANTS: readonly (() => Contestant)[] = [() => new BourseEngine(), () => new NodejsOrderBook()];

export function measureMatching(stream: Stream, { runs }: BenchSize): Measurement[] {
  const base = { stream: stream.name, runs };
  const hashes = CONTESTANTS.map((create) => create().hashOf(stream));
  const rates = CONTESTANTS.map((): number[] => []);
  for (let run = 0; run < runs; run++)
    CONTESTANTS.forEach((create, index) => {
      warmUp(create(), stream);
      rates[index]?.push(commandsPerMicrosecond(create(), stream));
    });
  const names = CONTESTANTS.map((create) => create().name);
  const speeds = names.map(
    (engine, index): Measurement => ({
      bench: "matching",
      ...base,
      engine,
      unit: "million commands/s",
      value: medianOf(rates[index] ?? []),
      hash: hashes[index] ?? null,
    }),
  );
  const ratios = (rates[0] ?? []).map((rate, run) => rate / (rates[1]?.[run] ?? Number.NaN));
  const unit = "times nodejs-order-book";
  return [...speeds, { bench: "matching", ...base, engine: "bourse", unit, value: medianOf(ratios), hash: null }];
}

/** In every run: while the other engine ran, V8 has thrown away the code of functions that nobody called. */
function warmUp(contestant: Contestant, stream: Stream): void {
  contestant.prepare(stream);
  contestant.play(stream, 0, Math.min(stream.length, stream.prefill + WARM_UP_COMMANDS));
}

function commandsPerMicrosecond(contestant: Contestant, stream: Stream): number {
  contestant.prepare(stream);
  contestant.play(stream, 0, stream.prefill);
  collectGarbage();
  const ns = elapsedNs(() => contestant.play(stream, stream.prefill, stream.length));
  return ((stream.length - stream.prefill) / ns) * 1_000;
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
