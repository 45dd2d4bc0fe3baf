/**
 * npm run bench:drop: what those who trade feel of it when a day of history is let go of (`npm run retention`) beside them. Each round
 * is a pipeline of its own: a day is filled, midnight passes, and then the same load runs three times: before, while the day is
 * let go of, and after. The day is closed in between, or, with --closing, while the load runs.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { newestState } from "../../src/reconciliation/engine-books.js";
import { NotVerified, Retention } from "../../src/reconciliation/retention.js";
import { RetentionStore } from "../../src/reconciliation/retention-store.js";
import { connectBus } from "../../src/shared/bus/bus.js";
import { connectDatabase } from "../../src/shared/database/database.js";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { createLogger } from "../../src/shared/process/log.js";
import { commandLine, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { pausedFor, waitFor } from "../../src/shared/process/waits.js";
import { ackValues, calmDown } from "../../tools/load/figure.js";
import { markdownTable } from "../../tools/load/markdown-table.js";
import { measuredRun } from "../../tools/load/measured-run.js";
import { type Own, startOwnPipeline } from "../../tools/load/own-pipeline.js";
import { medianOf } from "../../tools/load/percentile.js";
import { asked } from "../options.js";
import { USUAL_LOAD } from "../usual-load.js";

/** The day that everybody's clock showed first is one that began before tomorrow. */
const TODAY_GOES = -1;
const WARM_UP_SECONDS = 3;
/** Snapshots and reconciliation must have got through the day. */
const VERIFIED_MAX_MS = 120_000;
const AGAIN_MS = 500;
const PARTS_MAX_MS = 60_000;
const SETTINGS = {
  ENGINE_SNAPSHOT_INTERVAL_MS: "5000",
  RECONCILE_INTERVAL_MS: "2000",
  NODE_OPTIONS: [
    process.env["NODE_OPTIONS"] ?? "",
    `--import=${pathToFileURL(join(projectRoot, "bench/drop/next-day.mjs")).href}`,
  ]
    .join(" ")
    .trim(),
};

const options = asked(() =>
  commandLine("bench:drop", "What those who trade feel of it when a day of history is let go of beside them.")
    .option("--rate <orders>", "orders a second", whole({ to: 100_000 }), 2_000)
    .option("--seconds <seconds>", "measured time of a run", whole({ to: 600 }), 8)
    .option("--fill <seconds>", "how long the day is filled, at the same rate", whole({ to: 3_600 }), 20)
    .option("--rounds <count>", "pipelines, one after the other", whole({ to: 20 }), 3)
    .option("--closing", "the day is closed meanwhile, too (its sums, what is kept of it), not before")
    .parse()
    .opts(),
);
const load = { ...USUAL_LOAD, ratePerSecond: options.rate, warmupSeconds: WARM_UP_SECONDS, seed: 1 };
const { assets } = loadAssets(join(projectRoot, "config", "assets.json"));

/** Closes a day, and detaches nothing before it is told to. */
class WaitingStore extends RetentionStore {
  #open: () => void = () => undefined;
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  open(): void {
    this.#open();
  }

  override async detach(...part: Parameters<RetentionStore["detach"]>): Promise<void> {
    await this.#opened;
    await super.detach(...part);
  }
}

interface Round {
  readonly before: readonly number[];
  readonly meanwhile: readonly number[];
  readonly after: readonly number[];
  readonly dropMs: number;
}

