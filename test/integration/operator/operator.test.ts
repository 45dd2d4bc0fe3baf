import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { ACCOUNT } from "../../../src/operator/account-program.js";
import { actorOf } from "../../../src/operator/actor.js";
import { ASSET } from "../../../src/operator/asset-program.js";
import { parse } from "../../../src/operator/command-line.js";
import { STOP } from "../../../src/operator/stop-program.js";
import { authenticator } from "../../../src/shared/access/authentication.js";
import { DEVELOPMENT_SEAL } from "../../../src/shared/access/key-seal.js";
import { takeUpCreatedAssets } from "../../../src/shared/database/created-assets.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { RefusedToOperator } from "../../../src/shared/operators/refused.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { asRole, createDatabase } from "../../support/postgres.js";
import { serviceForTest } from "../../support/service.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("operators", () => {
  let url: string;
  let database: Database;
  /** Who acts. */
  let actor = "op";

  beforeEach(async () => {
    url = await createDatabase();
    const { log } = serviceForTest("test");
    const owner = await connectDatabase(url, { applicationName: "operator-test", log });
    await storeAssets(owner, loadAssets(`${projectRoot}config/assets.json`));
    await owner.close();
    database = await connectDatabase(asRole(url, "bourse_operator"), { applicationName: "operator-test", log });
  });
  afterEach(() => database.close());

  async function operate(...args: string[]) {
    const { command, words, options } = parse(
      [ASSET, STOP].find(({ name }) => name === args[0]) ?? ACCOUNT,
      args.slice(1),
    );
    return await command.run({ database, actor, keySeal: DEVELOPMENT_SEAL, words, options });
  }
  // biome-ignore lint/suspicious/noExplicitAny: what is printed as JSON, looked at field by field
  const account = async (...args: string[]): Promise<any> => (await operate("account", ...args)).json;
  const refusal = async (...args: string[]) => {
    try {
      await operate(...args);
    } catch (error) {
      expect(error).to.be.instanceOf(RefusedToOperator);
      return (error as Error).message;
    }
    throw new Error(`${args.join(" ")} was not refused`);
  };
  const actions = async () => (await account("audit")).actions.map((row: { kind: string }) => row.kind).reverse();

  it("make keys that sign: with their secret, or with the private half of a public key", async () => {
    await account("create", "alice");
    const { keyId, secret, signs } = await account("key", "alice");
    const [stored] = await database.query<{ sealed: Buffer }>("select sealed_secret as sealed from api_key_signers");
    expect(signs).to.equal("hmac");
    expect(DEVELOPMENT_SEAL.open(keyId, stored?.sealed as Buffer)).to.equal(secret);
    const file = join(temporaryFolder(), "public.pem");
    writeFileSync(file, generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));
    const signer = await account("key", "alice", "--public-key", file);
    expect(signer).to.include({ signs: "ed25519" }).and.to.not.have.property("secret");
    expect(await database.query("select kind from api_key_signers order by kind")).to.deep.equal([
      { kind: "ed25519" },
      { kind: "hmac" },
    ]);
    expect(await refusal("account", "key", "alice", "--public-key", "/nowhere")).to.match(/can't be read \(ENOENT\)$/);
    expect(await refusal("account", "key", "alice", "--public-key", `${projectRoot}package.json`)).to.match(
      /openssl genpkey/,
    );
  });

  it("make accounts and keys: the secret is good, long, and kept nowhere", async () => {
    await account("create", "alice");
    const key = await account("key", "alice", "--role", "read", "--expires", "90d");
    expect(key.secret).to.match(/^[A-Za-z0-9_-]{43}$/);
    expect(key.keyId).to.match(/^alice-[0-9a-f]{8}$/);
    const login = await authenticator(database)(key.keyId, key.secret);
    expect(login).to.include({ account: "alice", role: "read" });
    expect(login?.expiresInMs).to.be.within(89.9 * 86_400_000, 90 * 86_400_000);
    expect(JSON.stringify(await account("audit"))).to.not.include(key.secret);
    expect(await actions()).to.deep.equal(["create_account", "create_key"]);
    await account("revoke", key.keyId, "--why", "lost");
    expect(await authenticator(database)(key.keyId, key.secret)).to.equal(null);
    expect((await account("show", "alice")).keys[0]).to.include({ keyId: key.keyId, status: "revoked" });
  });

  it("pay in and out by the unit, once for each reference, and are told what is left", async () => {
    await account("create", "alice");
    const first = await account("deposit", "alice", "1000.25", "USD", "--reference", "wire 1");
    expect(first).to.deep.include({ isRepeated: false, balance: { currency: "USD", available: "1000.25", held: "0" } });
    expect(await account("deposit", "alice", "1000.25", "USD", "--reference", "wire 1")).to.include({
      isRepeated: true,
    });
    await account("deposit", "alice", "0.00000001", "BTC");
    const out = await account("withdraw", "alice", "1000.24", "USD");
    expect(out.balance).to.deep.equal({ currency: "USD", available: "0.01", held: "0" });
    expect(out.reference).to.have.length(36);
    const { balances, lastEntries } = await account("show", "alice");
    expect(balances).to.deep.equal([
      { currency: "BTC", available: "0.00000001", held: "0" },
      { currency: "USD", available: "0.01", held: "0" },
    ]);
    expect(lastEntries.map((row: { available: string }) => row.available)).to.deep.equal([
      "-1000.24",
      "0.00000001",
      "1000.25",
    ]);
    expect(await actions()).to.deep.equal(["create_account", "deposit", "deposit", "withdrawal"]);
    const [newest] = (await account("audit", "alice", "--limit", "1")).actions;
    expect(newest).to.include({ madeBy: "op", about: `1000.24 USD, reference ${out.reference}` });
  });

  const lines: [string, string[], RegExp][] = [
    ["an account that is not there", ["account", "show", "bob"], /^there is no account bob; .*list shows all$/],
    ["a name that can't be one", ["account", "create", "Al:ice"], /^Al:ice can't be a name/],
    ["a name that is taken", ["account", "create", "alice"], /^there is an account alice already$/],
    ["the exchange's account", ["account", "suspend", "exchange:fees", "--why", "x"], /is the exchange's own account$/],
    ["a role that is none", ["account", "key", "alice", "--role", "root"], /it must be one of trade, read, operator$/],
    ["an expiry that is over", ["account", "key", "alice", "--expires", "2020-01-01"], /which is over$/],
    ["an expiry that is no time", ["account", "key", "alice", "--expires", "soon"], /must be like 90d/],
    ["a key that is taken", ["account", "key", "alice", "--id", "taken"], /^there is a key taken already/],
    ["a key that is not there", ["account", "revoke", "nokey", "--why", "x"], /^there is no key nokey/],
    ["no currency", ["account", "deposit", "alice", "1", "DOGE"], /^there is no currency DOGE; there are BTC, /],
    ["no amount", ["account", "deposit", "alice", "1,5", "USD"], /^1,5 is not a decimal number/],
    ["a negative amount", ["account", "withdraw", "alice", "-1", "USD"], /^-1 is not /],
    ["more decimals than there are", ["account", "deposit", "alice", "0.0000001", "USD"], /is finer than the currency/],
    ["more than there is", ["account", "withdraw", "alice", "11", "USD"], /^alice has 10 USD available and 0 held/],
    ["a reference of another", ["account", "deposit", "alice", "1", "USD", "--reference", "r"], /was used for another/],
    [
      "no hours",
      ["asset", "hours", "BTC-USD", "Mon 9-17", "--why", "x"],
      /^Mon 9-17 are no hours: "Mon-Fri 09:00-17:30, /,
    ],
    [
      "hours nowhere",
      ["asset", "hours", "BTC-USD", "Mon 09:00-17:00", "--zone", "Mars", "--why", "x"],
      /^there is no time zone Mars; /,
    ],
    [
      "hours of no asset",
      ["asset", "hours", "DOGE-USD", "Mon 09:00-17:00", "--why", "x"],
      /^there is no asset DOGE-USD; /,
    ],
    ["no asset", ["asset", "halt", "DOGE-USD", "--why", "x"], /^there is no asset DOGE-USD; there are BTC-USD, /],
  ];
  for (const [what, args, line] of lines)
    it(`are told in one line what is wrong with ${what}, and nothing changes`, async () => {
      await account("create", "alice");
      await account("key", "alice", "--id", "taken");
      await account("deposit", "alice", "10", "USD", "--reference", "r");
      const before = await actions();
      expect(await refusal(...args))
        .to.match(line)
        .and.not.include("\n");
      expect(await actions()).to.deep.equal(before);
    });

  it("suspend, resume and close one, or suspend and resume all", async () => {
    for (const name of ["alice", "bob"]) await account("create", name);
    const status = async () =>
      (await account("list")).accounts
        .filter((row: { kind: string }) => row.kind === "customer")
        .map((row: { status: string }) => row.status);
    await account("suspend", "alice", "--why", "x");
    expect(await status()).to.deep.equal(["suspended", "open"]);
    await account("suspend", "--all", "--why", "x");
    await account("resume", "--all", "--why", "x");
    expect(await status()).to.deep.equal(["suspended", "open"]);
    await account("close", "bob", "--why", "left");
    expect(await status()).to.deep.equal(["suspended", "closed"]);
    expect(await refusal("account", "resume", "bob", "--why", "x")).to.equal("bob is closed, and stays so");
    expect(await refusal("account", "key", "bob")).to.match(/no more keys/);
    expect(await refusal("account", "deposit", "bob", "1", "USD")).to.match(/^bob is closed/);
    for (const args of [["suspend"], ["suspend", "alice", "--all"]])
      expect(await account(...args, "--why", "x").then(String, (error: Error) => error.message)).to.match(
        /one of them$/,
      );
  });

  it("give an asset trading hours, which take effect at once, and take them away", async () => {
    const state = async () =>
      ((await operate("asset", "show", "BTC-USD")).json as { assets: Record<string, string>[] }).assets.map(
        ({ state, hours }) => [state, hours],
      );
    await operate("asset", "hours", "BTC-USD", "Mon-Sun 00:00-00:00", "--zone", "Europe/Zurich", "--why", "always");
    expect(await state()).to.deep.equal([["open", "Mon-Sun 00:00-00:00 Europe/Zurich"]]);
    const [{ day } = {}] = await database.query(
      "select to_char(now() at time zone 'UTC' + interval '3 days', 'Dy') as day",
    );
    await operate("asset", "hours", "BTC-USD", `${day} 09:00-17:00`, "--why", "not today");
    expect(await state()).to.deep.equal([["cancel_only", `${day} 09:00-17:00 UTC`]]);
    await operate("asset", "hours", "BTC-USD", "none", "--why", "at all times");
    expect(await state()).to.deep.equal([["open", null]]);
    expect(await actions()).to.deep.equal(["set_asset_state", "set_asset_state", "set_asset_state", "set_asset_state"]);
    const { actions: audit } = await account("audit");
    expect(audit.map((row: { why: string }) => row.why).reverse()).to.deep.equal([
      "always",
      "not today",
      "outside trading hours",
      "at all times",
    ]);
  });

  it("set the state of an asset, or of all, and see it", async () => {
    await operate("asset", "cancel-only", "all", "--why", "maintenance");
    await operate("asset", "halt", "BTC-USD", "--why", "news");
    await operate("asset", "resume", "ETH-USD", "--why", "done");
    expect((await operate("asset", "show", "all")).json).to.deep.equal((await operate("asset", "show")).json);
    const { assets } = (await operate("asset", "show")).json as { assets: Record<string, string>[] };
    expect(assets.map(({ asset, state, why }) => [asset, state, why])).to.deep.equal([
      ["BTC-USD", "halted", "news"],
      ["ETH-USD", "open", "done"],
      ["KCN-EUR", "cancel_only", "maintenance"],
      ["SOL-USDC", "cancel_only", "maintenance"],
    ]);
    expect(await actions()).to.deep.equal(["set_asset_state", "set_asset_state", "set_asset_state"]);
  });

  it("are named by their key, which must be an operator's; in production from the first such key on", async () => {
    const config = { databaseUrl: url, production: true, breaksGlass: false, keySeal: null, key: null, user: "root" };
    const named = (keyId: string, secret: string) => actorOf(database, { ...config, key: { keyId, secret } });
    const failure = (work: Promise<string>) => work.then(String, (error: Error) => error.message);
    await account("create", "ops");
    expect(await actorOf(database, config)).to.equal("root");
    const trade = await account("key", "ops", "--id", "trader");
    const operator = await account("key", "ops", "--id", "oscar", "--role", "operator");
    expect(await failure(actorOf(database, config))).to.match(/^say who you are: set OPERATOR_KEY_ID/);
    expect(await actorOf(database, { ...config, production: false })).to.equal("root");
    expect(await named("oscar", operator.secret)).to.equal("oscar");
    expect(await failure(named("trader", trade.secret))).to.match(
      /^trader is a trade key; only one of the role operator/,
    );
    for (const [keyId, secret] of [
      ["oscar", "x"],
      ["nobody", "x"],
      ["trader", "x"],
    ] as const)
      expect(await failure(named(keyId, secret))).to.match(/are not a key that is good$/);
  });

  it("are nobody by accident once all their keys are revoked, or their accounts suspended", async () => {
    const config = { databaseUrl: url, production: true, breaksGlass: false, keySeal: null, key: null, user: "root" };
    const failure = (work: Promise<string>) => work.then(String, (error: Error) => error.message);
    await account("create", "ops");
    const { secret } = await account("key", "ops", "--id", "oscar", "--role", "operator");
    await account("suspend", "ops", "--why", "left");
    const oscar = actorOf(database, { ...config, key: { keyId: "oscar", secret } });
    expect(await failure(oscar)).to.equal("oscar belongs to ops, which is suspended: it acts for nobody");
    await account("resume", "ops", "--why", "back");
    await account("revoke", "oscar", "--why", "lost");
    expect(await failure(actorOf(database, config))).to.match(/OPERATOR_BREAK_GLASS=1 lets you act/);
    expect(await actorOf(database, { ...config, breaksGlass: true })).to.equal("break-glass:root");
  });

  it("book a transfer when a second one approves it", async () => {
    await account("create", "alice");
    const why = ["--why", "a test"];
    const { requestId } = await account("request", "deposit", "alice", "5", "USD", ...why);
    expect(await refusal("account", "approve", String(requestId), ...why)).to.match(/by a second operator/);
    actor = "other";
    await account("approve", String(requestId), ...why);
    actor = "op";
    expect((await account("show", "alice")).balances).to.deep.equal([{ currency: "USD", available: "5", held: "0" }]);
    expect((await account("requests")).requests[0]).to.include({ status: "approved", decidedBy: "other" });
    expect(await refusal("account", "reject", String(requestId), ...why)).to.match(/is approved already, by other/);
  });

  it("stop everything, with the word that has to be typed; and wind down", async () => {
    await account("create", "alice");
    expect(await refusal("stop-all", "kill", "--confirm", "yes", "--why", "x")).to.match(/type STOP EVERYTHING/);
    await operate("stop-all", "kill", "--confirm", "STOP EVERYTHING", "--why", "x");
    expect((await account("show", "alice")).status).to.equal("suspended");
    await operate("stop-all", "wind-down", "BTC-USD", "--orders", "cancel", "--why", "x");
    expect((await actions()).slice(1)).to.deep.equal([
      "set_asset_state",
      "suspend",
      "kill_switch",
      "set_asset_state",
      "cancel_all",
      "wind_down",
    ]);
    expect(await refusal("stop-all", "wind-down", "DOGE-USD", "--orders", "keep", "--why", "x")).to.match(/no asset/);
  });

  it("read in the audit what was written, on one line, whatever it holds", async () => {
    await account("create", "alice");
    await account("suspend", "alice", "--why", "x\n2026-01-01 00:00:00Z  oscar  deposit\u001b[2K\u202e");
    const { text } = await operate("account", "audit");
    expect(text.split("\n")).to.have.length(3);
    expect(text).to.contain("x\\u{a}2026-01-01 00:00:00Z  oscar  deposit\\u{1b}[2K\\u{202e}");
  });

  describe("create markets", () => {
    const create = (...args: string[]) => operate("asset", "create", ...args, "--why", "asked for");
    const createRefusal = (...args: string[]) => refusal("asset", "create", ...args, "--why", "asked for");
    const SIZES = ["--tick", "0.01", "--lot", "0.01"];

    it("with a currency that is new, with fees, limits and hours, written into the audit, for all who look", async () => {
      const registry = loadAssets(`${projectRoot}config/assets.json`);
      const more = ["--taker-fee", "20", "--maker-fee", "-5", "--max-quantity", "1000", "--hours", "Mon 09:00-10:00"];
      await create("DOGE-USD", "--tick", "0.0001", "--lot", "1", "--base-decimals", "8", ...more);
      expect(await actions())
        .to.include.members(["create_asset"])
        .and.not.to.include("deposit");
      const [first] = (await account("audit")).actions.slice(-1);
      expect(first).to.include({ kind: "create_asset", madeBy: "op", why: "asked for" });
      expect(first.about).to.match(
        /^DOGE-USD tickSize 0.0001, lotSize 1, maxQuantity 1000, makerFeeBps -5, takerFeeBps 20$/,
      );
      expect((await operate("asset", "show", "DOGE-USD")).text).to.match(/Mon 09:00-10:00 UTC/);
      for (let times = 0; times < 2; times++) await takeUpCreatedAssets(database, registry, serviceForTest("test").log);
      const made = registry.assets.get("DOGE-USD");
      expect(made?.feeRates).to.deep.equal({ makerBps: -5, takerBps: 20 });
      expect([made?.quantityMaxLots, made?.baseUnitsPerLot]).to.deep.equal([1000, 1e8]);
      expect(registry.currencies.get("DOGE")).to.deep.equal({ currency: "DOGE", decimals: 8, kind: "crypto" });
      await account("create", "alice");
      await account("deposit", "alice", "5", "DOGE");
    });

    it("that break no rule of the assets file, once, and not with a name that clients would take for another", async () => {
      const refused: [args: string[], because: RegExp][] = [
        [["BTC-USD", ...SIZES], /^there is an asset BTC-USD already$/],
        [["BTCUSD", ...SIZES], /^asset BTCUSD: asset must be BASE-QUOTE, such as BTC-USD$/],
        [["SOL-USD", "--tick", "0", "--lot", "1"], /^asset SOL-USD: tickSize can't be: step "0" is not a positive/],
        [
          ["SOL-USD", "--tick", "0.00001", "--lot", "0.01"],
          /^asset SOL-USD: one tick \* lot is not a whole number of USD/,
        ],
        [["SOL-USD", ...SIZES, "--taker-fee", "much"], /^asset SOL-USD: takerFeeBps must be a whole number from -1000/],
        [["SOL-USD", ...SIZES, "--maker-fee", "-1"], /^asset SOL-USD: .* rebate above the taker's fee$/],
        [["SOL-USD", ...SIZES, "--hours", "always"], /^always are no hours/],
        [["SOL-USD", ...SIZES, "--hours", "Mon 09:00-10:00", "--zone", "Moon"], /^there is no time zone Moon/],
        [["DOGE-USD", ...SIZES], /^DOGE: there is no such currency yet; say how many decimals it has$/],
        [["SOL-USD", ...SIZES, "--base-decimals", "9"], /^SOL has 8 decimals, and keeps them/],
        [
          ["BTCU-SD", ...SIZES, "--base-decimals", "8", "--quote-decimals", "6"],
          /^BTC-USD and BTCU-SD would both be BTCUSD/,
        ],
      ];
      for (const [args, because] of refused) expect(await createRefusal(...args)).to.match(because);
      expect(await database.query("select asset from created_assets")).to.deep.equal([]);
      expect(await database.query("select currency from currencies where currency in ('DOGE', 'SD')")).to.deep.equal(
        [],
      );
      await create("SOL-USD", ...SIZES);
      expect(await createRefusal("SOL-USD", ...SIZES)).to.equal("there is an asset SOL-USD already");
      expect(await actions()).to.deep.equal(["create_asset"]);
    });
  });

  it("get their answer on stdout, their refusal in one line on stderr, and an exit code", () => {
    spawnSync(process.execPath, [join(projectRoot, "tools", "build.mjs")], { stdio: "inherit" });
    const command = (...args: string[]) => {
      const main = join(projectRoot, "dist", "operator", "main.js");
      const env = { ...process.env, DATABASE_URL: url, NODE_ENV: "test" };
      const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { env, encoding: "utf8" });
      return { status, stdout, stderr };
    };
    const created = command("account", "create", "alice", "--json");
    expect(created).to.include({ status: 0, stderr: "" });
    expect(JSON.parse(created.stdout)).to.include({ account: "alice" });
    const stderr = "account: there is an account alice already\n";
    expect(command("account", "create", "alice")).to.deep.equal({ status: 1, stdout: "", stderr });
    expect(command("account", "nonsense")).to.include({ status: 2, stdout: "" });
    expect(command("asset").stdout).to.match(/npm run asset -- halt BTC-USD/);
    for (const args of [[], ["help"], ["-h"]]) {
      const help = command("account", ...args);
      expect(help).to.include({ status: 0, stderr: "" });
      expect(help.stdout).to.match(/deposit .*<account> <amount> <currency>[\s\S]*npm run account -- create alice/);
    }
    for (const args of [
      ["help", "revoke"],
      ["revoke", "--help"],
    ])
      expect(command("account", ...args).stdout).to.match(/npm run account -- revoke .*<key>[\s\S]*sessions end/);
    expect(command("status", "--help").stdout).to.match(/npm run status -- [\s\S]*--json/);
    expect(command("status", "--jsno")).to.include({ status: 2, stdout: "" });
  });
});
