import { expect } from "chai";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { RecordStore } from "../../../src/order-processing/record-store.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { accountId, orderId } from "../../../src/shared/domain/units.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { eventually } from "../../support/eventually.js";
import { createDatabase } from "../../support/postgres.js";
import { TEST_ASSET, TEST_REGISTRY } from "../../support/test-asset.js";

const LOGGED = 5_000;
const ASKED = 40;

describe("What order-processing asks Postgres about requests", () => {
  let database: Database;
  let url: string;

  const connect = () => connectDatabase(url, { applicationName: "test", log: createLogger("test", "silent") });

  beforeEach(async () => {
    url = await createDatabase();
    database = await connect();
    await storeAssets(database, TEST_REGISTRY);
  });
  afterEach(() => database.close());

  it("reads the rows that it is about, and not a log that has grown since Postgres looked at it", async () => {
    const store = new RecordStore(database);
    const ids = Array.from({ length: ASKED }, (_, index) => LOGGED - index);
    const questions = {
      clientOrderIds: ids.map((id) => ({ accountId: accountId(1), clientOrderId: `c${id}` })),
      orders: ids.map((id) => ({ asset: TEST_ASSET.asset, orderId: orderId(id) })),
      balances: [],
      lastPrices: [],
    };
    expect((await store.answer(questions)).orders.size).to.equal(0); // from here on the plan stays
    await database.query(
      `insert into order_log (asset, command_sequence, log_id, account_id, kind, client_order_id, side, type,
         time_in_force, quantity_lots, price_ticks, received_at_us, sequenced_at_us)
       select $1, i, i, 1, 'new', 'c' || i, 'buy', 'limit', 'GTC', 1, 100, 1, 1 from generate_series(1, $2::integer) i`,
      [TEST_ASSET.asset, LOGGED],
    );
    await database.query(
      "insert into client_order_ids select 1, 'c' || i, $1, i from generate_series(1, $2::integer) i",
      [TEST_ASSET.asset, LOGGED],
    );
    const { orders, clientOrderIds } = await store.answer(questions);
    expect(orders.size).to.equal(ASKED);
    expect(clientOrderIds.find({ accountId: accountId(1), clientOrderId: `c${LOGGED}` })?.orderId).to.equal(LOGGED);
    await database.close(); // a connection tells what it read when it ends
    database = await connect();
    const { scans, rows } = await eventually("the count of what was read", () => reads(database));
    expect(rows, `${scans} scans`).to.be.at.most(4 * ASKED);
  });
});

/** Of the index that leads to client order ids and of the one that leads to orders; null: not counted yet. */
async function reads(database: Database): Promise<{ scans: number; rows: number } | null> {
  const [found] = await database.query<{ scans: number; rows: number }>(
    `select sum(idx_scan)::integer as scans, sum(idx_tup_read)::integer as rows from pg_stat_user_indexes
     where indexrelname ~ '^(client_order_ids_.*|order_log.*_log_id)' and idx_tup_read > 0`,
  );
  return found == null || found.rows < 2 * ASKED ? null : found;
}
