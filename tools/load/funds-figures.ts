/** What it costs to hold and settle money: the pipeline with funds and fees against the same one without, in one run. */
import { ackValues, type Bound, calmDown, type Figure, reportValues, type Sample, sample } from "./figure.js";
import type { LoadOptions } from "./load-run.js";
import { type Measured, measuredRun } from "./measured-run.js";
import { type Own, startOwnPipeline } from "./own-pipeline.js";

/** 80 % of the speed is 125 % of the time. */
const LEAST_SPEED = 0.8;
/** More than the pipeline keeps up with, so that its own speed is what counts, and short of BUSY. */
const OVERLOAD_PER_SECOND = 12_000;
const OVERLOAD_SECONDS = 10;

export function fundsFigures(load: LoadOptions): Figure[] {
  const latencies = ["order → ACK p50", "order → ACK p99", "order → own report p50", "order → own report p99"];
  const at = (ratePerSecond: number): Figure => ({
    name: `funds: ${ratePerSecond.toLocaleString("en")}/s`,
    bounds: latencies.map(againstWithout),
    run: async (target) => {
      const measured = await measuredRun(target, { ...load, ratePerSecond, seconds: 20 });
      return sample(measured, [...ackValues(measured), ...reportValues(measured)]);
    },
  });
  const overload = { ...load, ratePerSecond: OVERLOAD_PER_SECOND, seconds: OVERLOAD_SECONDS, warmupSeconds: 0 };
  return [
    at(1_000),
    at(5_000),
    {
      name: `funds: ${OVERLOAD_PER_SECOND.toLocaleString("en")}/s for ${OVERLOAD_SECONDS} s`,
      bounds: [againstWithout("first order → last row")],
      run: async (target) => {
        const measured = await measuredRun(target, overload);
        return sample(measured, [secondsUntilSettled(measured)]);
      },
    },
  ];
}

/** Each figure's samples: the times with funds, in percent of those without. Which comes first alternates. */
export async function compareFunds(figures: readonly Figure[], runs: number): Promise<Sample[][]> {
  const samples: Sample[][] = figures.map(() => []);
  for (let run = 0; run < runs; run++) {
    const isFirstWith = run % 2 === 0;
    const first = await measureOnce(figures, isFirstWith);
    const second = await measureOnce(figures, !isFirstWith);
    const [withFunds, without] = isFirstWith ? [first, second] : [second, first];
    for (const [index, of] of samples.entries()) of.push(compared(withFunds[index], without[index]));
  }
  return samples;
}

async function measureOnce(figures: readonly Figure[], holdsFunds: boolean): Promise<Sample[]> {
  const own: Own = await startOwnPipeline({ PROCESSING_HOLD_FUNDS: String(holdsFunds) });
  try {
    const samples: Sample[] = [];
    for (const figure of figures) {
      await calmDown();
      samples.push(await figure.run(own.target));
    }
    return samples;
  } finally {
    await own.stop();
  }
}

function compared(withFunds: Sample | undefined, without: Sample | undefined): Sample {
  const values = (withFunds?.values ?? []).map(
    (value, index) => (100 * value) / (without?.values[index] ?? Number.NaN),
  );
  const broken = [...(withFunds?.broken ?? []), ...(without?.broken ?? []).map((text) => `without funds: ${text}`)];
  return { values, broken, othersShare: Math.max(withFunds?.othersShare ?? 0, without?.othersShare ?? 0) };
}

function againstWithout(name: string): Bound {
  return { name: `${name}, against without`, unit: "% of the time", needed: 100 / LEAST_SPEED, aim: 110 };
}

function secondsUntilSettled({ settlement }: Measured): number {
  const afterMs = settlement?.settledAfterMs;
  return afterMs === undefined || afterMs === null ? Number.POSITIVE_INFINITY : OVERLOAD_SECONDS + afterMs / 1_000;
}
