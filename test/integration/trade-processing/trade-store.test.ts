import { readFileSync } from "node:fs";
import { expect } from "chai";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { Fenced } from "../../../src/shared/domain/errors.js";
import type { OrderRecord } from "../../../src/shared/domain/order-record.js";
import {
  accountId,
  commandSequence,
  epochUs,
  eventSequence,
  type OrderId,
  streamSequence,
} from "../../../src/shared/domain/units.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { isInputsFault } from "../../../src/shared/stage/dead-letters.js";
import { settle } from "../../../src/trade-processing/settlement.js";
import { setBookStates } from "../../../src/trade-processing/state-statements.js";
import { type AssetSettlement, TradeStore } from "../../../src/trade-processing/trade-store.js";
import { FundedFlow } from "../../support/funded-flow.js";
import type { Applied } from "../../support/funded-market.js";
import { createDatabase } from "../../support/postgres.js";
import { TEST_ASSET, TEST_REGISTRY } from "../../support/test-asset.js";

/** RandomFlow's at most. */
const ACCOUNTS = 300;
const DEPOSITS = 4;
const CURRENCIES = [TEST_ASSET.base, TEST_ASSET.quote];

describe("The money of settlement in Postgres", () => {
  let database: Database;
  let store: TradeStore;

  beforeEach(async () => {
    database = await connectDatabase(await createDatabase(), {
      applicationName: "test",
      log: createLogger("test", "silent"),
    });
    await storeAssets(database, TEST_REGISTRY);
    await database.query("insert into accounts (name) select 'account-' || i from generate_series(1, $1) i", [
      ACCOUNTS,
    ]);
    store = new TradeStore(database);
  });
  afterEach(() => database.close());

  for (const seed of [3, 11, 13])
    it(`is what settlement says, to the last unit, in balances, orders, trades and ledger (seed ${seed})`, async () => {
      const flow = new FundedFlow(seed);
      await deposit(flow);
      const orders = new Map<OrderId, OrderRecord>();
      for (let batch = 0, reached = 0; batch < 20; batch++) {
        const applied = Array.from({ length: 40 }, () => flow.market.apply(flow.next()));
        for (const each of applied) await hold(each);
        const events = applied.flatMap((each) => each.events);
        reached = await settleInPostgres(settle(events, eventSequence(reached), orders, TEST_ASSET), reached);
      }
      for (const currency of CURRENCIES)
        expect(await storedBalances(currency)).to.deep.equal(expectedBalances(flow, currency));
      expect(await database.query(SUMS_THAT_DIFFER)).to.deep.equal([]);
      const [{ trades, fees } = {}] = await database.query(
        "select count(*) as trades, sum(maker_fee_units + taker_fee_units)::text as fees from trades",
      );
      expect(trades).to.be.above(10);
      const [{ reported } = {}] = await database.query(
        "select sum(fee_units)::text as reported from execution_reports",
      );
      expect(reported).to.equal(fees);
      expect(await database.query(CANDLES_THAT_DIFFER)).to.deep.equal([]);
      const candles = "select * from candles order by open_at_ms";
      const stored = await database.query(candles);
      expect(stored).to.have.length.above(0);
      await database.query("delete from candles");
      await database.query(CANDLES_OF_THE_MIGRATION);
      expect(await database.query(candles), "the migration makes the same of trades").to.deep.equal(stored);
    });

  it("adds a batch to the candles once, whoever sends it again", async () => {
    const flow = new FundedFlow(3);
    await deposit(flow);
    let applied: Applied;
    do {
      applied = flow.market.apply(flow.next());
      await hold(applied);
      await settleInPostgres(applied.settlement, applied.settlement.reached - applied.events.length);
    } while (applied.settlement.trades.length === 0);
    const again = settleInPostgres(applied.settlement, applied.settlement.reached - applied.events.length);
    expect(await again.catch((error: Error) => error)).to.be.instanceOf(Fenced);
    expect(await database.query(CANDLES_THAT_DIFFER)).to.deep.equal([]);
  });

  for (const [title, spoil, message] of [
    ["for a balance that is not there", { currency: "XYZ" }, /only 0 of \d balances are there/],
    ["that does not sum to zero", { kind: "trade", availableChange: 1n, heldChange: 0n }, /do not sum to zero/],
    ["that takes more than there is", { availableChange: -1n, heldChange: 1n }, /balances_available_is_not_negative/],
  ] as const)
    it(`refuses an entry ${title}, by the fault of its input`, async () => {
      const flow = new FundedFlow(3);
      let applied: Applied;
      do applied = flow.market.apply(flow.next());
      while (applied.settlement.postings[0]?.kind !== "release");
      const postings = applied.settlement.postings.map((posting) => ({ ...posting, ...spoil }));
      const nothing = { ...applied.settlement, reports: [], trades: [], newOrders: [], changedOrders: [] };
      const error = await settleInPostgres({ ...nothing, postings }, 0).then(
        () => null,
        (cause: Error) => cause,
      );
      expect(error?.message).to.match(message);
      expect(isInputsFault(error), "so its asset halts, and no other").to.equal(true);
      expect(await database.query("select * from ledger_entries")).to.deep.equal([]);
    });

  it("knows the last client's request that is settled, whatever the days are in which commands were written", async () => {
    await database.query("insert into history_days (day) select current_date + 2");
    await database.query(
      "select make_part(t, part_of(t, current_date + 2), current_date + 2, current_date + 3) from unnest(array['order_log']) t",
    );
    // Two of today, two of a clock that was put forward, and the last ones of today again; some are no client's.
    await database.query(
      `insert into order_log (asset, command_sequence, log_id, account_id, kind, received_at_us, sequenced_at_us, day)
       select $1, n, case when n in (1, 3, 7) then 10 * n end, 1, 'cancel_all', 1, 1, case when n in (3, 4) then current_date + 2 else current_date end
       from generate_series(1, 7) n`,
      [TEST_ASSET.asset],
    );
    const through = (command: number) => store.throughLogId(TEST_ASSET.asset, commandSequence(command));
    expect(await Promise.all([0, 1, 2, 3, 4, 6, 7].map(through))).to.deep.equal([0, 10, 10, 30, 30, 30, 70]);
  });

  it("tells who decided a state, whatever the day of the command is", async () => {
    for (const [day, why] of [
      ["current_date", "of today"],
      ["date '-infinity'", "of long ago"],
    ] as const) {
      await database.query("select set_asset_state($1, 'halted', 'me', $2)", [TEST_ASSET.asset, why]);
      await database.query(
        `insert into order_log (asset, command_sequence, action_id, account_id, kind, asset_state, received_at_us, sequenced_at_us, day)
         select $1, max(action_id), max(action_id), 0, 'set_asset_state', 'halted', 1, 1, ${day} from actions`,
        [TEST_ASSET.asset],
      );
      const [{ last } = {}] = await database.query<{ last: number }>("select max(action_id) as last from actions");
      const { text, values } = setBookStates([
        {
          asset: TEST_ASSET.asset,
          stateChange: {
            state: "halted",
            sinceUs: epochUs(1),
            eventSequence: eventSequence(1),
            commandSequence: commandSequence(last as number),
          },
        },
      ]);
      expect(await database.query(text, values)).to.deep.equal([{ asset: TEST_ASSET.asset, made_by: "me", why }]);
    }
  });

  /** So much that no order needs more to come in. */
  async function deposit({ market }: FundedFlow): Promise<void> {
    await database.query(
      `select book_transfer('deposit', a, c, $1, a || c || n, 'test')
       from generate_series(1, $2) a cross join unnest($3::text[]) c cross join generate_series(1, $4) n`,
      [Number.MAX_SAFE_INTEGER, ACCOUNTS, CURRENCIES, DEPOSITS],
    );
    for (const currency of CURRENCIES)
      for (let account = 1; account <= ACCOUNTS; account++)
        market.deposit(accountId(account), currency, BigInt(Number.MAX_SAFE_INTEGER) * BigInt(DEPOSITS));
  }

  /** As order-processing does. */
  async function hold({ held, settlement }: Applied): Promise<void> {
    if (held === null) return;
    const { accountId, currency, units, ordersOpened } = held;
    await database.query(
      "select change_balances(array[$1::bigint], array[$2], array[-$3::bigint], array[$3::bigint], array[$4::integer])",
      [accountId, currency, units, ordersOpened],
    );
    await database.query(
      `insert into ledger_entries (source, kind, sequence, account_id, currency, available_change, held_change, at_us)
       values ($1, 'hold', $2, $3, $4, -$5::bigint, $5, 1)`,
      [TEST_ASSET.asset, settlement.reached, accountId, currency, units],
    );
  }

  async function settleInPostgres(settlement: Applied["settlement"], from: number): Promise<number> {
    const position = {
      from: eventSequence(from),
      streamSequence: streamSequence(1),
      throughCommand: commandSequence(1),
    };
    const batch: AssetSettlement = { asset: TEST_ASSET.asset, ...settlement, ...position };
    await store.store([batch]);
    return settlement.reached;
  }

  async function storedBalances(currency: string): Promise<object> {
    const rows = await database.query(
      `select account_id, available::text, held::text, open_orders from balances
       where currency = $1 and (available, held) <> (0, 0) order by account_id`,
      [currency],
    );
    return Object.fromEntries(rows.map(({ account_id, ...balance }) => [account_id, balance]));
  }

  function expectedBalances({ market }: FundedFlow, currency: string): object {
    return Object.fromEntries(
      [...market.balances(currency)]
        .filter(([, { available, held }]) => available !== 0n || held !== 0n)
        .map(([account, { available, held, openOrders }]) => [
          account,
          { available: String(available), held: String(held), open_orders: openOrders },
        ]),
    );
  }
});

