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
      `insert into candles
       select asset, minute * 60000, 100, 100, 1, close_ticks, 1, 1, 1, minute
       from (values ('A-USD', 9, 90), ('A-USD', 10, 80), ('B-USD', 1, 5), ('D-USD', 1, 7)) t (asset, minute, close_ticks)`,
    );
    const prices = await lastPrices(database, ["A-USD", "B-USD", "C-USD"]);
    expect([...prices]).to.have.deep.members([
      ["A-USD", 80],
      ["B-USD", 5],
    ]);
  });
});
