/**
 * npm run bench:metrics: what it costs to be seen. Two pipelines, loaded in turn: `bare`, whose instruments do nothing and which nobody
 * asks, and `seen`, whose metrics are asked for every five seconds, as Prometheus does, and a share of whose orders become traces.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readEndpoints } from "../../src/shared/process/endpoints.js";
import { commandLine, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
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

/** Microseconds of CPU an order, by process, without the generator. */
type Costs = ReadonlyMap<string, number>;

function costsOf({ outcome, cpuUntilSettled: { use, seconds } }: Measured): Costs {
  const orders = Math.max(1, outcome.timing.acknowledged.count);
  const ofPipeline = use.filter(({ name }) => name !== LOAD_GENERATOR);
  return new Map(ofPipeline.map(({ name, cores }) => [name, (cores * seconds * 1e6) / orders]));
}

const sum = (costs: Costs) => [...costs.values()].reduce((total, cost) => total + cost, 0);

async function scrape(adminUrls: readonly string[]): Promise<void> {
  await Promise.all(adminUrls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
}

/** What else comes once a minute comes in every run of both, not now in one's and now in the other's. */
const EVEN = { RECONCILE_INTERVAL_MS: "1000", ENGINE_SNAPSHOT_INTERVAL_MS: "2000" };

const receiver = await OtlpReceiver.open();
const nodeOptions = [process.env["NODE_OPTIONS"] ?? "", `--import=${WITHOUT_INSTRUMENTS.href}`].join(" ").trim();
const bare = await startOwnPipeline({ ...EVEN, NODE_OPTIONS: nodeOptions, OTLP_URL: "" });
const seen = await startOwnPipeline({
  ...EVEN,
  OTLP_URL: receiver.url,
  TRACE_SAMPLE_PERCENT: String(options.tracePercent),
});
try {
  const adminUrls = readEndpoints(seen.dataDir, "").services.map(({ adminUrl }) => adminUrl);
  await calmDown();
  const rounds: Record<"bare" | "seen", Costs>[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const costs = { bare: new Map() as Costs, seen: new Map() as Costs };
    // Each goes first in every other round: what the one before leaves behind is paid by both.
    for (const which of round % 2 === 0 ? (["seen", "bare"] as const) : (["bare", "seen"] as const)) {
      const scraper =
        which === "seen"
          ? setInterval(() => void scrape(adminUrls).catch(() => undefined), SCRAPE_EVERY_MS)
          : undefined;
      const measured = await measuredRun((which === "seen" ? seen : bare).target, { ...load, seed: round });
      clearInterval(scraper);
      for (const broken of measured.broken) console.log(`round ${round}, ${which}: ${broken}`);
      costs[which] = costsOf(measured);
    }
    rounds.push(costs);
    console.log(
      `round ${round}: bare ${sum(costs.bare).toFixed(0)} µs, seen ${sum(costs.seen).toFixed(0)} µs an order`,
    );
  }
  const row = (name: string, of: (costs: Costs) => number) => {
    const [ofBare, ofSeen] = (["bare", "seen"] as const).map((which) =>
      medianOf(rounds.map((costs) => of(costs[which]))),
    );
    const more = medianOf(rounds.map((costs) => of(costs.seen) - of(costs.bare)));
    const share = medianOf(rounds.map((costs) => (of(costs.seen) - of(costs.bare)) / sum(costs.bare)));
    return [name, ofBare?.toFixed(1) ?? "", ofSeen?.toFixed(1) ?? "", more.toFixed(1), `${(share * 100).toFixed(1)} %`];
  };
  const processes = new Set(rounds.flatMap(({ bare, seen }) => [...seen.keys(), ...bare.keys()]));
  console.log(
    markdownTable(
      ["CPU an order, µs", "bare", "seen", "more", "of all of bare"],
      [row("all", sum), ...[...processes].map((name) => row(name, (costs) => costs.get(name) ?? 0))],
    ),
  );
  console.log("more, of bare: medians of the rounds");
  console.log(`${new Set(receiver.spans.map(({ traceId }) => traceId)).size} traces came`);
} finally {
  await bare.stop();
  await seen.stop();
  await receiver.close();
}
