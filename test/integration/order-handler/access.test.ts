/** Keys, suspensions, halts and what outlives a session, with a real Postgres behind the order-handler. */

import { expect } from "chai";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { AccessFeed } from "../../../src/shared/access/access-feed.js";
import { authenticator } from "../../../src/shared/access/authentication.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { CancelTriggersStore } from "../../../src/shared/order-entry/cancel-triggers-store.js";
import { until } from "../../support/eventually.js";
import { closedAfterEach } from "../../support/hooks.js";
import { patience } from "../../support/machine.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { asRole, createDatabase } from "../../support/postgres.js";
import { type ServiceForTest, serviceForTest } from "../../support/service.js";
import { ASSETS, frame, type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

const TAKES_EFFECT_WITHIN_MS = 1_000;
const WRONG = "REJ 101 LOGIN_REJECTED the key or its secret is wrong";
const LIMITED = "REJ 104 LOGIN_LIMITED too many wrong logins came from here; wait a minute, then try again";

describe("access to the order-handler", () => {
  let nats: NatsForTest;
  let database: Database;
  /** With the rights of an order-handler, and no more. */
  let limited: Database;
  let service: ServiceForTest;
  let handler: HandlerForTest;
  let ann: number;
  let bob: number;
  const clients = closedAfterEach<TestClient>();

  before(async () => {
    nats = await startNats();
  });
  beforeEach(async () => {
    service = serviceForTest("order-handler");
    const url = await createDatabase();
    const options = { applicationName: "access-test", log: service.log };
    database = await connectDatabase(url, options);
    limited = await connectDatabase(asRole(url, "bourse_order_handler"), options);
    await storeAssets(database, ASSETS);
    for (const name of ["ann", "bob"]) await createApiKey(database, name, name, name);
    const ids = await database.query<{ id: number }>(
      "select account_id as id from accounts where name in ('ann', 'bob') order by name",
    );
    [ann, bob] = ids.map(({ id }) => id) as [number, number];
    handler = await start();
  });
  afterEach(async () => {
    await handler.stop();
    await service.stop();
    await limited.close();
    await database.close();
  });
  after(() => nats.stop());

  async function start(wrong = { perAddress: 200, perKey: 100 }): Promise<HandlerForTest> {
    const access = await AccessFeed.start(limited, service.log);
    service.background("access feed", access.run(service.stopping));
    return await startHandler(nats.url, {
      access,
      cancelTriggers: new CancelTriggersStore(limited),
      authenticate: authenticator(limited),
      logins: { wrong, slowedMs: 50 },
    });
  }
  function connect(): TestClient {
    const client = new TestClient(handler.port);
    clients.push(client);
    return client;
  }
  async function login(key = "ann", option = ""): Promise<TestClient> {
    const client = connect();
    expect(await client.ask(`LOGIN ${key} ${key} ${option}`)).to.equal(`OK LOGIN ${key}`);
    return client;
  }
  /** How long it takes until it is so. */
  async function within(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const startedMs = performance.now();
    await until(what, isSo);
    expect(performance.now() - startedMs).to.be.lessThan(patience(TAKES_EFFECT_WITHIN_MS), what);
  }
  const triggers = () =>
    database.query(
      `select trigger_id, account_id, kind, lives, due_at, extract(epoch from due_at - now())::float8 as due_in_s
       from cancel_triggers order by kind, trigger_id`,
    );
  const order = "BUY BTC-USD 1 1";

  it("refuses the orders of a suspended account's open sessions within a second, and lets its cancels through", async () => {
    const [client, other] = [await login(), await login("bob")];
    expect(await client.ask(order)).to.match(/^ACK /);
    await database.query("select change_account('suspend', $1, 'op', 'test')", [ann]);
    await within("a refusal", async () => (await client.ask(order)).startsWith("REJ 102 ACCOUNT_SUSPENDED "));
    expect(await client.ask("REPLACE BTC-USD 256 1 1")).to.match(/^REJ 102 /);
    expect(await client.ask("CANCEL BTC-USD 256")).to.match(/^ACK /);
    expect(await client.ask("CANCELALL BTC-USD")).to.match(/^ACK /);
    expect(await other.ask(order)).to.match(/^ACK /);
    expect(await connect().ask("LOGIN ann ann")).to.match(/^REJ 102 ACCOUNT_SUSPENDED /);
    await database.query("select change_account('resume', $1, 'op', 'test')", [ann]);
    await within("an ACK", async () => (await client.ask(order)).startsWith("ACK "));
  });

  it("knows from its start on who is suspended and what is halted", async () => {
    await handler.stop();
    await database.query("select set_asset_state('BTC-USD', 'halted', 'op', 'test')");
    handler = await start();
    const client = await login();
    expect(await client.ask(order)).to.match(/^REJ 304 ASSET_HALTED BTC-USD is halted/);
    expect(await client.ask("CANCELALL BTC-USD")).to.match(/^ACK /);
  });

  it("refuses orders in a halted asset within a second, and takes them again", async () => {
    const client = await login();
    const set = (asset: string | null, state: string) =>
      database.query("select set_asset_state($1, $2, 'op', 'test')", [asset, state]);
    await set("BTC-USD", "cancel_only");
    await within("a refusal", async () => (await client.ask(order)).startsWith("REJ 304 ASSET_HALTED "));
    expect(await client.ask("BUY ETH-USD 1 1")).to.match(/^ACK /);
    expect(await client.ask("CANCEL BTC-USD 256")).to.match(/^ACK /);
    await set(null, "open");
    await within("an ACK", async () => (await client.ask(order)).startsWith("ACK "));
  });

  it("ends the sessions of a revoked key within a second, and no other", async () => {
    await createApiKey(database, "ann", "ann-2", "ann-2");
    const client = connect();
    await client.ask("LOGIN ann-2 ann-2");
    const other = await login();
    const startedMs = performance.now();
    await database.query("select revoke_key('ann-2', 'op', 'lost')");
    expect(await client.rest()).to.match(/^REJ 100 LOGIN_REQUIRED the key was revoked/);
    expect(performance.now() - startedMs).to.be.lessThan(patience(TAKES_EFFECT_WITHIN_MS));
    expect(await other.ask(order)).to.match(/^ACK /);
  });

  it("ends the sessions of a key when it expires", async () => {
    await database.query("update api_keys set expires_at = now() + interval '600 ms' where key_id = 'ann'");
    const client = await login();
    expect(await client.rest()).to.match(/^REJ 100 LOGIN_REQUIRED the key has expired/);
  });

  it("tells an outsider the same of every key that is not good", async () => {
    for (const key of ["revoked", "expired", "reader"]) await createApiKey(database, "ann", key, "secret");
    await database.query("select revoke_key('revoked', 'op', 'test')");
    await database.query("update api_keys set expires_at = now() where key_id = 'expired'");
    await database.query("update api_keys set role = 'read' where key_id = 'reader'");
    const wrong = ["nobody x", "ann x", "revoked secret", "expired secret", "reader x"];
    for (const attempt of wrong) expect(await connect().ask(`LOGIN ${attempt}`)).to.equal(WRONG);
    expect(await connect().ask("LOGIN reader secret")).to.match(/^REJ 101 LOGIN_REJECTED the key may only read/);
  });

  it("slows wrong guesses down, and locks nobody out who is right: not the key's owner, not their neighbours", async () => {
    const guess = (key: string) => connect().ask(`LOGIN ${key} guess`);
    const answers = await Promise.all([
      ...Array.from({ length: 110 }, () => guess("ann")),
      ...Array.from({ length: 100 }, (_, index) => guess(`bob-${index}`)),
    ]);
    expect(new Set(answers)).to.deep.equal(new Set([WRONG, LIMITED]));
    await login();
    await login("bob");
  });

  it("takes a key id that can't be one for a wrong login, whatever it holds, and asks nobody about it", async () => {
    for (const keyId of ["a\0b", "ann ", "x".repeat(65), "'; drop table", ""]) {
      const client = connect();
      client.send(frame({ requestId: 1, login: { keyId, secret: "x" } }));
      expect((await client.message()).reject, JSON.stringify(keyId)).to.include({ code: 101 });
    }
  });

  it("lets everybody in, and revokes keys in time, while hundreds of strangers try to log in with a NUL", async () => {
    const nul = frame({ requestId: 1, login: { keyId: "a\0b", secret: "x" } });
    const strangers = Array.from({ length: 300 }, () => connect());
    const pestering = setInterval(() => {
      for (const stranger of strangers) if (stranger.socket.writable) stranger.send(nul);
    }, 20);
    try {
      const client = await login();
      await database.query("select revoke_key('ann', 'op', 'lost')");
      await within("the end", async () => (await client.rest()).startsWith("REJ 100 "));
      for (let again = 0; again < 20; again++) await login("bob");
    } finally {
      clearInterval(pestering);
    }
  });

  it("has a timer in Postgres before it says so, one an account, and none when it is turned off", async () => {
    const [client, second] = [await login(), await login()];
    expect(await client.ask("TIMER 30")).to.equal("OK TIMER 30");
    expect(await second.ask("TIMER 60")).to.equal("OK TIMER 60");
    const [timer, ...more] = await triggers();
    expect(timer).to.include({ trigger_id: `timer/${ann}`, account_id: ann, kind: "timer" });
    expect(timer?.["due_in_s"]).to.be.within(60 - patience(5), 60);
    expect(more).to.deep.equal([]);
    client.send("TIMER 5\nTIMER 0\n");
    expect(await client.lines(2)).to.deep.equal(["OK TIMER 5", "OK TIMER 0"]);
    expect(await triggers()).to.deep.equal([]);
  });

  it("watches a session that cancels on disconnect from its login on, and gives it two seconds when it is lost", async () => {
    const client = await login("ann", "cod=1");
    expect((await triggers())[0]?.["due_in_s"]).to.be.within(5 - patience(1), 5);
    client.socket.resetAndDestroy();
    await until("the end", async () => (await triggers())[0]?.["lives"] === false);
    expect(Number((await triggers())[0]?.["due_in_s"])).to.be.within(0, 2);
  });

  it("keeps a session alive in Postgres while it lasts", async () => {
    await login("ann", "cod=1");
    const renewedAtMs = async () =>
      Number((await database.query("select renewed_at from order_handlers"))[0]?.["renewed_at"]);
    const firstMs = await renewedAtMs();
    await until("a renewal", async () => (await renewedAtMs()) > firstMs);
    expect((await triggers())[0]).to.include({ lives: true });
  });

  it("lets a session come back within the grace, at once or later", async () => {
    for (const waits of [false, true]) {
      const client = await login("ann", "cod=1");
      client.socket.destroy();
      if (waits) await until("the end", async () => (await triggers()).some((row) => row["lives"] === false));
      const again = await login("ann", "cod=1");
      await until("one session that lives", async () => {
        const rows = await triggers();
        return rows.length === 1 && rows[0]?.["lives"] === true;
      });
      expect(await again.ask("QUIT")).to.equal("OK QUIT");
      await until("the end", async () => (await triggers())[0]?.["lives"] === false);
      await database.query("delete from cancel_triggers");
    }
  });

  it("lets a session come back while the one before is still to be answered, whose end then cancels nothing", async () => {
    const before = await login("ann", "cod=1");
    nats.freeze();
    try {
      before.send(`${order}\n`);
      before.socket.end();
      await login("ann", "cod=1");
      expect(await triggers()).to.have.length(1);
    } finally {
      nats.thaw();
    }
    expect(await before.rest()).to.match(/^ACK /);
    await until("the end of the one before", async () =>
      /handler_sessions(\{.*\})? 1$/m.test(await handler.metrics.text()),
    );
    expect((await triggers()).map((row) => row["lives"])).to.deep.equal([true]);
  });

  it("gives a session whose order may still be logged until it is", async () => {
    const [client, other] = [await login("ann", "cod=1"), await login("bob")];
    nats.freeze();
    try {
      client.send(`${order}\n`);
      for (const _ of "by now it is read") expect(await other.ask("PING")).to.equal("OK PING");
      client.socket.resetAndDestroy();
      await until("the end", async () => (await triggers())[0]?.["lives"] === false);
      expect((await triggers())[0]?.["due_in_s"]).to.be.above(2);
    } finally {
      nats.thaw();
    }
    await until("the end once it is logged", async () => Number((await triggers())[0]?.["due_in_s"]) <= 2);
  });

  it("does not take a session for another account's that comes back", async () => {
    (await login("bob", "cod=1")).socket.destroy();
    await until("the end", async () => (await triggers())[0]?.["lives"] === false);
    await login("ann", "cod=1");
    expect(await triggers()).to.have.length(2);
  });

  it("writes down that its sessions ended when it is stopped, and keeps timers", async () => {
    const client = await login("ann", "cod=1");
    expect(await client.ask("TIMER 100")).to.equal("OK TIMER 100");
    const stopping = handler.handler.stop();
    await client.rest();
    client.socket.end();
    await stopping;
    const due = (await triggers()).map((row) => Number(row["due_in_s"]));
    expect(due[0]).to.be.at.most(2);
    expect(due[1]).to.be.greaterThan(50);
  });

  it("starts the grace of sessions that another order-handler in its place has left behind", async () => {
    const store = new CancelTriggersStore(limited);
    const open = (at: string, triggerId: string, account: number) =>
      store.openSessions(at, [{ triggerId, accountId: account as never }]);
    await open("here#1", "session/left", ann);
    await open("here#2", "session/own", ann);
    await open("elsewhere#1", "session/other", bob);
    await store.endSessionsBefore("here#2");
    const rows = (await triggers()).map((row) => [row["trigger_id"], row["lives"], Number(row["due_in_s"]) <= 2]);
    expect(rows).to.deep.equal([
      ["session/left", false, true],
      ["session/other", true, false],
      ["session/own", true, false],
    ]);
  });

  it("still cancels for who left when his return was refused, though it was stored; once, and for nobody who is there", async () => {
    const store = new CancelTriggersStore(limited);
    const open = (triggerId: string, refused: string[] = []) =>
      store.openSessions("here#1", [{ triggerId, accountId: ann as never }], { refused });
    const leave = (triggerId: string) => store.endSessions([{ triggerId, endedAgoMs: 0 }]);
    const lives = async () => (await triggers()).map((row) => row["lives"]);
    /** As it would be after the grace. */
    const cancels = async () => {
      await database.query("update cancel_triggers set due_at = now() where not lives");
      await database.query("update trigger_watch set looked_at = now(), since = '-infinity', broken_at = '-infinity'");
      return (await database.query<{ fired: number }>("select fire_cancel_triggers(10) as fired"))[0]?.fired;
    };

    await open("session/refused");
    await store.forgetSessions(["session/refused"]);
    expect([await lives(), await cancels()], "nobody was there before").to.deep.equal([[], 0]);

    await open("session/left");
    await leave("session/left");
    await open("session/refused");
    for (const _ of "again and again") await store.forgetSessions(["session/refused"]);
    expect([await lives(), await cancels()], "who left was away").to.deep.equal([[false], 1]);

    await open("session/left");
    await leave("session/left");
    await open("session/refused");
    await open("session/back", ["session/refused"]);
    await store.forgetSessions(["session/refused"]);
    expect([await lives(), await cancels()], "he is back").to.deep.equal([[true], 0]);
    await store.forgetSessions(["session/back"]);
    expect([await lives(), await cancels()], "that was refused, too").to.deep.equal([[false], 1]);

    await open("session/left");
    await leave("session/left");
    await open("session/refused");
    await open("session/elsewhere"); // of a process that does not know who was refused here
    await store.forgetSessions(["session/refused"]);
    expect([await lives(), await cancels()], "he is elsewhere").to.deep.equal([[true], 0]);
    await store.forgetSessions(["session/elsewhere"]);
    expect([await lives(), await cancels()], "he was refused there, too").to.deep.equal([[false], 1]);
  });

  it("lets a session come back late where nobody could be reached meanwhile, but not for ever", async () => {
    const store = new CancelTriggersStore(limited);
    const open = (triggerId: string) => store.openSessions("here#1", [{ triggerId, accountId: ann as never }]);
    const left = async () => (await triggers()).map((row) => row["trigger_id"]);
    await open("session/1");
    await store.endSessions([{ triggerId: "session/1", endedAgoMs: 6_000 }]);
    await database.query("update trigger_watch set looked_at = now(), since = now() - interval '1 day'");
    await open("session/2");
    expect(await left()).to.deep.equal(["session/1", "session/2"]);
    await database.query("update trigger_watch set looked_at = now() - interval '5 s'");
    await open("session/3");
    expect(await left()).to.deep.equal(["session/2", "session/3"]);
    await store.endSessions([{ triggerId: "session/2", endedAgoMs: 60_000 }]);
    await open("session/4");
    expect(await left()).to.deep.equal(["session/2", "session/3", "session/4"]);
  });
});
