import { expect } from "chai";
import { storeAssets } from "../../../../src/launcher/asset-store.js";
import { connectDatabase, type Database } from "../../../../src/shared/database/database.js";
import { sqlState } from "../../../../src/shared/database/postgres-errors.js";
import { loadAssets } from "../../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import { createDatabase } from "../../../support/postgres.js";
import { serviceForTest } from "../../../support/service.js";

/** What sql/5_access.sql promises. */
describe("actions", () => {
  let database: Database;

  before(async () => {
    const { log } = serviceForTest("test");
    database = await connectDatabase(await createDatabase(), { applicationName: "actions-test", log, poolMax: 8 });
    await storeAssets(database, loadAssets(`${projectRoot}config/assets.json`));
    await database.query("insert into accounts (name) values ('ann'), ('bob')");
  });
  after(() => database.close());

  const value = async (sql: string, ...values: unknown[]) =>
    Object.values((await database.query(sql, values))[0] ?? {})[0];
  const change = (kind: string, account: number | null) =>
    value("select change_account($1, $2, 'op', 'why')", kind, account);
  const suspended = async () =>
    (await database.query("select name from accounts where suspended order by name")).map((row) => row["name"]);
  const failure = async (work: Promise<unknown>) => work.then(() => "none", sqlState);
  const trigger = (id: string, account: number, seconds: number) =>
    database.query(
      `insert into cancel_triggers values ($1, $2, split_part($1, '/', 1), 'h:1', now() + make_interval(secs => $3))`,
      [id, account, seconds],
    );

  it("are numbered without a hole, whoever takes them at the same time", async () => {
    const before = (await value("select max(action_id) from actions")) as number | null;
    const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => change("suspend", 1 + (index % 2))));
    const first = (before ?? 0) + 1;
    expect([...ids].sort((a, b) => Number(a) - Number(b))).to.deep.equal(ids.map((_, index) => first + index));
    await change("resume", 1);
    await change("resume", 2);
  });

  it("suspend everybody at once, and leave who was suspended by name so when all are resumed", async () => {
    await change("suspend", 2);
    await change("suspend", null);
    expect(await suspended()).to.deep.equal(["ann", "bob"]);
    await change("resume", null);
    expect(await suspended()).to.deep.equal(["bob"]);
    await change("resume", 2);
    expect(await suspended()).to.deep.equal([]);
  });

  it("never touch the exchange's own accounts, or one that is closed", async () => {
    expect(await failure(change("suspend", 9007199254740991))).to.equal("BX005");
    await value("insert into accounts (name) values ('gone') returning account_id");
    const gone = Number(await value("select account_id from accounts where name = 'gone'"));
    await change("close", gone);
    expect(await failure(change("resume", gone))).to.equal("BX005");
    expect(await failure(change("close", null))).to.equal("23514");
    expect(await failure(database.query("update accounts set suspended = true where kind = 'exchange'"))).to.equal(
      "23514",
    );
  });

  it("can't be changed or taken back", async () => {
    for (const sql of ["update actions set why = ''", "delete from actions", "truncate actions cascade"])
      expect(await failure(database.query(sql)), sql).to.equal("P0001");
  });

  it("revoke a key once", async () => {
    await database.query("insert into api_keys (key_id, account_id, salt, secret_hash) values ('k', 1, '', '')");
    await database.query("select revoke_key('k', 'op', 'lost')");
    expect(await failure(database.query("select revoke_key('k', 'op', 'lost')"))).to.equal("BX006");
  });

  it("say which state an asset is in, or all are", async () => {
    await database.query("select set_asset_state('BTC-USD', 'halted', 'op', 'news')");
    await database.query("select set_asset_state(null, 'cancel_only', 'op', 'maintenance')");
    expect(
      await value("select count(*) from asset_states where state = 'cancel_only' and why = 'maintenance'"),
    ).to.equal(4);
    expect(await failure(database.query("select set_asset_state('NO-SUCH', 'open', 'op', '')"))).to.equal("23503");
  });

  it("book a transfer and its action once", async () => {
    const deposit = () => value("select make_transfer('deposit', 1, 'USD', 500, 'wire 1', 'op', 'paid in')");
    expect(await deposit()).to.equal(await deposit());
    expect(await value("select count(*) from actions where kind = 'deposit'")).to.equal(1);
    expect(await value("select available from balances where account_id = 1 and currency = 'USD'")).to.equal(500);
  });

  describe("that come of trading hours", () => {
    const hours = (days: number[], opens: string, closes: string, zone = "Europe/Zurich") =>
      database.query("select set_trading_hours('BTC-USD', $1, $2, $3, $4, 'op', 'as agreed')", [
        days,
        days.map(() => opens),
        days.map(() => closes),
        zone,
      ]);
    afterEach(() => database.query("delete from trading_hours_followed"));

    const OFFICE = [[1, 2, 3, 4, 5], "09:00", "17:30"] as const;
    const NIGHT = [[7], "22:00", "02:00"] as const;
    const moments: readonly (readonly [typeof OFFICE | typeof NIGHT, string, boolean])[] = [
      [OFFICE, "2026-01-05 07:59:59Z", false],
      [OFFICE, "2026-01-05 08:00:00Z", true],
      [OFFICE, "2026-01-05 16:29:59Z", true],
      [OFFICE, "2026-01-05 16:30:00Z", false],
      [OFFICE, "2026-07-06 07:00:00Z", true], // summer time
      [OFFICE, "2026-07-06 15:30:00Z", false],
      [OFFICE, "2026-01-10 10:00:00Z", false], // a Saturday
      [NIGHT, "2026-01-11 20:59:59Z", false],
      [NIGHT, "2026-01-11 21:00:00Z", true],
      [NIGHT, "2026-01-12 00:59:59Z", true],
      [NIGHT, "2026-01-12 01:00:00Z", false],
      [NIGHT, "2026-03-29 00:30:00Z", false], // the night in which it becomes summer: it is no Sunday's yet
    ];
    it("begin and end by the clocks of their place", async () => {
      for (const [[days, opens, closes], at, expected] of moments) {
        await hours([...days], opens, closes);
        expect(await value(`select is_within_trading_hours('BTC-USD', '${at}')`), at).to.equal(expected);
      }
    });

    it("open and close once, whoever asks, and leave what an operator has set", async () => {
      const follow = async () =>
        (await Promise.all([1, 2, 3].map(() => value("select follow_trading_hours()")))).map(Number).sort();
      const state = () => value("select state from asset_states where asset = 'BTC-USD'");
      /** As if the week had gone on. */
      const nowIt = async (isOpen: boolean) => {
        await database.query(
          "update trading_hours set weekday = (extract(isodow from now() at time zone 'UTC')::integer + $1) % 7 + 1",
          [isOpen ? 6 : 2],
        );
      };
      await database.query("select set_asset_state('BTC-USD', 'open', 'op', 'a test')");
      await hours([1], "00:00", "00:00", "UTC");
      for (const [isOpen, expected] of [
        [false, "cancel_only"],
        [true, "open"],
        [false, "cancel_only"],
      ] as const) {
        await nowIt(isOpen);
        await follow();
        expect(await state()).to.equal(expected);
        expect(await follow(), "once").to.deep.equal([0, 0, 0]);
      }
      await database.query("select set_asset_state('BTC-USD', 'halted', 'op', 'news')");
      for (const isOpen of [true, false, true]) {
        await nowIt(isOpen);
        expect(await follow(), "an operator's").to.deep.equal([0, 0, 0]);
      }
      await database.query("select set_asset_state('BTC-USD', 'open', 'op', 'no news')");
      await nowIt(false);
      expect(await follow()).to.deep.equal([0, 0, 1]);
      await hours([], "", "", "UTC");
      expect(await state()).to.equal("open");
    });
  });

  /** Nobody has looked for so long, and since then always. */
  const watched = (since: string, lookedAgo = "0 s", brokenAgo = "1 day") =>
    database.query(
      "update trigger_watch set since = now() - $1::interval, looked_at = now() - $2::interval, broken_at = now() - $3::interval",
      [since, lookedAgo, brokenAgo],
    );
  const fire = async () => Number(await value("select fire_cancel_triggers(10)"));

  it("come of triggers that are due, one an account, whoever asks, and only of those", async () => {
    await watched("1 day");
    await trigger("timer/1", 1, -1);
    await trigger("session/a", 1, -1);
    await trigger("session/b", 2, 60);
    const fired = await Promise.all([1, 2, 3].map(() => value("select fire_cancel_triggers(10)")));
    expect(fired.map(Number).sort()).to.deep.equal([0, 0, 1]);
    expect(
      await database.query("select account_id, made_by, why from actions where kind = 'cancel_all'"),
    ).to.deep.equal([{ account_id: 1, made_by: "order-processing", why: "its session ended, its timer ran out" }]);
    expect(await value("select trigger_id from cancel_triggers")).to.equal("session/b");
  });

  describe("that come of sessions", () => {
    const lives = (handler: string) =>
      database.query(
        "insert into cancel_triggers values ('session/' || $1, 1, 'session', $1, now() - interval '1 day', true)",
        [handler],
      );
    const renewed = (handler: string, ago: string) =>
      database.query("insert into order_handlers values ($1, now() - $2::interval)", [handler, ago]);
    beforeEach(async () => {
      for (const table of ["cancel_triggers", "order_handlers"]) await database.query(`delete from ${table}`);
      await watched("1 day");
    });

    it("come when their order-handler has not renewed for five seconds, or is not known, and not before", async () => {
      await lives("well#1");
      await renewed("well#1", "4 s");
      expect(await fire()).to.equal(0);
      await lives("gone#1");
      await renewed("gone#1", "6 s");
      await lives("unknown#1");
      expect(await fire()).to.equal(1);
      expect(await value("select string_agg(trigger_id, ' ') from cancel_triggers")).to.equal("session/well#1");
    });

    it("wait for five seconds when nobody could look for more than two, and so nobody may have been able to renew", async () => {
      await lives("frozen#1");
      await renewed("frozen#1", "8 s");
      await trigger("timer/1", 1, -5);
      await watched("1 day", "3 s");
      expect(await fire()).to.equal(0);
      await watched("4 s", "1 s");
      expect(await fire()).to.equal(0);
      await watched("6 s", "1 s");
      expect(await fire()).to.equal(1);
    });

    it("are not put off for ever where looks are always rare", async () => {
      await lives("gone#1");
      await watched("3 s", "3 s", "20 s");
      expect(await fire()).to.equal(0);
      expect(await value("select now() - since < interval '1 second' from trigger_watch")).to.equal(true);
      await watched("6 s", "3 s", "31 s");
      await database.query("update trigger_watch set since = now() - interval '4 s'");
      expect(await fire()).to.equal(0);
      expect(await value("select now() - since > interval '3 s' from trigger_watch")).to.equal(true);
    });
  });
});
