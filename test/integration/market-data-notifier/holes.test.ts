import { expect } from "chai";
import { notifierMetrics } from "../../../src/market-data-notifier/notifier-metrics.js";
import { KeptBytes } from "../../../src/shared/channels/kept-bytes.js";
import type { Listener } from "../../../src/shared/channels/listener.js";
import { OrdersChannel } from "../../../src/shared/channels/orders-channel.js";
import { OrdersStore } from "../../../src/shared/channels/orders-store.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { type AccountId, accountId } from "../../../src/shared/domain/units.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { Metrics } from "../../../src/shared/process/metrics.js";
import { until } from "../../support/eventually.js";
import { createDatabase } from "../../support/postgres.js";
import { ASSETS_FILE } from "./notifier-under-test.js";
import { report } from "./settlement-for-test.js";
import { range } from "./subscriber.js";

const ACCOUNTS = 10_000;
const DEEP = accountId(1);
const REPORTS_BEHIND = 20_000;
/** Reports 1 and 2 of every account are not told, only what follows them. */
const LOST = 2;

const INSERT_REPORTS = `insert into execution_reports (account_id, account_sequence, asset, event_sequence, event, status,
    order_id, filled_lots, received_at_us, matched_at_us)
  select account_id, account_sequence, 'BTC-USD', 1, 'accepted', 'open', account_id, 0, 1, 1
  from generate_series(1, $1::int) account_id,
    generate_series(1, case when account_id = 1 then $2::int else $3::int end) account_sequence`;

describe("ten thousand accounts with a hole each", function () {
  this.timeout(120_000);
  const log = createLogger("test", "silent");
  const registry = loadAssets(ASSETS_FILE);
  let database: Database;

  before(async () => {
    database = await connectDatabase(await createDatabase(), { applicationName: "test", log, poolMax: 4 });
    await database.query(INSERT_REPORTS, [ACCOUNTS, LOST + REPORTS_BEHIND, LOST + 1]);
    await database.query("analyze execution_reports");
  });
  after(() => database.close());

  it("are whole again within 10 s, one of them with 20,000 reports behind it", async () => {
    const metrics = notifierMetrics(new Metrics("test"));
    const told = new Map<AccountId, number[]>();
    const channel = new OrdersChannel({
      rooms: { send: (room, _event, payload) => told.get(accountOf(room))?.push(...sequencesOf(payload)) },
      source: Object.assign(new OrdersStore(database, registry.assets), {
        accountSnapshot: async () => ({ accountSequence: 0, openOrders: [], openOrdersTotal: 0, next: null }),
      }),
      limits: { catchUpsMax: ACCOUNTS, catchUpsPerAccountMax: 1, holeWaitMs: 200 },
      kept: new KeptBytes(1_000_000_000, metrics.keptBytes),
      log,
      metrics,
    });
    for (const account of range(1, ACCOUNTS).map(accountId)) {
      told.set(account, []);
      await channel.subscribe(listenerOf(account), null, (answer) => expect(answer.ok).to.equal(true));
    }
    const millisPerRow = await oneByOne();
    const behind = (account: AccountId) => range(LOST + 1, LOST + (account === DEEP ? REPORTS_BEHIND : 1));
    for (const account of told.keys())
      channel.offer("BTC-USD", { reports: behind(account).map((sequence) => report(account, sequence)) });
    const sinceMs = performance.now();
    await channel.start(() => {
      while (channel.flush(() => undefined));
    });
    try {
      const isWhole = () =>
        [...told].every(([account, sequences]) => sequences.length === LOST + behind(account).length);
      await until("all are told", isWhole, 60_000);
    } finally {
      channel.stop();
    }
    const tookMs = performance.now() - sinceMs;
    for (const [account, sequences] of told) expect(sequences).to.deep.equal(range(1, LOST + behind(account).length));
    // Where a machine is so slow that to read one account after the other takes longer than 10 s, that is what it is judged by.
    expect(tookMs).to.be.below(Math.max(10_000, ACCOUNTS * millisPerRow));
  });

  /** What one read of one account takes on this machine now. */
  async function oneByOne(): Promise<number> {
    const store = new OrdersStore(database, registry.assets);
    const sinceMs = performance.now();
    for (const account of range(2, 201)) await store.reportsAfter(accountId(account), 0, LOST);
    return (performance.now() - sinceMs) / 200;
  }
});

function accountOf(room: string): AccountId {
  return accountId(Number(room.split(":")[1]));
}

function sequencesOf(payload: object): number[] {
  return (payload as { reports: { accountSequence: number }[] }).reports.map((one) => one.accountSequence);
}

function listenerOf(account: AccountId): Listener {
  return {
    id: String(account),
    accountId: account,
    isConnected: () => true,
    join: () => undefined,
    leave: () => undefined,
    send: () => undefined,
    isBehind: () => false,
    hasRoom: async () => true,
    cut: () => undefined,
  };
}
