import { expect } from "chai";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { applyMigrations } from "../../../src/launcher/migrations.js";
import { lastAction, suspendedAccounts } from "../../../src/shared/access/actions.js";
import { authenticator } from "../../../src/shared/access/authentication.js";
import { BalancesStore } from "../../../src/shared/channels/balances-store.js";
import { CandlesStore } from "../../../src/shared/channels/candles-store.js";
import { OrdersStore } from "../../../src/shared/channels/orders-store.js";
import { StatusStore } from "../../../src/shared/channels/status-store.js";
import { TradesStore } from "../../../src/shared/channels/trades-store.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { reportPostgres } from "../../../src/shared/database/report-database.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { accountId } from "../../../src/shared/domain/units.js";
import { processedThrough } from "../../../src/shared/order-entry/positions-store.js";
import { lastPrices } from "../../../src/shared/order-entry/prices-store.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { asRole, createDatabase, execute, type ServiceRole, startPostgres } from "../../support/postgres.js";
import { serviceForTest } from "../../support/service.js";

const log = createLogger("test", "silent");
const registry = loadAssets(`${projectRoot}config/assets.json`);
const ANN = accountId(1);

const ROLES: readonly ServiceRole[] = [
  "bourse_order_handler",
  "bourse_order_processing",
  "bourse_matching_engine",
  "bourse_trade_processing",
  "bourse_market_data_notifier",
  "bourse_gateway",
  "bourse_back_office",
  "bourse_reconciliation",
  "bourse_operator",
];

