import { expect } from "chai";
import pg from "pg";
import type { Difference } from "../../../src/reconciliation/comparison.js";
import { PASS_LIMITS, runPart, runPass } from "../../../src/reconciliation/pass.js";
import { differences } from "../../../src/reconciliation/reconcile.js";
import { openSnapshot, openWorkingSnapshot, type WorkingSnapshot } from "../../../src/shared/database/snapshot.js";
import { FEE_ACCOUNT } from "../../../src/shared/domain/funds.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { execute } from "../../support/postgres.js";
import { createBooks } from "./books.js";

async function amongAllRows(url: string): Promise<Difference[]> {
  const snapshot = await openSnapshot(url, "reconciliation-test");
  try {
    const found = [];
    for await (const difference of differences(snapshot)) found.push(difference);
    return found;
  } finally {
    await snapshot.close();
  }
}

/** As the service does it with what is new; nothing is kept. */
async function amongNewRows(url: string, slice = PASS_LIMITS.slice): Promise<Difference[]> {
  const options = { lock: "reconciliation-test", statementTimeoutMs: 10_000 };
  const snapshot = (await openWorkingSnapshot(url, "reconciliation-test", options)) as WorkingSnapshot;
  try {
    const log = createLogger("test", "silent");
    const limits = { ...PASS_LIMITS, wholeMax: 0, slice };
    let { findings, backlog } = await runPass(snapshot, log, [], limits);
    const found = [...findings];
    while (backlog.length > 0) {
      ({ findings, backlog } = await runPart(snapshot, log, [], limits, backlog));
      found.push(...findings);
    }
    return found.map(({ difference }) => difference);
  } finally {
    await snapshot.close();
  }
}

