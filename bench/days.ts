/**
 * npm run bench:days [-- --rounds 30]: what parts for days cost those who write. The same seeded batches, commands with their holds
 * and then their settlement, go in turn into two databases of one server: one with parts for 30 days, one whose tables have none.
 * Durable, one connection each. Beside the time, which is the disk's, too, stands the CPU of the connection's process in Postgres.
 * Left out: client order ids, which are in no day.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeAssets } from "../src/launcher/asset-store.js";
import { startPostgres } from "../src/launcher/embedded-postgres.js";
import { freePort } from "../src/launcher/free-port.js";
import { applyMigrations } from "../src/launcher/migrations.js";
import { CommandStore } from "../src/order-processing/command-store.js";
import type { Hold, SequencedBatch } from "../src/order-processing/sequencing.js";
import { type ConnectedDatabase, connectDatabase } from "../src/shared/database/database.js";
import type { Command } from "../src/shared/domain/messages.js";
import type { OrderRecord } from "../src/shared/domain/order-record.js";
import {
  type CommandSequence,
  type CurrencyUnits,
  eventSequence,
  logId,
  type OrderId,
  streamSequence,
} from "../src/shared/domain/units.js";
import { createLogger } from "../src/shared/process/log.js";
import { commandLine, whole } from "../src/shared/process/options.js";
import { settle } from "../src/trade-processing/settlement.js";
import { type AssetSettlement, TradeStore } from "../src/trade-processing/trade-store.js";
import { FundedFlow } from "../test/support/funded-flow.js";
import type { Held } from "../test/support/funded-market.js";
import { TEST_ASSET, TEST_REGISTRY } from "../test/support/test-asset.js";
import { medianOf } from "../tools/load/percentile.js";

const DAYS = 30;
const ACCOUNTS = 300;
const COMMANDS_A_BATCH = 60;
const BATCHES_A_ROUND = 20;
const OPEN_ORDERS_MAX = 2 ** 31 - 1;
const SEED = 3;

const { rounds } = commandLine("bench:days", "What parts for days cost those who write.")
  .option("--rounds <number>", "rounds of each, in turn", whole(), 30)
  .parse()
  .opts();

const WITHOUT_DAYS = `do $$
declare
  whole text;
begin
  foreach whole in array history_tables() loop
    execute format('create table plain (like %I including all)', whole);
    execute format('drop table %I', whole);
    execute format('alter table plain rename to %I', whole);
  end loop;
  alter table order_log add foreign key (action_id) references actions;
  alter table orders set (fillfactor = 70);
  create trigger entries_are_balanced after insert on ledger_entries referencing new table as inserted
    for each statement execute function refuse_unbalanced_entries();
end $$`;

interface Contestant {
  readonly name: string;
  readonly database: ConnectedDatabase;
  readonly commands: CommandStore;
  readonly trades: TradeStore;
  /** Its connection's process in Postgres. */
  readonly process: number;
  readonly batches: Cost[];
}

interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Linux' own count, in nanoseconds. */
const cpuMs = (process: number) => Number(readFileSync(`/proc/${process}/schedstat`, "utf8").split(" ")[0]) / 1e6;

async function contestant(
  name: string,
  prepare: (database: ConnectedDatabase) => Promise<unknown>,
): Promise<Contestant> {
  const url = new URL(server.adminUrl);
  url.pathname = `/${name.replace(" ", "_")}`;
  await applyMigrations(url.href, true);
  const database = await connectDatabase(url.href, { applicationName: "bench", log: createLogger("bench", "silent") });
  await prepare(database);
  await storeAssets(database, TEST_REGISTRY);
  await database.query("insert into accounts (name) select 'account-' || i from generate_series(1, $1) i", [ACCOUNTS]);
  await database.query("update balances set available = 4e18");
  const [[backend] = []] = await database.transaction([{ name: "", text: "select pg_backend_pid() as process" }]);
  const process = backend?.["process"] as number;
  const commands = new CommandStore(database, OPEN_ORDERS_MAX);
  return { name, database, commands, trades: new TradeStore(database), process, batches: [] };
}

/** Files are made durably, which takes a while. */
async function makeDays(database: ConnectedDatabase): Promise<void> {
  const patient = database.lane({ connections: 1, timeoutMs: 60_000 });
  for (let day = 1; day < DAYS; day++) await patient.query("select make_history_day($1)", [DAYS]);
}

const folder = mkdtempSync(join(tmpdir(), "bourse-days-"));
const options = {
  folder: join(folder, "postgres"),
  port: await freePort(),
  logFile: join(folder, "log"),
  isDurable: true,
};
const server = await startPostgres(options);
const withDays = await contestant(`${DAYS} days`, makeDays);
const without = await contestant("no days", (database) => database.query(WITHOUT_DAYS));

