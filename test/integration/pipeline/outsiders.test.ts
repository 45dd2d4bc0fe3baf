/** What somebody tries whose business it is not: nothing changes for its owner, and nothing is told, not even existence. */
import { expect } from "chai";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { AccessFeed } from "../../../src/shared/access/access-feed.js";
import { authenticator } from "../../../src/shared/access/authentication.js";
import type { Row } from "../../../src/shared/database/database.js";
import { CancelTriggersStore } from "../../../src/shared/order-entry/cancel-triggers-store.js";
import { until } from "../../support/eventually.js";
import { closedAfterEach } from "../../support/hooks.js";
import { RawWebSocket } from "../../support/raw-websocket.js";
import { type ServiceForTest, serviceForTest } from "../../support/service.js";
import { type NotifierUnderTest, startNotifier } from "../market-data-notifier/notifier-under-test.js";
import { ask, event } from "../market-data-notifier/subscriber.js";
import { frame, type HandlerForTest, startHandler, TestClient } from "../order-handler/handler-under-test.js";
import { ANN, BOB, PipelineUnderTest } from "./pipeline-under-test.js";

/** The first byte of the frame that ends a websocket. */
const CLOSE_FRAME = "\u0088";
const UNKNOWN_ORDER_ID = 256 * 1_000_000;

