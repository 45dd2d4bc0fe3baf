import { expect } from "chai";
import pino from "pino";
import { connectDatabase, type Database } from "../../../../src/shared/database/database.js";
import { lastPrices } from "../../../../src/shared/order-entry/prices-store.js";
import { createDatabase } from "../../../support/postgres.js";

describe("the prices store", () => {
  let database: Database;
  before(async () => {
    const options = { applicationName: "test", log: pino({ level: "silent" }) };
    database = await connectDatabase(await createDatabase(), options);
  });
  after(() => database.close());

  it("reads the price of each asset's last trade, of the assets that were asked for", async () => {
    await database.query(
      `insert into trades (asset, trade_id, event_sequence, maker_order_id, taker_order_id, maker_account_id,
         taker_account_id, price_ticks, quantity_lots, taker_side, executed_at_us)
       select t.asset, t.trade_id, t.trade_id, 1, 2, 1, 2, t.price_ticks, 1, 'buy', 1
       from (values ('A-USD', 9, 90), ('A-USD', 10, 80), ('B-USD', 1, 5), ('D-USD', 1, 7)) t (asset, trade_id, price_ticks)`,
    );
    const prices = await lastPrices(database, ["A-USD", "B-USD", "C-USD"]);
    expect([...prices]).to.have.deep.members([
      ["A-USD", 80],
      ["B-USD", 5],
    ]);
  });
});
