/**
 * npm run bench:fanout: what the notifier delivers to thousands of subscribers, beside a stock Socket.IO server that does
 * `io.to(room).emit` in the same run. bench/README.md says how, and what it leaves out.
 */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { commandLine, someOf, whole } from "../../src/shared/process/options.js";
import { markdownTable } from "../../tools/load/markdown-table.js";
import { startOnOwnServers } from "../../tools/load/own-servers.js";
import { medianOf } from "../../tools/load/percentile.js";
import { asked } from "../options.js";
import { machine } from "../report.js";
import { CONTESTANTS, SERVER_CORE } from "./contestants.js";
import { ACCOUNTS, ASSETS, delivered, ownReports, REPORTS, resumed, stalled, type Values, type World } from "./rows.js";
import { Settlement } from "./settlement.js";
import { COLUMNS, figureRows, type Rounds } from "./table.js";

const ROWS = ["delivered", "own", "stalled", "stalled500", "resumed"] as const;
type Row = (typeof ROWS)[number];

const counts = (text: string) => text.split(",").map(whole({ to: 50_000 }));
const options = asked(() =>
  commandLine("bench:fanout", "What the notifier delivers to thousands of subscribers, beside io.to(room).emit.")
    .option("--connections <counts>", "subscribers of the first rows", counts, [1_000, 10_000])
    .option("--subscribers <count>", "subscribers of the others", whole({ to: 50_000 }), 5_000)
    .option("--trades <count>", "trades a second of one asset beside own reports", whole({ to: 10_000 }), 2_000)
    .option("--seconds <seconds>", "measured time of a run", whole({ to: 60 }), 4)
    .option("--rounds <count>", "medians count", whole({ to: 9 }), 3)
    .option("--only <rows>", `some of ${ROWS.join(", ")}`, someOf(ROWS, String), ROWS)
    .parse()
    .opts(),
);
const { subscribers, seconds } = options;

/** The subscribers and the servers that are not measured are kept off the server's core. */
function keepOff(core: number): string {
  const others = cpus()
    .flatMap((_, at) => (at === core ? [] : [at]))
    .join(",");
  const { status } = spawnSync("taskset", ["-acp", others, String(process.pid)]);
  if (status !== 0) throw new Error("taskset can't pin this process: it needs two cores, and util-linux");
  return `server on core ${core}, everything else on core ${others}`;
}

const rounds: Rounds = new Map();
function note(row: string, contestant: string, values: Values): void {
  const ofRow = rounds.get(row) ?? new Map<string, Values[]>();
  rounds.set(row, ofRow);
  ofRow.set(contestant, [...(ofRow.get(contestant) ?? []), values]);
  console.error(
    row,
    contestant,
    JSON.stringify(values, (_, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value)),
  );
}

async function measure(world: World, round: number): Promise<void> {
  const does = (row: Row) => options.only.includes(row);
  const inTurn = round % 2 === 0 ? CONTESTANTS : CONTESTANTS.toReversed();
  if (does("delivered"))
    for (const count of options.connections)
      for (const assets of [ASSETS.slice(0, 1), ASSETS])
        for (const name of inTurn)
          note(`delivered ${count} × ${assets.length}`, name, await delivered(name, world, count, assets));
  if (does("own")) note("own", "notifier", await ownReports(world, subscribers, options.trades));
  const flow = { assets: [ASSETS[0]], perSecond: options.trades / 4, everyMs: 5 };
  if (does("stalled")) note("stalled", "notifier", await stalled(world, subscribers, 1, flow));
  if (does("stalled500")) note("stalled500", "notifier", await stalled(world, subscribers, subscribers / 10, flow));
  if (does("resumed")) note("resumed", "notifier", await resumed(world, subscribers));
}

const pinned = keepOff(SERVER_CORE);
const own = await startOnOwnServers(async ({ natsUrl, databaseUrl, config, dataFolder }) => {
  const settlement = await Settlement.start({ natsUrl, databaseUrl });
  const accounts = options.only.some((row) => row === "own" || row === "resumed")
    ? await settlement.createAccounts("fan", ACCOUNTS, REPORTS)
    : [];
  const env = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, ASSETS_FILE: config.assetsFile, DATA_DIR: dataFolder };
  const world = { env, settlement, seconds, accounts };
  try {
    for (let round = 0; round < options.rounds; round++) await measure(world, round);
  } catch (error) {
    await settlement.stop();
    throw error;
  }
  const target = { orderHandler: config.orderHandler, notifierUrl: null, databaseUrl, natsUrl, services: [] };
  return { target: { ...target, orderHandler: { host: "127.0.0.1", port: 0 } }, stop: () => settlement.stop() };
});
await own.stop();
console.log(`${machine()}; ${pinned}; medians of ${options.rounds}; raw sockets as clients\n`);
console.log(markdownTable(COLUMNS, figureRows(rounds, medianOf)));