for (const [what, reconcile] of [["all rows", amongAllRows] as const, ["the rows of a window", amongNewRows] as const])
  describe(`reconciliation of ${what}`, () => {
    let url: string;
    let superuser: pg.Client;

    before(async () => {
      url = await createBooks();
      superuser = new pg.Client({ connectionString: url });
      await superuser.connect();
      await superuser.query("set session_replication_role = replica");
      // Verified, but nothing of it: all there is is new.
      await superuser.query("insert into reconciled_assets select asset, 0, 0, 0, 0 from assets");
    });
    after(() => superuser.end());

    it("finds nothing in books that are right", async () => {
      expect(await reconcile(url)).to.deep.equal([]);
    });

    type Key = Record<string, string | number>;

    /** Does it, looks, and undoes it, so that each edit is the only one. */
    async function found(edit: string, undo: string): Promise<Difference[]> {
      const { rowCount } = await superuser.query(edit);
      expect(rowCount, edit).to.equal(1);
      try {
        return await reconcile(url);
      } finally {
        await superuser.query(undo);
      }
    }

    const condition = (key: Key) =>
      Object.entries(key)
        .map(([column, value]) => `${column} = '${value}'`)
        .join(" and ");

    /** On either side, by its whole key. */
    const names = ({ row, source }: Difference, table: string, key: Key) =>
      [row, source].some(
        (name) =>
          name.table === table && Object.entries(key).every(([column, value]) => name.key[column] === String(value)),
      );

    const order = { asset: "BTC-USD", order_id: 768 };
    const done = { asset: "BTC-USD", order_id: 512 };
    const command = (sequence: number) => ({ asset: "BTC-USD", command_sequence: sequence });
    const report = (sequence: number) => ({ account_id: 1, account_sequence: sequence });
    const entry = (kind: string, sequence: number) => ({
      source: "BTC-USD",
      kind,
      sequence,
      account_id: 1,
      currency: "USD",
    });
    const candle = { asset: "BTC-USD", open_at_ms: 0 };
    const bookState = { asset: "BTC-USD" };
    const deposit = { source: "transfers", kind: "deposit", sequence: 1, account_id: 1, currency: "USD" };

    const edits: [table: string, key: Key, columns: string[]][] = [
      ["balances", { account_id: 1, currency: "USD" }, ["available", "held", "open_orders"]],
      ["balances", { account_id: FEE_ACCOUNT, currency: "USD" }, ["available"]],
      ["balances", { account_id: 2, currency: "BTC" }, ["available", "held", "open_orders"]],
      ["orders", order, ["price_ticks", "quantity_lots", "filled_lots", "leaves_lots", "held_units", "fee_carry"]],
      ["orders", order, ["maker_fee_bps", "taker_fee_bps"]],
      ["orders", done, ["price_ticks", "quantity_lots", "filled_lots", "leaves_lots", "held_units", "fee_carry"]],
      ["trades", { asset: "BTC-USD", trade_id: 1 }, ["price_ticks", "quantity_lots", "event_sequence"]],
      ["trades", { asset: "BTC-USD", trade_id: 1 }, ["maker_fee_units", "taker_fee_units"]],
      ["trades", { asset: "BTC-USD", trade_id: 2 }, ["maker_order_id", "taker_order_id", "maker_account_id"]],
      ["execution_reports", report(2), ["price_ticks", "quantity_lots", "filled_lots", "leaves_lots", "fee_units"]],
      ["execution_reports", report(2), ["last_price_ticks", "last_quantity_lots", "trade_id"]],
      ["execution_reports", report(4), ["price_ticks", "quantity_lots", "filled_lots", "leaves_lots"]],
      ["order_log", command(1), ["price_ticks", "quantity_lots", "held_units", "maker_fee_bps", "taker_fee_bps"]],
      ["order_log", command(4), ["price_ticks", "quantity_lots", "cover", "held_units"]],
      ["order_log", command(5), ["quote_budget_units", "spendable_units", "held_units", "taker_fee_bps"]],
      ["order_log", command(7), ["needed_units", "available_units"]],
      ["order_log", command(9), ["price_ticks", "quantity_lots", "held_units", "taker_fee_bps"]],
      ["ledger_entries", deposit, ["available_change", "held_change"]],
      ["ledger_entries", entry("trade", 3), ["available_change", "held_change"]],
      ["transfers", { transfer_id: 1 }, ["units", "account_id"]],
      ["account_sequences", { account_id: 2 }, ["last_sequence"]],
      ["candles", candle, ["open_ticks", "high_ticks", "low_ticks", "close_ticks", "last_trade_id"]],
      ["candles", candle, ["volume_lots", "notional_tick_lots", "trade_count"]],
      ["book_states", bookState, ["since_us", "event_sequence"]],
    ];
    const textEdits: [table: string, key: Key, columns: Record<string, string>][] = [
      ["book_states", bookState, { state: "open", made_by: "nobody", why: "" }],
      ["order_log", command(8), { asset_state: "auction" }],
    ];
    for (const table of ["balances", "ledger_entries", "candles", "book_states"])
      it(`knows each column of ${table}: a new one is added to the edits of this test`, async () => {
        // But keys, what follows from other columns, when a row was written, and who may owe (which Postgres asks, not the books).
        const { rows } = await superuser.query(
          `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and attgenerated = ''
             and attname !~ '(^|_)at(_us)?$' and attname <> 'may_owe' and attnum <> all (select unnest(conkey) from pg_constraint
               where conrelid = $1::regclass and contype = 'p')`,
          [table],
        );
        const all = [...edits, ...textEdits.map(([edited, key, to]) => [edited, key, Object.keys(to)] as const)];
        const edited = all.flatMap(([edited, , columns]) => (edited === table ? columns : []));
        expect([...new Set(edited)]).to.have.members(rows.map(({ name }) => name));
      });
    for (const [table, key, columns] of edits)
      for (const column of columns)
        it(`names the row of ${table} whose ${column} was edited (${Object.values(key).join(" ")})`, async () => {
          const change = (by: number) =>
            `update ${table} set ${column} = coalesce(${column}, 0) + ${by} where ${condition(key)}`;
          const differing = await found(change(1), change(-1));
          expect(differing.some((difference) => names(difference, table, key))).to.equal(
            true,
            JSON.stringify(differing),
          );
        });

    for (const [table, key, texts] of textEdits)
      for (const [column, text] of Object.entries(texts))
        it(`names the row of ${table} whose ${column} was edited to "${text}"`, async () => {
          const { rows } = await superuser.query(`select ${column} as text from ${table} where ${condition(key)}`);
          const change = (to: string) => `update ${table} set ${column} = '${to}' where ${condition(key)}`;
          const differing = await found(change(text), change(rows[0].text));
          expect(differing.map((one) => names(one, table, key))).to.include(true, JSON.stringify(differing));
        });

    // Postgres takes no hold or release that changes the total.
    for (const [kind, sequence] of [["hold", 2] as const, ["release", 5] as const])
      it(`names the ${kind} that was edited in the ledger`, async () => {
        const change = (by: number) =>
          `update ledger_entries set available_change = available_change - ${by}, held_change = held_change + ${by}
         where ${condition(entry(kind, sequence))}`;
        const differing = await found(change(1), change(-1));
        expect(differing.some((difference) => names(difference, "ledger_entries", entry(kind, sequence)))).to.equal(
          true,
        );
      });

    const rows: [table: string, key: Key][] = [
      ["orders", order],
      ["orders", done],
      ["trades", { asset: "BTC-USD", trade_id: 1 }],
      ["trades", { asset: "BTC-USD", trade_id: 2 }],
      ["execution_reports", report(2)],
      ["execution_reports", report(6)],
      ["ledger_entries", deposit],
      ["ledger_entries", entry("hold", 2)],
      ["ledger_entries", entry("hold", 9)],
      ["ledger_entries", entry("trade", 3)],
      ["ledger_entries", entry("release", 8)],
      ["transfers", { transfer_id: 2 }],
      ["order_log", command(2)],
      ["order_log", command(4)],
      ["order_log", command(9)],
      ["balances", { account_id: 1, currency: "USD" }],
      ["candles", candle],
    ];
    for (const [table, key] of rows)
      it(`names the row of ${table} that was deleted (${Object.values(key).join(" ")})`, async () => {
        await superuser.query(`create temporary table kept as select * from ${table} where ${condition(key)}`);
        const { rows: columns } = await superuser.query<{ names: string }>(
          `select string_agg(quote_ident(attname), ', ') as names from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
          [table],
        );
        const all = columns[0]?.names;
        const overriding = table === "transfers" ? "overriding system value" : "";
        try {
          const differing = await found(
            `delete from ${table} where ${condition(key)}`,
            `insert into ${table} (${all}) ${overriding} select ${all} from kept`,
          );
          expect(differing.some((difference) => names(difference, table, key))).to.equal(
            true,
            JSON.stringify(differing),
          );
        } finally {
          await superuser.query("drop table kept");
        }
      });

    it("names a row that was added to the ledger, though it is balanced", async () => {
      const values = (account: number, units: number) => `('BTC-USD', 'trade', 999, ${account}, 'USD', ${units}, 0, 1)`;
      await superuser.query(`insert into ledger_entries
      (source, kind, sequence, account_id, currency, available_change, held_change, at_us) values
      ${values(1, 5)}, ${values(2, -5)}`);
      const differing = await reconcile(url);
      await superuser.query("delete from ledger_entries where sequence = 999");
      const key = { source: "BTC-USD", kind: "trade", sequence: 999, account_id: 1, currency: "USD" };
      expect(differing.some((difference) => names(difference, "ledger_entries", key))).to.equal(true);
    });

    it("names a candle of a minute without a trade", async () => {
      const differing = await found(
        "insert into candles select asset, 60000, 1, 1, 1, 1, 1, 1, 1, 3 from candles",
        "delete from candles where open_at_ms = 60000",
      );
      expect(differing.some((one) => names(one, "candles", { ...candle, open_at_ms: 60_000 }))).to.equal(true);
    });

    it("names the state of a book that is not there", async () => {
      // Settlement is past the command: while it may be in the middle of it, the row may be still to come.
      const settled = (by: number) => `update consumer_positions set command_sequence = command_sequence + ${by}
        where service = 'trade-processing'`;
      await superuser.query(`create temporary table kept as select * from book_states; ${settled(1)}`);
      const differing = await found("delete from book_states", "insert into book_states select * from kept");
      await superuser.query(`drop table kept; ${settled(-1)}`);
      expect(differing.map((one) => names(one, "book_states", bookState))).to.include(true, JSON.stringify(differing));
    });

    it("waits for the state of a book while its command may be under way", async () => {
      await superuser.query("create temporary table kept as select * from book_states");
      const differing = await found("delete from book_states", "insert into book_states select * from kept");
      await superuser.query("drop table kept");
      expect(differing).to.deep.equal([]);
    });

    it("says what was found, what was expected, and by which row", async () => {
      const change = (by: number) => `update orders set held_units = held_units + ${by} where order_id = 768`;
      expect(await found(change(1), change(-1))).to.deep.include({
        rule: "an order is what its owner was told last",
        row: { table: "orders", key: { asset: "BTC-USD", order_id: "768" } },
        column: "held_units",
        found: "763",
        expected: "762",
        source: { table: "execution_reports", key: { account_id: "1", account_sequence: "4" } },
      });
    });

    it("finds what differs in an asset that was never looked at, where others were", async () => {
      await superuser.query("update reconciled_assets set asset = 'ETH-USD'");
      const change = (by: number) => `update trades set price_ticks = price_ticks + ${by} where trade_id = 1`;
      const differing = await found(change(1), change(-1));
      await superuser.query("update reconciled_assets set asset = 'BTC-USD'");
      expect(differing.map(({ row }) => row.table)).to.include("trades");
    });

    it("finds nothing again when every edit is undone", async () => {
      expect(await reconcile(url)).to.deep.equal([]);
    });
  });

describe("reconciliation of candles whose minute is in several windows", () => {
  const slice = { ...PASS_LIMITS.slice, commands: 1, events: 1 };
  let url: string;
  before(async () => {
    url = await createBooks();
    await execute(url, "insert into reconciled_assets select asset, 0, 0, 0, 0 from assets");
  });
  const candlesAmong = (differing: Difference[]) => differing.filter(({ row }) => row.table === "candles");

  it("looks at all trades of the minute", async () => {
    expect(candlesAmong(await amongNewRows(url, slice))).to.deep.equal([]);
  });

  it("names a candle that was edited, once", async () => {
    await execute(url, "update candles set volume_lots = volume_lots + 1");
    const differing = candlesAmong(await amongNewRows(url, slice));
    await execute(url, "update candles set volume_lots = volume_lots - 1");
    expect(differing.map(({ column, found, expected }) => ({ column, found, expected }))).to.deep.equal([
      { column: "volume_lots", found: "11", expected: "10" },
    ]);
  });
});