async function round(own: Own): Promise<Round> {
  const { target } = own;
  const log = createLogger("bench", "warn");
  const database = await connectDatabase(target.databaseUrl ?? "", { applicationName: "bench", log, poolMax: 1 });
  const bus = await connectBus(target.natsUrl ?? "", { name: "bench", log });
  const store = new WaitingStore(database.lane({ connections: 1, timeoutMs: PARTS_MAX_MS }));
  const retention = new Retention({ store, assets, newestState: newestState.bind(null, bus), tell: console.error });

  async function ackMs(what: string, { seconds = options.seconds, of = target, onStart = () => {} } = {}) {
    const measured = await measuredRun(of, { ...load, seconds }, onStart);
    for (const broken of measured.broken) console.log(`${what}: ${broken}`);
    return ackValues(measured);
  }

  async function midnight(): Promise<void> {
    const parts = database.lane({ connections: 1, timeoutMs: PARTS_MAX_MS });
    while ((await parts.query<{ made: boolean }>("select make_history_day(21) as made", []))[0]?.made === true);
    await parts.query("create or replace view writing_day as select (now() at time zone 'UTC')::date + 1 as day", []);
    for (const pid of new Set(target.services.map((service) => service.pid))) process.kill(pid, "SIGUSR2");
  }

  async function closed(): Promise<void> {
    const isClosed = () =>
      database.query("select 1 from history_days where closed_at is not null", []).then(([row]) => row ?? null);
    await waitFor("the day is closed", { deadlineMs: VERIFIED_MAX_MS, everyMs: AGAIN_MS }, isClosed);
  }

  /** Tried again where reconciliation or a snapshot is not through the day yet. */
  async function letGo(): Promise<void> {
    for (const deadline = performance.now() + VERIFIED_MAX_MS; ; await pausedFor(AGAIN_MS))
      try {
        if ((await retention.run(TODAY_GOES)) !== 1) throw new Error("there was no day to let go of");
        return;
      } catch (error) {
        if (!(error instanceof NotVerified) || performance.now() > deadline) throw error;
      }
  }

  try {
    await calmDown();
    await ackMs("filling", { seconds: options.fill });
    await midnight();
    const before = await ackMs("before");
    const dropping: { ms?: Promise<number> } = {};
    const goes = options.closing ? null : letGo();
    if (goes !== null) await Promise.race([goes, closed()]); // what keeps the day from being closed is told at once
    // Without a database: the day's rows are not there to be counted afterwards.
    const of = { ...target, databaseUrl: null };
    const onStart = () => {
      dropping.ms = pausedFor(WARM_UP_SECONDS * 1_000).then(async () => {
        const startedMs = performance.now();
        store.open();
        await (goes ?? letGo());
        return performance.now() - startedMs;
      });
    };
    const meanwhile = await ackMs("meanwhile", { of, onStart });
    const dropMs = (await dropping.ms) ?? Number.NaN;
    return { before, meanwhile, after: await ackMs("after"), dropMs };
  } finally {
    await bus.close();
    await database.close();
  }
}

const rounds: Round[] = [];
for (let number = 1; number <= options.rounds; number++) {
  const own = await startOwnPipeline(SETTINGS);
  try {
    const one = await round(own);
    rounds.push(one);
    console.log(
      `round ${number}: ${JSON.stringify(one, (_, value) => (typeof value === "number" ? Number(value.toPrecision(3)) : value))}`,
    );
  } finally {
    await own.stop();
  }
}

const row = (name: string, of: (one: Round) => readonly number[]) => [
  name,
  ...[0, 1].map((at) => medianOf(rounds.map((one) => of(one)[at] ?? Number.NaN)).toFixed(2)),
  `${(100 * medianOf(rounds.map((one) => share(of(one), one)))).toFixed(0)} %`,
];
/** Of the p99 of the runs before and after. */
const share = ([, p99 = Number.NaN]: readonly number[], { before, after }: Round) =>
  p99 / (((before[1] ?? Number.NaN) + (after[1] ?? Number.NaN)) / 2);

console.log(
  markdownTable(
    ["ACK, ms", "p50", "p99", "p99, of before and after"],
    [
      row("before", ({ before }) => before),
      row("while a day is let go of", ({ meanwhile }) => meanwhile),
      row("after", ({ after }) => after),
    ],
  ),
);
console.log(
  `letting go of the day took ${(medianOf(rounds.map(({ dropMs }) => dropMs)) / 1_000).toFixed(1)} s; medians of ${options.rounds} rounds`,
);