/** The stores of order-processing and trade-processing run under their roles in test/integration/pipeline. */
describe("the database's roles", () => {
  let url: string;
  let owner: Database;
  const open: Database[] = [];

  before(async () => {
    url = await createDatabase();
    owner = await connectDatabase(url, { applicationName: "test", log });
    await storeAssets(owner, registry);
    await createApiKey(owner, "ann", "ann", "ann");
  });
  after(async () => {
    for (const database of [owner, ...open]) await database.close();
  });

  async function as(role: ServiceRole): Promise<Database> {
    const database = await connectDatabase(asRole(url, role), { applicationName: "test", log });
    open.push(database);
    expect(await database.query("select current_user::text as name")).to.deep.equal([{ name: role }]);
    return database;
  }

  it("let the order-handler check logins and see how far everything is", async () => {
    const database = await as("bourse_order_handler");
    expect(await authenticator(database)("ann", "ann")).to.include({ accountId: ANN, account: "ann" });
    expect(await lastPrices(database, ["BTC-USD"])).to.have.property("size", 0);
    expect(await processedThrough(database)).to.have.property("size", 0);
    expect(await lastAction(database)).to.equal(0);
    expect(await suspendedAccounts(database)).to.have.property("size", 0);
    await database.query(
      `insert into cancel_triggers values ('timer/1', 1, 'timer', 'test', now())
       on conflict (trigger_id) do update set due_at = excluded.due_at`,
    );
    await database.query("delete from cancel_triggers");
  });

  it("let the market-data-notifier read what it publishes", async () => {
    const database = await as("bourse_market_data_notifier");
    const trades = new TradesStore(database, registry.assets);
    const orders = new OrdersStore(database, registry.assets);
    expect(await authenticator(database)("ann", "ann")).to.include({ account: "ann" });
    expect(await trades.recentTrades("BTC-USD", 50)).to.deep.equal([]);
    expect(await trades.tradesIn([{ key: "BTC-USD", after: 0, upTo: 9 }])).to.deep.equal([]);
    expect(await trades.lastTradeIds()).to.have.length(registry.assets.size);
    const candles = new CandlesStore(database);
    const range = { fromMs: 0, throughMs: 0, beforeMs: 60_000, intervalMs: 60_000 };
    expect(await candles.candlesIn("BTC-USD", range)).to.deep.equal({ candles: [], hasEarlier: false });
    expect(await candles.settledTrades(["BTC-USD"])).to.have.property("size", 0);
    expect(await new StatusStore(database, registry.assets).bookStates()).to.deep.equal([]);
    expect(await orders.accountSnapshot(ANN, 9)).to.include({ accountSequence: 0 });
    expect(await orders.reportsAfter(ANN, 0, 9)).to.deep.equal([]);
    expect(await orders.reportsIn([{ key: ANN, after: 0, upTo: 9 }])).to.deep.equal([]);
    expect(await orders.lastAccountSequences([ANN])).to.have.length(1);
    expect(await new BalancesStore(database).balancesOf([ANN])).to.have.length(1);
  });

  it("let order-processing turn what is due into actions", async () => {
    const database = await as("bourse_order_processing");
    await owner.query("update trigger_watch set looked_at = now()");
    await owner.query("insert into cancel_triggers values ('timer/1', 1, 'timer', 'test', now() - interval '1 s')");
    expect(await database.query("select fire_cancel_triggers(10) as fired")).to.deep.equal([{ fired: 1 }]);
  });

  it("let reconciliation see what Postgres does for all", async () => {
    const { metrics } = serviceForTest("reconciliation");
    reportPostgres({ metrics }, await as("bourse_reconciliation"), { hasOthers: true });
    const text = await metrics.text();
    for (const name of [
      "transactions_total",
      "archive_failures_total",
      "locks",
      "database_bytes",
      "connections",
      "connections_max",
      "standbys",
      "standby_wanted",
    ])
      expect(text).to.match(new RegExp(`^bourse_postgres_${name}\\{.*\\} \\d+$`, "m"));
  });

  it("let the desk do what operators do", async () => {
    const database = await as("bourse_back_office");
    await database.query("insert into accounts (name) values ('dan')");
    const [dan] = await database.query<{ id: number }>("select account_id as id from accounts where name = 'dan'");
    await database.query("select request_transfer('deposit', $1, 'USD', 5, 'r0', 'me', 'a gift')", [dan?.id]);
    await database.query("select decide_transfer(1, true, 'you', 'a gift')");
    await database.query("select kill_switch('me', 'a test')");
    await database.query("select change_account('resume', null, 'me', 'a test')");
    await database.query("select end_wind_down(begin_wind_down('BTC-USD', 'cancel', true, 'me', 'a test') - 1)");
    await database.query("select claim_act('me', 'k', 'x')");
    await database.query("select set_asset_state(null, 'open', 'me', 'a test')");
  });

  it("let operators keep accounts, keys, money and the states of assets", async () => {
    const database = await as("bourse_operator");
    await createApiKey(database, "bob", "bob", "bob");
    const [bob] = await database.query<{ id: number }>("select account_id as id from accounts where name = 'bob'");
    const { id } = bob as { id: number };
    await database.query("select make_transfer('deposit', $1, 'USD', 5, 'r1', 'me', 'a gift')", [id]);
    await database.query("select make_transfer('withdrawal', $1, 'USD', 5, 'r2', 'me', 'taken back')", [id]);
    await database.query("select change_account('suspend', $1, 'me', 'a test')", [id]);
    await database.query("select revoke_key('bob', 'me', 'a test')");
    await database.query("select set_asset_state('BTC-USD', 'halted', 'me', 'a test')");
    await database.query("select set_asset_state(null, 'open', 'me', 'a test')");
    for (const { name } of await owner.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') " +
        "and not relispartition", // parts are read through their whole
    ))
      await database.query(`select 1 from ${name} limit 1`);
  });

  describe("deny", () => {
    const EVERYBODY_BUT = (...allowed: readonly ServiceRole[]) => ROLES.filter((role) => !allowed.includes(role));
    /** The desk is where operators are, too. */
    const OPERATORS = ["bourse_operator", "bourse_back_office"] as const;
    const denied: [string, readonly ServiceRole[], string][] = [
      [
        "to write trades, to all but trade-processing",
        EVERYBODY_BUT("bourse_trade_processing"),
        "insert into trades default values",
      ],
      [
        "to write reports, to all but trade-processing",
        EVERYBODY_BUT("bourse_trade_processing"),
        "insert into execution_reports default values",
      ],
      [
        "to store commands, to all but order-processing",
        EVERYBODY_BUT("bourse_order_processing"),
        "insert into order_log default values",
      ],
      [
        "to write candles, to all but trade-processing",
        EVERYBODY_BUT("bourse_trade_processing"),
        "insert into candles default values",
      ],
      ["to read balances", ["bourse_order_handler"], "select 1 from balances"],
      [
        "to change balances",
        ["bourse_order_handler", "bourse_market_data_notifier", "bourse_gateway"],
        "update balances set available = 1",
      ],
      [
        "to write the ledger",
        ["bourse_order_handler", "bourse_market_data_notifier", "bourse_gateway"],
        "insert into ledger_entries default values",
      ],
      ["to make money", EVERYBODY_BUT(...OPERATORS), "select book_transfer('deposit', 1, 'USD', 1, 'stolen', 'me')"],
      ["to give out keys", EVERYBODY_BUT(...OPERATORS), "insert into api_keys default values"],
      ["to give back a key's rights", EVERYBODY_BUT(...OPERATORS), "update api_keys set revoked_at = null"],
      ["to read keys", ["bourse_order_processing", "bourse_trade_processing"], "select 1 from api_keys"],
      [
        "to read what checks signatures, to all but the gateway and operators",
        EVERYBODY_BUT("bourse_gateway", "bourse_operator"),
        "select 1 from api_key_signers",
      ],
      ...["people", "sign_in_codes", "sign_in_sessions"].map((table): [string, readonly ServiceRole[], string] => [
        `to see ${table}, to all but the gateway and operators`,
        EVERYBODY_BUT("bourse_gateway", "bourse_operator"),
        `select 1 from ${table}`,
      ]),
      [
        "to sign people up, or open their sessions, to all but the gateway",
        EVERYBODY_BUT("bourse_gateway"),
        "select sign_up('ann@example.com', 'x'), open_session(1, 'x', 'x', '1 day', 1)",
      ],
      [
        "to give out play money, to all but the gateway",
        EVERYBODY_BUT("bourse_gateway"),
        "select claim_faucet(1, null)",
      ],
      [
        "to say how much play money there is",
        EVERYBODY_BUT("bourse_operator"),
        "update play_money set is_simulated = true",
      ],
      ["to move people to other accounts", ROLES, "update people set account_id = 1"],
      ["to lift a suspension", EVERYBODY_BUT(...OPERATORS), "update accounts set suspended = false"],
      [
        "to set an asset's state",
        EVERYBODY_BUT(...OPERATORS),
        "select set_asset_state('BTC-USD', 'open', 'me', 'why')",
      ],
      [
        "to decide for an operator",
        ["bourse_order_handler", "bourse_trade_processing", "bourse_market_data_notifier", "bourse_gateway"],
        "select record_action('suspend', null, null, null, null, null, 'me', 'why')",
      ],
      [
        "to see who traded",
        ["bourse_order_handler", "bourse_order_processing", "bourse_market_data_notifier", "bourse_gateway"],
        "select maker_account_id from trades",
      ],
      [
        "to read other people's reports",
        ["bourse_order_handler", "bourse_order_processing"],
        "select 1 from execution_reports",
      ],
      ["to rewrite history", ROLES, "update ledger_entries set available_change = 0"],
      ["to forget history", ROLES, "delete from actions"],
      ["to empty a table", ROLES, "truncate order_log"],
      ["to make a table", ROLES, "create table mine ()"],
      ["to drop a guard", ROLES, "drop trigger trades_are_append_only on trades"],
      ["to become somebody else", ROLES, "create role me superuser"],
    ];
    for (const [what, roles, sql] of denied)
      it(what, async () => {
        for (const role of roles) {
          const problem = await execute(asRole(url, role), sql).then(
            () => "done",
            (error: Error) => error.message,
          );
          expect(problem, role).to.match(/^(permission denied|must be owner)/);
        }
      });

    it("to move another service's position", async () => {
      await execute(url, "insert into consumer_positions values ('trade-processing', 'X-USD', 7, 7, 7, 7)");
      const role = asRole(url, "bourse_order_processing");
      await execute(role, "update consumer_positions set sequence = 0 where service = 'trade-processing'");
      expect(await execute(role, "select sequence from consumer_positions where asset = 'X-USD'")).to.deep.equal([
        { sequence: "7" },
      ]);
      const theft = execute(role, "insert into consumer_positions values ('trade-processing', 'Y-USD', 7, 7, 7, 7)");
      expect(String(await theft.catch((error: Error) => error.message))).to.match(/row-level security/);
    });
  });

  it("are made once, whoever migrates, however many at the same time; and not by whom may not make them", async () => {
    const cluster = await startPostgres({ isDurable: false, migrates: false });
    const admin = await cluster.createDatabase();
    const database = (name: string, user?: string) => {
      const other = new URL(admin);
      other.pathname = `/${name}`;
      if (user !== undefined) [other.username, other.password] = [user, user];
      return other.href;
    };
    const grants = async (name: string) =>
      (
        await execute(
          database(name),
          "select has_table_privilege(oid, 'trades', 'insert') as may from pg_roles where rolname = 'bourse_trade_processing'",
        )
      ).map(({ may }) => may);
    try {
      await execute(admin, "create role plain login password 'plain'");
      for (const name of ["early", "late"]) await execute(admin, `create database ${name} owner plain`);
      await applyMigrations(database("early", "plain"), false);
      expect(await grants("early")).to.deep.equal([]);

      await Promise.all(["a", "b", "c"].map((name) => applyMigrations(database(name), true)));
      for (const name of ["a", "b", "c"]) expect(await grants(name)).to.deep.equal([true]);
      await applyMigrations(database("late", "plain"), false);
      expect(await grants("late")).to.deep.equal([true]);
    } finally {
      await cluster.stop();
    }
  });
});
