/**
 * npm run bench:metrics: what it costs to be seen. Two pipelines, loaded in turn: `bare`, whose instruments do nothing and which nobody
 * asks, and `seen`, whose metrics are asked for every five seconds, as Prometheus does, and a share of whose orders become traces.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readEndpoints } from "../../src/shared/process/endpoints.js";
import { commandLine, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { TRACE_EXPORT } from "../../src/shared/process/services.js";
import { OtlpReceiver } from "../../test/support/otlp-receiver.js";
import { calmDown } from "../../tools/load/figure.js";
import { markdownTable } from "../../tools/load/markdown-table.js";
import { LOAD_GENERATOR, type Measured, measuredRun } from "../../tools/load/measured-run.js";
import { startOwnPipeline } from "../../tools/load/own-pipeline.js";
import { medianOf } from "../../tools/load/percentile.js";
import { asked } from "../options.js";
import { USUAL_LOAD } from "../usual-load.js";

const SCRAPE_EVERY_MS = 5_000;
const WITHOUT_INSTRUMENTS = pathToFileURL(join(projectRoot, "bench/metrics-cost/without-instruments.mjs"));

const options = asked(() =>
  commandLine("bench:metrics", "What metrics, scraped every five seconds, and traces cost an order, in CPU.")
    .option("--rate <orders>", "orders a second", whole({ to: 100_000 }), 1_000)
    .option("--seconds <seconds>", "measured time of a run", whole({ to: 600 }), 15)
    .option("--warmup <seconds>", "before it, not measured", whole({ from: 0, to: 600 }), 30)
    .option("--rounds <count>", "runs of each, in turn", whole({ to: 20 }), 5)
    .option("--trace-percent <share>", "of the orders that become traces", whole({ to: 100 }), 1)
    .parse()
    .opts(),
);

const { rate: ratePerSecond, seconds, warmup: warmupSeconds } = options;
const load = { ...USUAL_LOAD, ratePerSecond, seconds, warmupSeconds };

/** Microseconds of CPU an order: of all processes but the generator, and of the export alone. */
function costOf({ outcome, cpuUntilSettled: { use, seconds } }: Measured): { all: number; traces: number } {
  const ofCores = (cores: number) => (cores * seconds * 1e6) / Math.max(1, outcome.timing.acknowledged.count);
  const sum = (isIt: (name: string) => boolean) =>
    ofCores(use.reduce((total, { name, cores }) => total + (isIt(name) ? cores : 0), 0));
  return { all: sum((name) => name !== LOAD_GENERATOR), traces: sum((name) => name === TRACE_EXPORT) };
}

async function scrape(adminUrls: readonly string[]): Promise<void> {
  await Promise.all(adminUrls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
}

const receiver = await OtlpReceiver.open();
const nodeOptions = [process.env["NODE_OPTIONS"] ?? "", `--import=${WITHOUT_INSTRUMENTS.href}`].join(" ").trim();
const bare = await startOwnPipeline({ NODE_OPTIONS: nodeOptions, OTLP_URL: "" });
const seen = await startOwnPipeline({ OTLP_URL: receiver.url, TRACE_SAMPLE_PERCENT: String(options.tracePercent) });
try {
  const adminUrls = readEndpoints(seen.dataDir, "").services.map(({ adminUrl }) => adminUrl);
  await calmDown();
  const costs: { bare: number; seen: number; traces: number }[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const cost = { bare: 0, seen: 0, traces: 0 };
    // Each goes first in every other round: what the one before leaves behind is paid by both.
    for (const which of round % 2 === 0 ? (["seen", "bare"] as const) : (["bare", "seen"] as const)) {
      const scraper =
        which === "seen"
          ? setInterval(() => void scrape(adminUrls).catch(() => undefined), SCRAPE_EVERY_MS)
          : undefined;
      const measured = await measuredRun((which === "seen" ? seen : bare).target, { ...load, seed: round });
      clearInterval(scraper);
      for (const broken of measured.broken) console.log(`round ${round}, ${which}: ${broken}`);
      const { all, traces } = costOf(measured);
      cost[which] = all;
      if (which === "seen") cost.traces = traces;
    }
    costs.push(cost);
    console.log(`round ${round}: bare ${cost.bare.toFixed(0)} µs, seen ${cost.seen.toFixed(0)} µs an order`);
  }
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const [ofBare, ofSeen, ofTraces] = (["bare", "seen", "traces"] as const).map((which) =>
    medianOf(costs.map((cost) => cost[which])),
  ) as [number, number, number];
  console.log(
    markdownTable(
      ["CPU an order, medians", "µs", "of bare"],
      [
        ["bare", ofBare.toFixed(0), ""],
        ["seen", ofSeen.toFixed(0), percent(medianOf(costs.map((cost) => cost.seen / cost.bare - 1)))],
        [`the process ${TRACE_EXPORT} alone`, ofTraces.toFixed(1), percent(ofTraces / ofBare)],
      ],
    ),
  );
  console.log(`${new Set(receiver.spans.map(({ traceId }) => traceId)).size} traces came`);
} finally {
  await bare.stop();
  await seen.stop();
  await receiver.close();
}
