import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { prepareDatabase } from "../../../src/launcher/migrations.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { createDatabase, execute } from "../../support/postgres.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const options = {
  assetsFile: join(projectRoot, "config", "assets.json"),
  demoAccounts: "made" as const,
  keySeal: null,
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

  const refusalOf = (work: Promise<void>) =>
    work.then(
      () => "",
      (error: Error) => error.message,
    );
  async function withDatabase(work: (database: Database) => Promise<unknown>): Promise<void> {
    const database = await connectDatabase(url, { applicationName: "test", log: options.log });
    await work(database).finally(() => database.close());
  }

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
    await prepareDatabase(url, { ...options, demoAccounts: "refused" });
    expect(await names("accounts where kind = 'customer'", "name")).to.deep.equal([]);
  });

  it("refuses a database of production where keys are good whose secret is their id, and names them and the way out", async () => {
    await prepareDatabase(url, options);
    await withDatabase(async (database) => {
      await createApiKey(database, "ann", "ann", "a secret of her own");
      await createApiKey(database, "ann", "\u00e4nn", "\u00e4nn");
      await database.query("update api_keys set revoked_at = now() where key_id = 'random1'");
      await database.query("update api_keys set expires_at = now() where key_id = 'random2'");
      await database.query("update api_keys set expires_at = now() + interval '1 day' where key_id = 'random32'");
    });
    const refusal = await refusalOf(prepareDatabase(url, { ...options, demoAccounts: "refused" }));
    expect(refusal).to.match(/ demo keys random32, \u00e4nn, .*NODE_ENV=production REVOKE_DEMO_KEYS=1 npm start/);
  });

  it("revokes them first where it is told to, with an entry in the audit; development does not make them good again", async () => {
    await prepareDatabase(url, options);
    await withDatabase((database) => createApiKey(database, "ann", "ann", "a secret of her own"));
    await prepareDatabase(url, { ...options, demoAccounts: "revoked" });
    await prepareDatabase(url, options);
    await prepareDatabase(url, { ...options, demoAccounts: "refused" });
    expect(await names("api_keys where revoked_at is null", "key_id")).to.deep.equal(["ann"]);
    const audit = await execute(url, "select distinct kind, made_by, why from actions");
    expect(audit).to.deep.equal([{ kind: "revoke_key", made_by: "launcher", why: "everybody knows its secret" }]);
    expect(await names("actions", "key_id")).to.deep.equal(["random1", "random2", "random32"]);
  });

  it("keeps created markets beside those of the file, which must not contradict them", async () => {
    await prepareDatabase(url, options);
    const created = { asset: "SOL-USD", tickSize: "0.01", lotSize: "0.01" };
    const create = `select create_asset('SOL-USD', $1, '{}', '{}', '{}', '{}', '{}', '{}', 'UTC', 'new', 'op', 'a test')`;
    await execute(url, create, [JSON.stringify(created)]);
    await prepareDatabase(url, options);
    const assetsFile = join(temporaryFolder(), "assets.json");
    const { currencies, assets } = JSON.parse(readFileSync(options.assetsFile, "utf8"));
    const refusal = async (more: object, coins: object = {}) => {
      writeFileSync(assetsFile, JSON.stringify({ currencies: { ...currencies, ...coins }, assets: [...assets, more] }));
      return await refusalOf(prepareDatabase(url, { ...options, assetsFile }));
    };
    expect(await refusal({ ...created, takerFeeBps: 5 })).to.equal("");
    expect(await refusal({ ...created, tickSize: "0.1" })).to.match(
      /^asset SOL-USD: the database was made with tick 0.01/,
    );
    const sd = { decimals: 6, kind: "crypto" };
    expect(await refusal({ ...created, asset: "SOLU-SD" }, { SOLU: sd, SD: sd })).to.match(
      /^asset SOLU-SD: an operator created SOL-USD, which is SOLUSD, too/,
    );
  });

  it("refuses an asset whose tick is another than its orders were counted in", async () => {
    await prepareDatabase(url, options);
    const assetsFile = join(temporaryFolder(), "assets.json");
    const currencies = { USD: { decimals: 6, kind: "fiat" }, BTC: { decimals: 8, kind: "crypto" } };
    const assets = [{ asset: "BTC-USD", tickSize: "0.1", lotSize: "0.0001" }];
    writeFileSync(assetsFile, JSON.stringify({ currencies, assets }));
    expect(await refusalOf(prepareDatabase(url, { ...options, assetsFile }))).to.match(
      /^asset BTC-USD: the database was made with tick 0.01 /,
    );
  });
});
