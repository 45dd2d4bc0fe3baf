/**
 * Random orders, cancels, replaces, deposits and withdrawals through the real order-processing, engine and settlement,
 * whose stages die all the while; then everything must agree to the last unit. A long run:
 *
 *   MONEY_COMMANDS=1000000 npx mocha test/integration/pipeline/money.test.ts
 *
 * sends larger batches, and takes minutes. MONEY_SEED repeats one; what falls into one batch differs from run to run.
 */
import { randomInt, randomUUID } from "node:crypto";
import { expect } from "chai";
import { differenceText } from "../../../src/reconciliation/difference-text.js";
import { differences } from "../../../src/reconciliation/reconcile.js";
import type { Database } from "../../../src/shared/database/database.js";
import { sqlState } from "../../../src/shared/database/postgres-errors.js";
import { openSnapshot } from "../../../src/shared/database/snapshot.js";
import { Fenced } from "../../../src/shared/domain/errors.js";
import type { AccountId, OrderId } from "../../../src/shared/domain/units.js";
import { nowUs } from "../../../src/shared/process/clock.js";
import { databaseWith } from "../../support/database-with.js";
import { eventually } from "../../support/eventually.js";
import type { ServiceForTest } from "../../support/service.js";
import { metric, startReconciliation } from "../reconciliation/reconciliation-under-test.js";
import { diesBeforePublish, losesFirstAcknowledgement } from "./failing-publishes.js";
import { PipelineUnderTest, type Sabotage, STAGES, type StageName } from "./pipeline-under-test.js";
import { RandomTraders } from "./random-traders.js";

const COMMANDS = Number(process.env["MONEY_COMMANDS"] ?? 2_000);
const SEED = Number(process.env["MONEY_SEED"] ?? randomInt(2 ** 31));
const MESSAGE_REQUESTS_MAX = COMMANDS > 10_000 ? 256 : 20;
/** Further ahead, and every cancel would come too early. */
const UNSETTLED_MAX = COMMANDS > 10_000 ? 8_000 : 500;
const DISRUPTIONS = Math.min(40, Math.ceil(COMMANDS / 250));
const ACCOUNTS = 8;
const ASSETS = ["BTC-USD", "ETH-USD", "SOL-USDC", "KCN-EUR"];
const CURRENCIES = ["USD", "EUR", "USDC", "BTC", "ETH", "SOL", "KCN"];
const SETTLE_WAIT_MS = 120_000;
/** Raised by book_transfer: the account has less. */
const TOO_LITTLE = "BX003";

