/**
 * npm run bench:days [-- --rounds 30]: what parts for days cost a settlement. The same seeded settlements go, in turn, into two
 * databases of one server: one with parts for 30 days, one whose tables have none. Durable, one connection each. Left out:
 * order-processing's transaction, which writes two of the five tables.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeAssets } from "../src/launcher/asset-store.js";
import { startPostgres } from "../src/launcher/embedded-postgres.js";
import { freePort } from "../src/launcher/free-port.js";
import { applyMigrations } from "../src/launcher/migrations.js";
import { type ConnectedDatabase, connectDatabase } from "../src/shared/database/database.js";
import type { OrderRecord } from "../src/shared/domain/order-record.js";
import { commandSequence, eventSequence, type OrderId, streamSequence } from "../src/shared/domain/units.js";
import { createLogger } from "../src/shared/process/log.js";
import { commandLine, whole } from "../src/shared/process/options.js";
import { settle } from "../src/trade-processing/settlement.js";
import { type AssetSettlement, TradeStore } from "../src/trade-processing/trade-store.js";
import { FundedFlow } from "../test/support/funded-flow.js";
import { TEST_ASSET, TEST_REGISTRY } from "../test/support/test-asset.js";
import { medianOf } from "../tools/load/percentile.js";

const DAYS = 30;
const ACCOUNTS = 300;
const COMMANDS_A_BATCH = 60;
const BATCHES_A_ROUND = 20;
const SEED = 3;

const { rounds } = commandLine("bench:days", "What parts for days cost a settlement.")
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
  create trigger entries_are_balanced after insert on ledger_entries referencing new table as inserted
    for each statement execute function refuse_unbalanced_entries();
end $$`;

interface Contestant {
  readonly name: string;
  readonly database: ConnectedDatabase;
  readonly store: TradeStore;
  readonly rates: number[];
}

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
  // What is settled was never held here, nor deposited.
  await database.query("update balances set may_owe = true");
  for (const limit of ["held", "open_orders"])
    await database.query(`alter table balances drop constraint balances_${limit}_is_not_negative`);
  return { name, database, store: new TradeStore(database), rates: [] };
}

/** Files are made durably, which takes a while. */
const patient = (database: ConnectedDatabase) => database.lane({ connections: 1, timeoutMs: 60_000 });

const folder = mkdtempSync(join(tmpdir(), "bourse-days-"));
const options = {
  folder: join(folder, "postgres"),
  port: await freePort(),
  logFile: join(folder, "log"),
  isDurable: true,
};
const server = await startPostgres(options);
const withDays = await contestant(`${DAYS} days`, async (database) => {
  for (let day = 1; day < DAYS; day++) await patient(database).query("select make_history_day($1)", [DAYS]);
});
const without = await contestant("no days", (database) => database.query(WITHOUT_DAYS));

const flow = new FundedFlow(SEED);
const orders = new Map<OrderId, OrderRecord>();
let reached = eventSequence(0);

function nextBatch(): AssetSettlement {
  const events = Array.from({ length: COMMANDS_A_BATCH }, () => flow.market.apply(flow.next())).flatMap(
    (each) => each.events,
  );
  const settlement = settle(events, reached, orders, TEST_ASSET);
  const position = { from: reached, streamSequence: streamSequence(1), throughCommand: commandSequence(1) };
  reached = settlement.reached;
  // Orders are changed in place by the next batch.
  const [newOrders, changedOrders] = [settlement.newOrders, settlement.changedOrders].map((some) =>
    some.map((order) => ({ ...order })),
  );
  return {
    asset: TEST_ASSET.asset,
    ...settlement,
    ...position,
    newOrders: newOrders as OrderRecord[],
    changedOrders: changedOrders as OrderRecord[],
  };
}

for (let round = -2; round < rounds; round++) {
  const batches = Array.from({ length: BATCHES_A_ROUND }, nextBatch);
  for (const one of round % 2 === 0 ? [withDays, without] : [without, withDays]) {
    const startedMs = performance.now();
    for (const batch of batches) await one.store.store([batch]);
    const perSecond = (BATCHES_A_ROUND * COMMANDS_A_BATCH * 1_000) / (performance.now() - startedMs);
    if (round >= 0) one.rates.push(perSecond); // the first two prepare statements
  }
}
for (const { name, rates } of [withDays, without])
  console.log(`${name}: ${Math.round(medianOf(rates))} commands/s settled`);
const ratios = withDays.rates.map((rate, round) => rate / (without.rates[round] as number));
console.log(`median of the ratios of ${rounds} rounds: ${(100 * medianOf(ratios)).toFixed(1)} %`);
for (const { database } of [withDays, without]) await database.close();
await server.process.stop(5_000);
rmSync(folder, { recursive: true });
