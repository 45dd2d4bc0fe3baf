/**
 * npm run bench:rebuild [-- --commands 1000000 --resting 100000]: how long an engine takes to come back from order_log, where
 * COMMANDS were trimmed and no snapshot can be loaded: the real stage, a real nats-server, a real Postgres. The rows are what
 * clients with order ids and funds make of them; those of another asset lie between them. Left out: the start of the process.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@bourse/matching-core";
import { findNatsBinary, startNats } from "../src/launcher/embedded-nats.js";
import { startPostgres } from "../src/launcher/embedded-postgres.js";
import { freePort } from "../src/launcher/free-port.js";
import { applyMigrations } from "../src/launcher/migrations.js";
import { COLUMN_NAMES, COLUMNS, rowOf } from "../src/order-processing/command-rows.js";
import { type Bus, connectBus } from "../src/shared/bus/bus.js";
import { columns } from "../src/shared/database/columns.js";
import { connectDatabase, type Database } from "../src/shared/database/database.js";
import { readStoredCommands } from "../src/shared/database/stored-commands.js";
import { type Asset, loadAssets } from "../src/shared/domain/assets.js";
import type { Command } from "../src/shared/domain/messages.js";
import { accountId } from "../src/shared/domain/units.js";
import { createLogger } from "../src/shared/process/log.js";
import { commandLine, whole } from "../src/shared/process/options.js";
import { projectRoot } from "../src/shared/process/project-root.js";
import { piecesOf } from "../src/shared/wire/event-rows.js";
import { encodeCommandBatch, encodeExecutionBatch } from "../src/shared/wire/pipeline-codec.js";
import { medianRun, runEngine, type Taken } from "./engine-run.js";
import { asked } from "./options.js";
import { machine } from "./report.js";
import { steadyCommand } from "./steady-flow.js";

const [ASSET, OTHER] = ["BTC-USD", "ETH-USD"];
const RUNS = 5;
const ROWS_PER_INSERT = 500;
const NEVER = { everyCommands: 1e9, everyMs: 1e9, replayMax: 1e9 };

const { commands, resting } = asked(() =>
  commandLine("bench:rebuild", "How soon an engine is back that has nothing but the stored commands.")
    .option("--commands <count>", "stored", whole(), 1_000_000)
    .option("--resting <count>", "orders in the book", whole(), 100_000)
    .parse()
    .opts(),
);
// dist-bench lies one folder deeper than the sources.
const registry = loadAssets(join(projectRoot, "..", "config", "assets.json"));
const log = createLogger("bench", "error");

/** As order-processing hands it on: with the client's id, and covered. */
function commandAt(index: number): Command {
  const command = steadyCommand(index, resting);
  if (command.body.kind !== "new") return command;
  const [clientOrderId, feeRates] = [`order-${command.logId}`, { makerBps: 10, takerBps: 20 }];
  return { ...command, body: { ...command.body, clientOrderId, feeRates } };
}

async function fillStoredCommands(database: Database): Promise<void> {
  const text = `insert into order_log (${COLUMN_NAMES.join(", ")}) select * from unnest(${COLUMN_NAMES.map(
    (name, index) => `$${index + 1}::${COLUMNS[name]}[]`,
  ).join(", ")})`;
  for (let at = 0; at < commands; at += ROWS_PER_INSERT) {
    const some = Array.from({ length: Math.min(ROWS_PER_INSERT, commands - at) }, (_, index) => commandAt(at + index));
    const others = some.map((command) => ({ ...command, accountId: accountId(1_000 + command.accountId) }));
    const rows = [
      ...some.map((command) => rowOf(ASSET, command, null, null)),
      ...others.map((command) => rowOf(OTHER, command, null, null)),
    ];
    await database.transaction([
      {
        name: "fill",
        text,
        values: columns(rows, ...COLUMN_NAMES.map((name) => (row: (typeof rows)[0]) => row[name])),
      },
    ]);
  }
  await database.query("analyze order_log");
}

/** What a trim leaves in the streams: the last command, and what came of it. */
async function fillStreams(bus: Bus): Promise<void> {
  const engine = createEngine(registry.assets.get(ASSET) as Asset);
  for (let at = 0; at < commands - 1; at++) {
    engine.execute(commandAt(at));
    engine.events.drop();
  }
  const last = commandAt(commands - 1);
  engine.execute(last);
  const { lastEventSequence, lastCommandSequence } = engine;
  const [piece] = piecesOf(engine.events.take(), 1e9, lastEventSequence, lastCommandSequence);
  await bus.publish(`commands.${ASSET}`, encodeCommandBatch([last]), { deadlineMs: 10_000 });
  if (piece !== undefined)
    await bus.publish(`executions.${ASSET}`, encodeExecutionBatch(piece), { deadlineMs: 10_000 });
}

const folder = mkdtempSync(join(tmpdir(), "bourse-bench-"));
chmodSync(folder, 0o755); // as root, Postgres runs as somebody else
const place = async (name: string) => ({
  folder: join(folder, name),
  port: await freePort(),
  logFile: join(folder, `${name}.log`),
});
const binary = findNatsBinary(process.env["NATS_SERVER_BIN"] ?? null, process.env["PATH"] ?? "");
const nats = await startNats({ ...(await place("nats")), binary, admits: "anybody" });
const postgres = await startPostgres({ ...(await place("postgres")), isDurable: false });
try {
  await applyMigrations(postgres.adminUrl, false);
  const database = await connectDatabase(postgres.adminUrl, { applicationName: "bench", log });
  const bus = await connectBus(nats.url, { name: "bench", log });
  await bus.ensureStreams(1);
  await fillStoredCommands(database);
  await fillStreams(bus);
  const run = {
    asset: ASSET,
    snapshots: NEVER,
    storedCommands: (asset: string, after: number, max: number) => readStoredCommands(database, asset, after, max),
  };
  const rebuild = () => runEngine(nats.url, registry, run, (service) => Promise.resolve(service.isReady()));
  const row = (what: string, { ms, cpuMs }: Taken) =>
    console.log(`| ${what} | ${ms.toFixed(0)} | ${cpuMs.toFixed(0)} | ${(commands / ms / 1000).toFixed(2)} |`);
  console.log(`${machine()}; ${commands} commands, ${resting} orders rest\n`);
  console.log("| rebuilt from order_log | ms | CPU ms | million commands/s |\n|---|---|---|---|");
  row("the first time, as a new process", await rebuild());
  row(`again, median of ${RUNS}`, await medianRun(RUNS, rebuild));
  await Promise.all([bus.close(), database.close()]);
} finally {
  await Promise.all([nats.process.stop(5_000), postgres.process.stop(5_000)]);
  rmSync(folder, { recursive: true, force: true });
}