describe(`money under random orders and crashes (seed ${SEED})`, () => {
  let pipeline: PipelineUnderTest;
  const running = new Map<StageName, ServiceForTest>();
  const restarts: Promise<void>[] = [];
  /** Looks at what is new all the while, wherever that begins and ends. */
  let reconciliation: ServiceForTest;
  let accounts: AccountId[];
  let traders: RandomTraders;
  /** Batches that order-processing has not been seen to be done with. */
  let logged: { readonly asset: string; readonly lastId: OrderId; readonly count: number }[] = [];

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    accounts = [];
    while (accounts.length < ACCOUNTS) accounts.push(await pipeline.createAccount());
    traders = new RandomTraders(SEED, accounts);
    for (const account of accounts) for (const currency of CURRENCIES) await transfer("deposit", account, currency);
    pipeline.snapshots = { everyCommands: 50, everyMs: 1e9 };
    for (const stage of STAGES) await run(stage);
    reconciliation = await startReconciliation(pipeline, {
      wholeMax: 0,
      slice: { commands: 60, events: 90, reports: 70, transfers: 9 },
    });
  });
  after(async () => {
    await reconciliation?.stop();
    running.clear();
    for (const stage of STAGES) await pipeline.kill(stage);
    await pipeline.stop();
  });

  async function transfer(kind: "deposit" | "withdrawal", account: AccountId, currency: string): Promise<void> {
    const units = (["USD", "EUR", "USDC"].includes(currency) ? 10_000 : 5_000_000) * (1 + traders.below(400));
    try {
      await pipeline.rows(
        `select book_transfer($1, $2, $3, $4, $5, 'test')`,
        kind,
        account,
        currency,
        units,
        randomUUID(),
      );
    } catch (error) {
      if (sqlState(error) !== TOO_LITTLE) throw error;
    }
  }

  async function log(asset: string, requests: Parameters<PipelineUnderTest["log"]>[1][]): Promise<void> {
    const ids = await pipeline.log(asset, ...requests);
    traders.logged(asset, requests, ids);
    logged.push({ asset, lastId: ids.at(-1) as OrderId, count: ids.length });
  }

  /** Requests that are in the log and not settled. */
  async function unsettled(): Promise<number> {
    const rows = await pipeline.rows(
      `select o.asset, o.sequence, o.command_sequence - coalesce(t.command_sequence, 0) as commands
       from consumer_positions o
       left join consumer_positions t on t.asset = o.asset and t.service = 'trade-processing'
       where o.service = 'order-processing'`,
    );
    for (const { asset, sequence } of rows)
      logged = logged.filter((batch) => batch.asset !== asset || batch.lastId > (sequence as number));
    const [waiting, inFlight] = [logged.map(({ count }) => count), rows.map(({ commands }) => commands as number)];
    return [...waiting, ...inFlight].reduce((sum, count) => sum + count, 0);
  }

  const settled = (max: number) =>
    eventually(
      `seed ${SEED}: all but ${max} settled`,
      async () => {
        await Promise.all(restarts);
        return (await unsettled()) <= max ? true : null;
      },
      SETTLE_WAIT_MS,
    );

  /** While everything runs, or not. */
  async function expectReconciled(when: string): Promise<void> {
    const snapshot = await openSnapshot(pipeline.databaseUrl, "reconciliation");
    try {
      for await (const difference of differences(snapshot))
        expect.fail(`seed ${SEED}, ${when}: ${differenceText(difference)}`);
    } finally {
      await snapshot.close();
    }
  }

  async function trade(commands: number, { isStuck = false } = {}): Promise<void> {
    for (let sent = 0; sent < commands; ) {
      const count = Math.min(commands - sent, 1 + traders.below(MESSAGE_REQUESTS_MAX));
      const asset = traders.pick(ASSETS);
      await log(asset, traders.requests(asset, count));
      sent += count;
      if (traders.below(5) === 0)
        await transfer(traders.pick(["deposit", "withdrawal"]), traders.pick(accounts), traders.pick(CURRENCIES));
      if (!isStuck && traders.below(8) === 0) await settled(UNSETTLED_MAX);
    }
  }

  /** What is in flight when it happens, is in flight. */
  const disruptions: Record<string, () => Promise<void>> = {
    "a stage dies where it stands": async () => {
      await replace(traders.pick(STAGES));
    },
    "order-processing dies before its publish": () => dieBeforePublish("order-processing", "COMMANDS"),
    "matching-engine dies before its publish": () => dieBeforePublish("matching-engine", "EXECUTIONS"),
    "trade-processing dies before its publish": () => dieBeforePublish("trade-processing", "NOTIFICATIONS"),
    "an acknowledgement is lost": async () => {
      await replace("order-processing", losesFirstAcknowledgement("COMMANDS"));
      await replace("matching-engine", losesFirstAcknowledgement("EXECUTIONS"));
    },
    "the answer to a commit is lost": async () => {
      await replace("order-processing", { database: losesFirstCommit });
      await replace("trade-processing", { database: losesFirstCommit });
    },
    "every connection to Postgres is cut": async () => {
      await pipeline.rows(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = any($1)`,
        STAGES,
      );
    },
  };

  async function replace(stage: StageName, sabotage: Sabotage = {}): Promise<void> {
    running.delete(stage);
    await pipeline.kill(stage);
    await run(stage, sabotage);
  }

  /**
   * What the one before had under way when it died may still arrive. Whoever meets that ends, and is started again, as
   * the launcher does it.
   */
  async function run(stage: StageName, sabotage: Sabotage = {}): Promise<void> {
    const service = await pipeline.start(stage, sabotage);
    running.set(stage, service);
    service.failed.catch((error: unknown) => {
      if (running.get(stage) !== service) return;
      if (error instanceof Fenced) restarts.push(replace(stage));
      else restarts.push(Promise.reject(error));
    });
  }

  async function dieBeforePublish(stage: StageName, stream: Parameters<typeof diesBeforePublish>[0]): Promise<void> {
    const { sabotage, reached } = diesBeforePublish(stream);
    await replace(stage, sabotage);
    await trade(50, { isStuck: true });
    await reached;
    await replace(stage);
  }

  it("loses no unit and holds exactly what open orders need", async () => {
    await trade(Math.ceil(COMMANDS / DISRUPTIONS));
    for (let index = 0; index < DISRUPTIONS; index++) {
      const names = Object.keys(disruptions);
      const what = names[index % names.length] as string;
      await disruptions[what]?.();
      if (index % 3 === 0 && index < 9) await expectReconciled(`after: ${what}`);
      await trade(Math.ceil(COMMANDS / DISRUPTIONS));
    }
    await settled(0);
    const settledMs = performance.now();
    await expectReconciled("when all is settled");
    const reconcileMs = Math.round(performance.now() - settledMs);
    expect(await open()).to.be.above(0);

    for (const asset of ASSETS)
      await log(
        asset,
        accounts.map((account) => ({
          accountId: account,
          receivedAtUs: nowUs(),
          body: { kind: "cancel_all" as const, side: null },
        })),
      );
    await settled(0);
    expect(await open()).to.equal(0);
    await expectReconciled("when all is canceled");
    expect(await pipeline.rows("select * from balances where held <> 0 or open_orders <> 0")).to.deep.equal([]);
    await expectSums();
    await expectNoAlarm();
    await expectVariety(reconcileMs);
  }).timeout(180_000 + COMMANDS * 5);

  async function open(): Promise<number> {
    const [row] = await pipeline.rows(
      "select count(*) as n from orders where status in ('open', 'partially_filled', 'pending_trigger')",
    );
    return row?.["n"] as number;
  }

  async function expectNoAlarm(): Promise<void> {
    expect(await pipeline.rows("select * from reconciliation_differences"), `seed ${SEED}`).to.deep.equal([]);
    const outcome = (name: string) =>
      metric(reconciliation, `bourse_reconciliation_passes_total{outcome="${name}"`).then((count) => count || 0);
    const isDone = async () => ((await outcome("done")) > 0 ? true : null);
    await eventually("a pass that is done", isDone);
    const compared = () => metric(reconciliation, 'bourse_reconciliation_books_total{outcome="compared"');
    await eventually("a book that was compared", async () => ((await compared()) > 0 ? true : null));
    expect(await outcome("failed")).to.equal(0);
  }

  /** Reconciliation says so, too, in another way. */
  async function expectSums(): Promise<void> {
    const rows = await pipeline.rows(
      `select currency, (select sum(amount) from ledger_entries l where l.currency = c.currency)::text as postings,
         (select sum(available + held) from balances b where b.currency = c.currency)::text as balances,
         (select sum(case kind when 'deposit' then units else -units end) from transfers t
          where t.currency = c.currency)::text as transfers
       from currencies c`,
    );
    expect(rows).to.have.length.above(0);
    for (const row of rows) {
      expect(row["postings"], `seed ${SEED} ${row["currency"]}`).to.equal("0");
      expect(row["balances"], `seed ${SEED} ${row["currency"]}`).to.equal(row["transfers"]);
    }
  }

  /** The run met what it is about. */
  async function expectVariety(reconcileMs: number): Promise<void> {
    const events = await pipeline.rows("select event, count(*) as n from execution_reports group by event");
    expect(events.map((row) => row["event"])).to.include.members(
      ["accepted", "rejected", "trade", "canceled", "replaced", "expired", "triggered", "replace_rejected", "reduced"],
      `seed ${SEED}: ${JSON.stringify(events)}`,
    );
    const reasons = await pipeline.rows("select distinct refused from order_log where refused is not null");
    expect(reasons.map((row) => row["refused"])).to.include.members(["insufficient_funds"]);
    if (COMMANDS > 10_000) console.log(JSON.stringify({ seed: SEED, reconcileMs, events, refused: reasons.length }));
  }
});

/** The first transaction that moves a position is committed, and nobody is told. */
function losesFirstCommit(database: Database): Database {
  let isFirst = true;
  return databaseWith(database, {
    async transaction(statements) {
      const rows = await database.transaction(statements);
      if (!isFirst || !statements.some(({ name }) => name === "take_positions")) return rows;
      isFirst = false;
      throw new Error("the connection broke");
    },
  });
}
