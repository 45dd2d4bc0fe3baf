/**
 * What it costs the engine to tell what is shown: the stream with the touched levels taken every 50 commands, against the same
 * stream without, in turn within each run.
 */
import { LevelRows } from "@bourse/matching-core";
import { medianOf } from "../tools/load/percentile.js";
import { BourseEngine } from "./bourse-engine.js";
import { type BenchSize, collectGarbage, elapsedNs, type Measurement } from "./measurement.js";
import type { Stream } from "./streams.js";

const COMMANDS_A_TAKE = 50;
/** A pair takes a quarter of a second, and one in three is disturbed by what else runs on the machine. */
const PAIRS_A_RUN = 3;

export function measureDepth(stream: Stream, { runs }: BenchSize): Measurement[] {
  const pairs = runs * PAIRS_A_RUN;
  const shares: number[] = [];
  for (let pair = 0; pair <= pairs; pair++) {
    const order = pair % 2 === 0 ? [false, true] : [true, false];
    const ns = new Map(order.map((takesLevels) => [takesLevels, timeOf(stream, takesLevels)]));
    // The first pair warms up.
    if (pair > 0) shares.push((100 * (ns.get(false) as number)) / (ns.get(true) as number));
  }
  const base = { stream: stream.name, engine: "bourse", runs: pairs, hash: null };
  return [{ bench: "depth taken", ...base, unit: "% of the speed without", value: medianOf(shares) }];
}

function timeOf(stream: Stream, takesLevels: boolean): number {
  const driver = new BourseEngine();
  const { depthChanges, events } = driver.engine;
  const [bids, asks] = [new LevelRows(), new LevelRows()];
  driver.play(stream, 0, stream.prefill);
  if (takesLevels) depthChanges.takeAll(bids, asks);
  collectGarbage();
  return elapsedNs(() => {
    for (let at = stream.prefill; at < stream.length; at += COMMANDS_A_TAKE) {
      const end = Math.min(stream.length, at + COMMANDS_A_TAKE);
      for (let command = at; command < end; command++) driver.step(stream, command);
      if (takesLevels) depthChanges.take(bids, asks);
      events.drop();
    }
  });
}
