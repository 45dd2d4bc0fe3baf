import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { prepareDatabase } from "../../../src/launcher/migrations.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { createDatabase, execute } from "../../support/postgres.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const options = {
  assetsFile: join(projectRoot, "config", "assets.json"),
  withDemoAccounts: true,
  createDatabase: false,
  log: createLogger("test", "silent"),
};

describe("preparing the database", () => {
  let url: string;
  beforeEach(async () => {
    url = await createDatabase();
  });

  const names = async (table: string, column: string) =>
    (await execute(url, `select ${column} as name from ${table} order by 1`)).map(({ name }) => name);

  it("writes the assets and the demo accounts, and may be repeated", async () => {
    for (let time = 0; time < 2; time++) await prepareDatabase(url, options);
    expect(await names("assets", "asset")).to.deep.equal(["BTC-USD", "ETH-USD", "KCN-EUR", "SOL-USDC"]);
    expect(await names("accounts where kind = 'customer'", "name")).to.deep.equal(["random1", "random2", "random32"]);
  });

  it("gives the demo accounts their balances once, booked in the ledger", async () => {
    for (let time = 0; time < 2; time++) await prepareDatabase(url, options);
    const held = await execute(
      url,
      `select currency, available, (select sum(amount)::bigint from ledger_entries l
         where (l.account_id, l.currency) = (b.account_id, b.currency)) as booked
       from balances b join accounts using (account_id) where name = 'random1' and currency in ('USD', 'BTC')`,
    );
    expect(held).to.have.deep.members([
      { currency: "USD", available: "1000000000000000", booked: "1000000000000000" },
      { currency: "BTC", available: "100000000000000", booked: "100000000000000" },
    ]);
  });

  it("makes no demo account in production", async () => {
    await prepareDatabase(url, { ...options, withDemoAccounts: false });
    expect(await names("accounts where kind = 'customer'", "name")).to.deep.equal([]);
  });

  it("refuses an asset whose tick is another than its orders were counted in", async () => {
    await prepareDatabase(url, options);
    const assetsFile = join(temporaryFolder(), "assets.json");
    const currencies = { USD: { decimals: 6, kind: "fiat" }, BTC: { decimals: 8, kind: "crypto" } };
    const assets = [{ asset: "BTC-USD", tickSize: "0.1", lotSize: "0.0001" }];
    writeFileSync(assetsFile, JSON.stringify({ currencies, assets }));
    const refusal = await prepareDatabase(url, { ...options, assetsFile }).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(refusal).to.match(/^asset BTC-USD: the database was made with tick 0.01 /);
  });
});