describe("an outsider", () => {
  let pipeline: PipelineUnderTest;
  let service: ServiceForTest;
  let handler: HandlerForTest;
  let notifier: NotifierUnderTest;
  /** Ann's order, which rests all the time. */
  let order: number;
  let owned: string;
  const clients = closedAfterEach<TestClient>();
  const sockets = closedAfterEach<RawWebSocket>();

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    const { database } = pipeline;
    await createApiKey(database, "bob", "bob-reads", "bob-reads");
    await database.query("update api_keys set role = 'read' where key_id = 'bob-reads'");
    await createApiKey(database, "ann", "ann-gone", "ann-gone");
    service = serviceForTest("order-handler");
    handler = await startHandler(pipeline.nats.url, {
      access: await AccessFeed.start(database, service.log),
      cancelTriggers: new CancelTriggersStore(database),
      authenticate: authenticator(database),
    });
    notifier = await startNotifier({ natsUrl: pipeline.nats.url, databaseUrl: pipeline.databaseUrl });
    const ann = await login("ann");
    order = Number(/^ACK (\d+)/.exec(await ann.ask("SELL BTC-USD 0.5 64000 id=anns-own"))?.[1]);
    await pipeline.rowsOnce(1, "select 1 as seen from execution_reports where account_id = $1", ANN);
    owned = await belongings();
  });
  afterEach(async () => {
    expect(await belongings()).to.equal(owned);
  });
  after(async () => {
    await notifier.stop();
    await handler.stop();
    await service.stop();
    await pipeline.stop();
  });

  /** All that is Ann's: her orders, her money, what she was told. */
  async function belongings(): Promise<string> {
    const all: Row[][] = [];
    for (const table of ["orders", "balances", "execution_reports", "account_sequences", "ledger_entries", "accounts"])
      all.push(await pipeline.rows(`select to_jsonb(t) as row from ${table} t where account_id = $1 order by 1`, ANN));
    return JSON.stringify(all);
  }
  function connect(): TestClient {
    const client = new TestClient(handler.port);
    clients.push(client);
    return client;
  }
  async function raw(): Promise<RawWebSocket> {
    const socket = await RawWebSocket.open(notifier.url);
    sockets.push(socket);
    return socket;
  }
  async function login(key: string): Promise<TestClient> {
    const client = connect();
    expect(await client.ask(`LOGIN ${key} ${key}`)).to.equal(`OK LOGIN ${key}`);
    return client;
  }
  /** What Bob is told next, without what only counts. */
  async function report(): Promise<object> {
    const rows = () => pipeline.rows("select * from execution_reports where account_id = $1", BOB);
    const known = reported;
    await until("a report", async () => (await rows()).length > known);
    reported = known + 1;
    const [row] = await pipeline.rows(
      "select * from execution_reports where account_id = $1 order by account_sequence offset $2 limit 1",
      BOB,
      known,
    );
    const counts = ["account_sequence", "event_sequence", "order_id", "received_at_us", "matched_at_us"];
    return Object.fromEntries(Object.entries(row ?? {}).filter(([name]) => !counts.includes(name)));
  }
  let reported = 0;

  describe("at the order-handler", () => {
    it("can't cancel or replace another's order, and can't tell it from one that never was", async () => {
      const bob = await login("bob");
      const attempts: ((target: number) => string)[] = [
        (target) => `CANCEL BTC-USD ${target}`,
        (target) => `REPLACE BTC-USD ${target} 0.1 1`,
        (target) => `REPLACE BTC-USD ${target} 0.1 1 id=stolen-${target === order ? "a" : "b"}`,
      ];
      for (const attempt of attempts) {
        const [ofAnn, ofNobody] = [attempt(order), attempt(UNKNOWN_ORDER_ID)];
        expect(await bob.ask(ofAnn)).to.match(/^ACK \d+ BTC-USD$/);
        const toldOfAnn = await report();
        expect(await bob.ask(ofNobody)).to.match(/^ACK \d+ BTC-USD$/);
        const withoutId = (told: object) => ({ ...told, client_order_id: null });
        expect(withoutId(toldOfAnn)).to.deep.equal(withoutId(await report()));
      }
    });

    it("can't cancel by another's client order id, nor with all of his own, and may use it himself", async () => {
      const bob = await login("bob");
      await bob.ask("CANCEL BTC-USD id=anns-own");
      const toldOfAnn = await report();
      await bob.ask("CANCEL BTC-USD id=nobodys");
      expect({ ...toldOfAnn, client_order_id: "nobodys" }).to.deep.equal(await report());
      expect(toldOfAnn).to.include({ event: "cancel_rejected", reason: "unknown_order" });
      await bob.ask("CANCELALL BTC-USD");
      expect(await bob.ask("BUY BTC-USD 0.1 1 id=anns-own")).to.match(/^ACK \d+ BTC-USD id=anns-own$/);
      expect(await report()).to.include({ event: "accepted", client_order_id: "anns-own" });
    });

    it("is told the same of a wrong secret, a revoked key and one that never was, however often", async () => {
      await pipeline.rows("select revoke_key('ann-gone', 'test', 'a test')");
      const told = new Set<string>();
      for (const words of ["ann wrong", "ann-gone ann-gone", "nobody ann", "ANN ann", "1 ann"])
        told.add(await connect().ask(`LOGIN ${words}`));
      expect([...told]).to.deep.equal(["REJ 101 LOGIN_REJECTED the key or its secret is wrong"]);
    });

    it("can't act with a key that may only read", async () => {
      const reader = connect();
      expect(await reader.ask("LOGIN bob-reads bob-reads")).to.match(/^REJ 101 LOGIN_REJECTED the key may only read; /);
      expect(await reader.ask(`CANCEL BTC-USD ${order}`)).to.match(/^REJ 100 /);
    });

    it("can't log in again, or as somebody else, in a session", async () => {
      const bob = await login("bob");
      for (const words of ["bob bob", "ann ann", "ann wrong"])
        expect(await bob.ask(`LOGIN ${words}`)).to.equal(
          "REJ 101 LOGIN_REJECTED this session is logged in as bob already",
        );
    });

    it("can't replay a login that was recorded, once its key is revoked", async () => {
      const recorded = frame({ requestId: 1, login: { keyId: "ann-gone", secret: "ann-gone" } });
      const cancel = frame({ requestId: 2, cancelAll: { asset: "BTC-USD", side: 0 } });
      const client = connect();
      client.send(Buffer.concat([recorded, cancel]));
      expect((await client.message()).reject).to.include({ code: 101, text: "the key or its secret is wrong" });
      expect((await client.message()).reject).to.include({ code: 100 });
    });
  });

  describe("at the notifier", () => {
    const FORGED: [string, string][] = [
      ["objects", '{"keyId":{"length":3},"secret":{"length":3}}'],
      ["arrays", '{"keyId":["ann"],"secret":["ann"]}'],
      ["numbers", '{"keyId":1,"secret":1}'],
      ["booleans", '{"keyId":true,"secret":true}'],
      ["nulls", '{"keyId":null,"secret":null}'],
      ["no secret", '{"keyId":"ann"}'],
      ["empty text", '{"keyId":"ann","secret":""}'],
      ["huge strings", `{"keyId":"ann","secret":"${"a".repeat(10_000)}"}`],
      ["a wrong secret", '{"keyId":"ann","secret":"wrong"}'],
      ["a key that was revoked", '{"keyId":"ann-gone","secret":"ann-gone"}'],
      ["a key that never was", '{"keyId":"__proto__","secret":"constructor"}'],
    ];
    for (const [name, auth] of FORGED)
      it(`is refused with ${name}`, async () => {
        const socket = await raw();
        socket.sendText(`40${auth}`);
        const refusal = () => /44(\{"message":.*?\}\})/.exec(socket.received)?.[1];
        await until("it is answered", () => refusal() !== undefined);
        const answer = JSON.parse(refusal() ?? "");
        expect(answer.data.code).to.equal("LOGIN_REJECTED");
        expect(answer.message).to.match(
          /(both text, or \{ token \}, or nothing at all|the key or its secret is wrong)$/,
        );
        socket.sendText('420["subscribe",{"channel":"orders"}]');
        await ask(notifier.connect(), "subscribe", { channel: "trades", asset: "BTC-USD" });
        expect(socket.received).to.not.contain("accountSequence");
      });

    const NAMELESS: [string, string][] = [
      ["a prototype", '{"__proto__":{"keyId":"ann","secret":"ann"}}'],
      ["a constructor's prototype", '{"constructor":{"prototype":{"keyId":"ann","secret":"ann","accountId":1}}}'],
      ["an account", '{"accountId":1,"account":"ann"}'],
      ["nothing", ""],
    ];
    for (const [name, auth] of NAMELESS)
      it(`stays nobody with ${name}`, async () => {
        const socket = await raw();
        socket.sendText(`40${auth}`);
        await until("it is connected", () => socket.received.includes('40{"sid"'));
        socket.sendText('420["subscribe",{"channel":"orders","from":0}]');
        await until("it is answered", () => socket.received.includes("430["));
        expect(socket.received).to.contain('"code":"LOGIN_REQUIRED"').and.to.not.contain("anns-own");
        expect(({} as Record<string, unknown>)["keyId"]).to.equal(undefined);
      });

    for (const auth of ["null", "[]", '["ann","ann"]', '"ann"', "1", "{", '{"keyId":'])
      it(`is cut off, or is nobody, with ${auth} for an object`, async () => {
        const socket = await raw();
        socket.sendText(`40${auth}`);
        socket.sendText('420["subscribe",{"channel":"orders","from":0}]');
        await until(
          "it is over",
          () => socket.isClosed || /430\[|44\{/.test(socket.received) || socket.received.includes(CLOSE_FRAME),
        );
        expect(socket.received).to.not.contain('"ok":true').and.to.not.contain("anns-own");
        expect(socket.received).to.not.match(/TypeError|Cannot|undefined/);
      });

    it("gets no key from where keys are not asked for", async () => {
      const options = {
        query: { keyId: "ann", secret: "ann" },
        extraHeaders: { authorization: "ann:ann", cookie: "keyId=ann" },
      };
      const socket = notifier.connect(undefined, options);
      expect(await ask(socket, "subscribe", { channel: "orders" })).to.include({ ok: false, code: "LOGIN_REQUIRED" });
    });

    it("can't name another account, in whatever words, and a key that may only read sees its own", async () => {
      const socket = notifier.connect({ keyId: "bob-reads", secret: "bob-reads" });
      const heard: Record<string, unknown>[] = [];
      socket.on("orders", ({ reports }) => heard.push(...reports));
      const polluted = JSON.parse('{"channel":"orders","__proto__":{"account":"ann","accountId":1}}');
      for (const words of [
        { channel: "orders", account: "ann" },
        { channel: "orders", accountId: ANN },
        { channel: "orders", account_id: ANN },
        { channel: `orders:${ANN}` },
        { channel: ["orders", ANN] },
        polluted,
      ])
        expect(await ask(socket, "subscribe", words), JSON.stringify(words)).to.include({ ok: false });
      const own = await ask(socket, "subscribe", { channel: "orders", from: 0 });
      expect(own.ok).to.equal(true);
      await until("all of its own reports", () => heard.length >= Number(own["accountSequence"]));
      // What it asked about another's order was refused, and says no more than what it asked.
      const ofAnother = [...(own["openOrders"] as typeof heard), ...heard].filter(({ orderId }) => orderId === order);
      for (const report of ofAnother) {
        expect(report["event"]).to.be.oneOf(["cancel_rejected", "replace_rejected"]);
        expect(report).to.not.have.any.keys("side", "price", "quantity", "type");
      }
    });

    it("is told the same of a wrong secret and of a key that never was", async () => {
      const told = [];
      for (const keyId of ["ann", "ann-gone", "nobody"]) {
        const socket = notifier.connect({ keyId, secret: "wrong" });
        const error = (await event(socket, "connect_error")) as Error & { data: object };
        told.push(JSON.stringify([error.message, error.data]));
      }
      expect(new Set(told).size).to.equal(1);
    });
  });
});