/** Each candle's sums and prices, each by a query of its own over all trades of its minute. */
const CANDLES_THAT_DIFFER = `
  select c.* from candles c cross join lateral (select
      (select price_ticks from trades t where minute(t) = c.open_at_ms order by trade_id limit 1) as open,
      (select price_ticks from trades t where minute(t) = c.open_at_ms order by trade_id desc limit 1) as close,
      (select max(trade_id) from trades t where minute(t) = c.open_at_ms) as last_id,
      count(*) as count, max(price_ticks) as high, min(price_ticks) as low, sum(quantity_lots) as volume,
      sum(price_ticks::numeric * quantity_lots) as notional
    from trades t where minute(t) = c.open_at_ms) n
  where (c.open_ticks, c.high_ticks, c.low_ticks, c.close_ticks, c.volume_lots, c.notional_tick_lots, c.trade_count,
    c.last_trade_id) is distinct from (n.open, n.high, n.low, n.close, n.volume, n.notional, n.count, n.last_id)
  union all select c.* from trades t left join candles c on c.open_at_ms = minute(t) where c.asset is null`.replaceAll(
  "minute(t)",
  "t.executed_at_us / 60000000 * 60000",
);
const CANDLES_OF_THE_MIGRATION = /^insert into candles\n[^;]*/m.exec(
  readFileSync(`${projectRoot}sql/13_candles.sql`, "utf8"),
)?.[0] as string;

/** What is held is what open orders hold, and what the ledger says; what there is in all, too. */
const SUMS_THAT_DIFFER = `
  select b.account_id, b.currency, b.available::text, b.held::text from balances b
  where b.held <> (select coalesce(sum(o.held_units), 0) from orders o
      where o.account_id = b.account_id and b.currency = split_part(o.asset, '-', case o.side when 'buy' then 2 else 1 end))
    or (b.available + b.held, b.held) <> (select coalesce(sum(l.amount), 0), coalesce(sum(l.held_change), 0)
      from ledger_entries l where l.account_id = b.account_id and l.currency = b.currency)
    or b.open_orders <> (select count(*) from orders o where o.account_id = b.account_id and o.maker_fee_bps is not null
      and o.status in ('open', 'partially_filled', 'pending_trigger')
      and b.currency = split_part(o.asset, '-', case o.side when 'buy' then 2 else 1 end))`;
