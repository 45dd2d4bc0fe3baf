import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { DayKeeper } from "../../../src/order-processing/day-keeper.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { createDatabase, execute, startPostgres } from "../../support/postgres.js";
import { serviceForTest } from "../../support/service.js";

const TABLES = ["order_log", "trades", "execution_reports", "ledger_entries", "orders"];
const PARTS = `select count(*)::int as parts from pg_inherits where inhparent = $1::regclass`;
const INSERT_TRADE = `insert into trades (asset, trade_id, event_sequence, maker_order_id, taker_order_id, maker_account_id,
  taker_account_id, price_ticks, quantity_lots, taker_side, executed_at_us) values ('BTC-USD', $1, 1, 1, 2, 1, 2, 3, 4, 'buy', 5)`;

describe("parts of history", () => {
  let url: string;
  let database: Database;

  beforeEach(async () => {
    url = await createDatabase();
    database = await connectDatabase(url, { applicationName: "test", log: serviceForTest("test").log });
  });
  afterEach(() => database.close());

  const days = async () =>
    (
      await execute(url, "select (day - (now() at time zone 'UTC')::date)::int as ahead from history_days order by day")
    ).map(({ ahead }) => ahead);

  it("are made for 21 days ahead, once, and told", async () => {
    const service = serviceForTest("order-processing");
    const keepers = [new DayKeeper(service, database), new DayKeeper(serviceForTest("order-processing"), database)];
    await Promise.all(keepers.map((keeper) => keeper.makeDays()));
    expect(await days()).to.deep.equal(Array.from({ length: 22 }, (_, ahead) => ahead));
    for (const table of TABLES) expect(await execute(url, PARTS, [table])).to.deep.equal([{ parts: 23 }]);
  });

  it("take rows wherever the clock is: in the newest that is not in the future, else in the first", async () => {
    await execute(url, "select make_history_day(2)");
    const dayOf = async (id: number) => {
      await execute(url, INSERT_TRADE, [id]);
      const [row] = await execute(
        url,
        "select day = (now() at time zone 'UTC')::date as today, day::text from trades where trade_id = $1",
        [id],
      );
      return row;
    };
    expect(await dayOf(1)).to.include({ today: true });
    await execute(url, "update history_days set day = day - 30 where day = (now() at time zone 'UTC')::date");
    await execute(url, "alter table trades disable trigger user");
    // As if the clock were put forward by 30 days, and nobody had made days.
    const [old] = await execute(url, "select min(day)::text as day from history_days");
    expect(await dayOf(2)).to.deep.include({ day: old?.["day"] });
    // As if it were put back, before the first day there is.
    await execute(url, "update history_days set day = day + 60");
    const [first] = await execute(url, "select min(day)::text as day from history_days");
    expect(await execute(url, "select day::text from writing_day")).to.deep.equal([first]);
  });

  it("refuse to be changed, under their own names, too; and open orders in a part that goes with its day", async () => {
    await execute(url, INSERT_TRADE, [1]);
    const [part] = await execute(url, "select tableoid::regclass::text as name from trades");
    for (const table of ["trades", part?.["name"] as string])
      expect(await execute(url, `update ${table} set price_ticks = 1`).catch((error: Error) => error.message)).to.match(
        /append-only/,
      );
    const order = `insert into orders (asset, order_id, account_id, side, type, time_in_force, filled_lots, status,
      received_at_us, updated_at_us, day) values ('BTC-USD', 1, 1, 'buy', 'limit', 'GTC', 0, $1, 1, 1, $2)`;
    const put = (...values: unknown[]) =>
      execute(url, order, values).catch((error: { constraint: string }) => error.constraint);
    expect(await put("open", "2026-01-01")).to.equal("orders_day_is_that_of_their_end");
    expect(await put("filled", "infinity")).to.equal("orders_day_is_that_of_their_end");
  });
});

describe("a database from before there were days", () => {
  it("keeps its rows, where they are, and goes on", async () => {
    const postgres = await startPostgres({ isDurable: false, migrates: false });
    const url = await postgres.createDatabase();
    const files = readdirSync(join(projectRoot, "sql")).filter((file) => /^\d+_/.test(file));
    const migrate = async (from: number, through: number) => {
      for (const file of files.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
        const number = Number.parseInt(file, 10);
        if (number >= from && number <= through)
          await execute(url, readFileSync(join(projectRoot, "sql", file), "utf8"));
      }
    };
    const daysAt = Number.parseInt(files.find((file) => file.endsWith("_history_days.sql")) as string, 10);
    const idsAt = Number.parseInt(files.find((file) => file.endsWith("_client_order_ids.sql")) as string, 10);
    await migrate(1, idsAt - 1);
    await execute(url, "insert into accounts (name) values ('ann')");
    await execute(
      url,
      `insert into order_log (asset, command_sequence, log_id, account_id, kind, client_order_id, received_at_us, sequenced_at_us)
       select 'BTC-USD', n, n, 1, 'new', 'c' || n, 1, 1 from generate_series(1, 5) n`,
    );
    await execute(
      url,
      `insert into orders (asset, order_id, account_id, side, type, time_in_force, filled_lots, status, received_at_us, updated_at_us)
       select 'BTC-USD', n, 1, 'buy', 'limit', 'GTC', 0, case when n < 4 then 'canceled' else 'open' end, 1, 1
       from generate_series(1, 5) n`,
    );
    await execute(url, INSERT_TRADE, [1]);
    await migrate(idsAt, daysAt);
    expect(
      await execute(url, "select order_id::int as id, day = 'infinity' as is_open from orders order by 1"),
    ).to.deep.equal([1, 2, 3, 4, 5].map((id) => ({ id, is_open: id > 3 })));
    expect(
      await execute(url, "select client_order_id as id, order_id::int from client_order_ids order by 1"),
    ).to.deep.equal([1, 2, 3, 4, 5].map((n) => ({ id: `c${n}`, order_id: n })));
    await execute(url, INSERT_TRADE, [2]);
    const [trades] = await execute(url, "select count(*)::int as trades, count(distinct day)::int as days from trades");
    expect(trades).to.deep.equal({ trades: 2, days: 1 });
    expect(await execute(url, "select count(*)::int as n from order_log")).to.deep.equal([{ n: 5 }]);
    expect(await execute(url, "select make_history_day(3) as made")).to.deep.equal([{ made: true }]);
    const [next] = await execute(url, "select make_history_day(3) as made");
    expect(next).to.deep.equal({ made: true });
  });
});