const flow = new FundedFlow(SEED);
const orders = new Map<OrderId, OrderRecord>();
let reached = eventSequence(0);

interface Batch {
  readonly commands: SequencedBatch;
  readonly settlement: AssetSettlement;
}

function nextBatch(): Batch {
  // Some of the flow's requests have one number: order_log has none twice.
  const drawn = Array.from({ length: COMMANDS_A_BATCH }, () => {
    const command = flow.next();
    return { command: { ...command, logId: logId(command.commandSequence) }, ...flow.market.apply(command) };
  });
  const settlement = settle(
    drawn.flatMap((each) => each.events),
    reached,
    orders,
    TEST_ASSET,
  );
  const { asset } = TEST_ASSET;
  const commands = drawn.map((each) => withoutName(each.command));
  const throughCommand = commands.at(-1)?.commandSequence as CommandSequence;
  const place = { asset, streamSequence: streamSequence(1) };
  const holds = drawn.flatMap(({ command, held }) => (held === null ? [] : holdOf(command.commandSequence, held)));
  const from = logId(throughCommand - COMMANDS_A_BATCH);
  const batch = {
    commands: { ...place, commands, holds, from, reached: logId(throughCommand) },
    // Orders are changed in place by the next batch.
    settlement: {
      ...place,
      ...settlement,
      from: reached,
      throughCommand,
      newOrders: settlement.newOrders.map((order) => ({ ...order })),
      changedOrders: settlement.changedOrders.map((order) => ({ ...order })),
    },
  };
  reached = settlement.reached;
  return batch;
}

function withoutName(command: Command): Command {
  const { body } = command;
  if (body.kind === "refuse") return { ...command, body: { ...body, request: unnamed(body.request) } };
  return { ...command, body: unnamed(body) };
}

const unnamed = <Body extends object>(body: Body): Body =>
  "clientOrderId" in body ? { ...body, clientOrderId: null } : body;

function holdOf(sequence: CommandSequence, { accountId, currency, units, ordersOpened }: Held): Hold {
  const openedOrders = ordersOpened === 1 ? 1 : 0;
  const of = { commandSequence: sequence, budgetUnits: null };
  return { ...of, accountId, currency, units: Number(units) as CurrencyUnits, openedOrders };
}

async function write(one: Contestant, { commands, settlement }: Batch): Promise<Cost> {
  const [startedMs, cpuBeforeMs] = [performance.now(), cpuMs(one.process)];
  await one.commands.append([commands]);
  await one.trades.store([settlement]);
  return { ms: performance.now() - startedMs, cpuMs: cpuMs(one.process) - cpuBeforeMs };
}

const sum = (costs: readonly Cost[], of: keyof Cost) => costs.reduce((total, cost) => total + cost[of], 0);

function costsOfRounds(one: Contestant, of: keyof Cost): number[] {
  return Array.from({ length: rounds }, (_, round) =>
    sum(one.batches.slice(round * BATCHES_A_ROUND, (round + 1) * BATCHES_A_ROUND), of),
  );
}

const contestants = [withDays, without];
const first = 2 * BATCHES_A_ROUND; // statements are prepared, and caches filled
for (let index = 0; index < first + rounds * BATCHES_A_ROUND; index++) {
  const batch = nextBatch();
  for (const one of index % 2 === 0 ? contestants : contestants.toReversed()) {
    const cost = await write(one, batch);
    if (index >= first) one.batches.push(cost);
  }
}
for (const one of contestants) {
  const perSecond = (BATCHES_A_ROUND * COMMANDS_A_BATCH * 1_000) / medianOf(costsOfRounds(one, "ms"));
  const cpuUs = (1_000 * medianOf(costsOfRounds(one, "cpuMs"))) / (BATCHES_A_ROUND * COMMANDS_A_BATCH);
  console.log(`${one.name}: ${Math.round(perSecond)} commands/s written, ${cpuUs.toFixed(1)} µs of Postgres' CPU each`);
}
for (const [what, of] of [
  ["time", "ms"],
  ["CPU", "cpuMs"],
] as const) {
  const of30 = costsOfRounds(withDays, of);
  const ratios = costsOfRounds(without, of).map((cost, round) => cost / (of30[round] as number));
  console.log(`by ${what}, median of the ratios of ${rounds} rounds: ${(100 * medianOf(ratios)).toFixed(1)} %`);
}
for (const { database } of contestants) await database.close();
await server.process.stop(5_000);
rmSync(folder, { recursive: true });
