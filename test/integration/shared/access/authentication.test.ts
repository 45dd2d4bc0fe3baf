import { expect } from "chai";
import { createApiKey } from "../../../../src/launcher/demo-accounts.js";
import { authenticator } from "../../../../src/shared/access/authentication.js";
import { connectDatabase, type Database } from "../../../../src/shared/database/database.js";
import { patience } from "../../../support/machine.js";
import { createDatabase } from "../../../support/postgres.js";
import { serviceForTest } from "../../../support/service.js";

describe("API keys", () => {
  let database: Database;

  before(async () => {
    const { log } = serviceForTest("test");
    database = await connectDatabase(await createDatabase(), { applicationName: "keys-test", log });
  });
  after(() => database.close());
  beforeEach(async () => {
    await database.query("delete from api_keys");
    await createApiKey(database, "ann", "ann-1", "secret");
  });

  const change = (assignment: string) => database.query(`update api_keys set ${assignment}`);

  it("say whose they are, what they are for, and how long they are good", async () => {
    const { accountId, ...rest } = (await authenticator(database)("ann-1", "secret")) ?? {};
    expect(accountId).to.be.greaterThan(0);
    expect(rest).to.deep.equal({ account: "ann", suspended: false, keyId: "ann-1", role: "trade", expiresInMs: null });
    await change("role = 'read', expires_at = now() + interval '1 minute'");
    const limited = await authenticator(database)("ann-1", "secret");
    expect(limited?.role).to.equal("read");
    expect(limited?.expiresInMs).to.be.within(60_000 - patience(10_000), 60_000);
  });

  it("are refused alike when unknown, wrong, revoked, expired or the exchange's", async () => {
    const refused = async (keyId = "ann-1", secret = "secret") =>
      expect(await authenticator(database)(keyId, secret)).to.equal(null);
    await refused("ann-2");
    await refused("ann-1", "Secret");
    await refused("ann-1", "");
    await change("expires_at = now()");
    await refused();
    await change("expires_at = null, revoked_at = now()");
    await refused();
    await change("revoked_at = null, account_id = (select account_id from accounts where name = 'exchange:fees')");
    await refused();
  });
});
