import { createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { expect } from "chai";
import { createApiKey, seedDemoAccounts } from "../../../../src/launcher/demo-accounts.js";
import type { Access } from "../../../../src/shared/access/access-feed.js";
import { KeySeal } from "../../../../src/shared/access/key-seal.js";
import { rawPublicKey } from "../../../../src/shared/access/signers.js";
import { SigningKeys } from "../../../../src/shared/access/signing-keys.js";
import { connectDatabase, type Database, type Queries } from "../../../../src/shared/database/database.js";
import type { AccountId } from "../../../../src/shared/domain/units.js";
import { createDatabase } from "../../../support/postgres.js";
import { serviceForTest } from "../../../support/service.js";

describe("keys that sign", () => {
  const { log } = serviceForTest("test");
  const seal = new KeySeal(randomBytes(32));
  const revoked = new Set<string>();
  const suspended = new Set<AccountId>();
  const access: Access = {
    isSuspended: (accountId) => suspended.has(accountId),
    isRevoked: (keyId) => revoked.has(keyId),
    stateOf: () => "open",
  };
  let database: Database;
  let queries = 0;
  const counted: Queries = {
    query: (sql, values) => {
      queries++;
      return database.query(sql, values);
    },
  };

  before(async () => {
    database = await connectDatabase(await createDatabase(), { applicationName: "keys-test", log });
    await createApiKey(database, "ann", "ann-1", "secret", seal);
  });
  after(() => database.close());

  const keys = (under = seal) => new SigningKeys(counted, under, access, log);
  const signed = (payload: string, secret = "secret") => ({
    payload,
    signature: createHmac("sha256", secret).update(payload).digest("hex"),
  });

  it("are read once, and say whose they are", async () => {
    const found = keys();
    queries = 0;
    for (const payload of ["a", "b", "c"])
      expect(await found.authenticate("ann-1", signed(payload))).to.include({
        account: "ann",
        role: "trade",
        suspended: false,
      });
    expect(queries).to.equal(1);
    expect(await found.authenticate("ann-1", signed("a", "another"))).to.equal(null);
    expect(await found.authenticate("nobody", signed("a"))).to.equal(null);
  });

  it("follow what operators decide, though they are read once", async () => {
    const found = keys();
    const account = await found.authenticate("ann-1", signed("a"));
    suspended.add(account?.accountId as AccountId);
    expect(await found.authenticate("ann-1", signed("a"))).to.include({ suspended: true });
    suspended.clear();
    revoked.add("ann-1");
    expect(await found.has("ann-1")).to.equal(false);
    revoked.clear();
    await database.query("update api_keys set expires_at = now() + interval '20 milliseconds' where key_id = 'ann-1'");
    const brief = keys();
    while (await brief.has("ann-1")) await brief.authenticate("ann-1", signed("a"));
    expect(await brief.authenticate("ann-1", signed("a"))).to.equal(null);
    await database.query("update api_keys set expires_at = null");
  });

  it("sign with an Ed25519 key, of which the exchange has the public half", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const raw = rawPublicKey(publicKey.export({ type: "spki", format: "pem" }).toString());
    await database.query("update api_key_signers set kind = 'ed25519', sealed_secret = null, public_key = $1", [raw]);
    const signature = sign(null, Buffer.from("a"), privateKey).toString("base64");
    expect(await keys().authenticate("ann-1", { payload: "a", signature })).to.include({ account: "ann" });
    expect(await keys().authenticate("ann-1", signed("a"))).to.equal(null);
  });

  it("sign nothing where they were sealed under another KEY_ENCRYPTION_KEY; demo keys are sealed anew", async () => {
    await seedDemoAccounts(database, ["random1"], seal);
    const other = new KeySeal(randomBytes(32));
    expect(await keys(other).has("random1")).to.equal(false);
    await seedDemoAccounts(database, ["random1"], other);
    expect(await keys(other).authenticate("random1", signed("a", "random1"))).to.include({ account: "random1" });
  });

  it("take no demo word for the secret of a key that has another", async () => {
    await createApiKey(database, "eve", "eve", "a secret of her own", seal);
    await createApiKey(database, "eve", "eve", "eve", seal);
    expect(await keys().authenticate("eve", signed("a", "eve"))).to.equal(null);
    expect(await keys().authenticate("eve", signed("a", "a secret of her own"))).to.include({ account: "eve" });
  });
});
