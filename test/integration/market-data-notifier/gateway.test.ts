import { BlockList } from "node:net";
import { expect } from "chai";
import type { AccountId } from "../../../src/shared/domain/units.js";
import { until } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { createDatabase, execute } from "../../support/postgres.js";
import { RawWebSocket } from "../../support/raw-websocket.js";
import { TLS_IDENTITY } from "../../support/tls.js";
import { type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { report, type Settlement, startSettlement } from "./settlement-for-test.js";
import { ask, event, gather, range } from "./subscriber.js";

const BTC = { channel: "trades", asset: "BTC-USD" };
const ALICE = { keyId: "alice", secret: "alice" };
const BOB = { keyId: "bob", secret: "bob" };

/** A key with the account and the secret of another one. */
const COPY_KEY = `insert into api_keys (key_id, account_id, salt, secret_hash, expires_at)
  select $1, account_id, salt, secret_hash, now() + $2::interval from api_keys where key_id = $3`;

describe("market-data-notifier's gateway", () => {
  let nats: NatsForTest;
  let servers: { natsUrl: string; databaseUrl: string };
  let settlement: Settlement;
  let alice: AccountId;
  let bob: AccountId;
  let notifier: NotifierUnderTest;

  before(async () => {
    nats = await startNats();
    servers = { natsUrl: nats.url, databaseUrl: await createDatabase() };
    settlement = await startSettlement(servers);
    alice = await settlement.createAccount("alice");
    bob = await settlement.createAccount("bob");
  });
  afterEach(() => notifier.stop());
  after(async () => {
    await settlement.stop();
    await nats.stop();
  });

  it("serves browsers of any origin, over websocket and over polling", async () => {
    notifier = await startNotifier(servers);
    for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
      const socket = notifier.connect(ALICE, { transports });
      expect(await ask(socket, "subscribe", { channel: "orders" })).to.include({ ok: true });
    }
    const response = await fetch(`${notifier.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: "http://a.b" },
    });
    expect(response.headers.get("access-control-allow-origin")).to.equal("*");
    await response.text();
  });

  it("takes the clients of a trusted proxy for those that it names, and of another for one", async () => {
    const wrong = { perAddress: 1, perKey: 1 };
    const logins = { waitingMax: 100, answerTimeoutMs: 3_000, slowedMs: 1, wrong };
    const refusals = async (transports: string[]) => {
      const answers: string[] = [];
      for (const client of ["203.0.113.1", "203.0.113.1", "203.0.113.2"]) {
        const extraHeaders = { "x-forwarded-for": client };
        const socket = notifier.connect({ keyId: "alice", secret: "wrong" }, { transports, extraHeaders });
        const problem = (await event(socket, "connect_error")) as { data?: { code: string } };
        answers.push(problem.data?.code ?? String(problem));
      }
      return answers;
    };
    const [REJECTED, LIMITED] = ["LOGIN_REJECTED", "LOGIN_LIMITED"];
    for (const transports of [["websocket"], ["polling"]]) {
      const proxies = new BlockList();
      notifier = await startNotifier(servers, { logins, proxies });
      expect(await refusals(transports)).to.deep.equal([REJECTED, LIMITED, LIMITED]);
      await notifier.stop();
      proxies.addAddress("127.0.0.1");
      notifier = await startNotifier(servers, { logins, proxies });
      expect(await refusals(transports)).to.deep.equal([REJECTED, LIMITED, REJECTED]);
      if (transports[0] === "websocket") await notifier.stop();
    }
  });

  it("speaks TLS when it has a certificate, and then nothing else", async () => {
    notifier = await startNotifier(servers, { tls: TLS_IDENTITY });
    for (const transports of [["websocket"], ["polling"]]) {
      const socket = notifier.connect(ALICE, { transports, ca: TLS_IDENTITY.cert.toString() });
      expect(await ask(socket, "subscribe", { channel: "orders" })).to.include({ ok: true });
      const stranger = notifier.connect(undefined, { transports });
      expect(String(await event(stranger, "connect_error"))).to.contain("error");
    }
    const inTheClear = await fetch(notifier.url.replace("https:", "http:")).catch((error: Error) => error);
    expect(inTheClear).to.be.instanceOf(Error);
  });

  it("gives each owner only their own reports, whatever a client asks for", async () => {
    notifier = await startNotifier(servers);
    const [ofAlice, ofBob] = [notifier.connect(ALICE), notifier.connect(BOB)];
    const [seenByAlice, seenByBob] = [gather(ofAlice, "orders"), gather(ofBob, "orders")];
    await ask(ofAlice, "subscribe", { channel: "orders" });
    for (const stolen of [
      { channel: "orders", account: "alice" },
      { channel: `orders:${alice}` },
      { channel: "orders", accountId: alice },
    ])
      expect(await ask(ofBob, "subscribe", stolen)).to.include({ ok: false });
    expect(await ask(ofBob, "join", `orders:${alice}`)).to.include({ ok: false, code: "UNKNOWN_COMMAND" });
    await ask(ofBob, "subscribe", { channel: "orders" });
    await settlement.settle("BTC-USD", { reports: [report(alice, 1), report(alice, 2), report(bob, 1)] });
    await until("all are told", () => seenByAlice.length === 2 && seenByBob.length === 1);
    expect([seenByAlice, seenByBob]).to.deep.equal([[1, 2], [1]]);
  });

  it("answers every kind of nonsense and stays up", async () => {
    notifier = await startNotifier(servers);
    const socket = notifier.connect();
    const nonsense = [
      [],
      [null],
      [[]],
      [{}],
      ["trades"],
      [Buffer.alloc(3)],
      [{ channel: { a: 1 } }],
      [{ channel: "trades", asset: [] }],
      [1, 2, 3],
    ];
    for (const args of nonsense) expect(await ask(socket, "subscribe", ...args)).to.include({ ok: false });
    for (const name of ["__proto__", "constructor", "error", "x".repeat(500)])
      expect(await ask(socket, name, {})).to.include({ ok: false });
    socket.emit("subscribe");
    socket.emit("subscribe", BTC, "no callback");
    expect(await ask(socket, "subscribe", BTC)).to.include({ ok: true });
  });

  it("closes connections that break the protocol, and stays up", async () => {
    notifier = await startNotifier(servers);
    const garbage = [
      "9",
      "4",
      "44444",
      '42["subscribe"',
      "42{}",
      '451-["subscribe"]',
      '40{"a":',
      "42[null]",
      "b!!!!",
      "\0",
    ];
    for (const text of garbage) {
      const socket = await RawWebSocket.open(notifier.url);
      socket.sendText("40");
      await until("it is connected", () => socket.received.includes('40{"sid"'));
      socket.sendText('42["disconnecting",{}]');
      socket.sendText(text);
      socket.sendBytes(Buffer.from([0xff, 0xff, 0xff, 0xff]));
      await until("it is closed", () => socket.isClosed);
    }
    expect(await ask(notifier.connect(), "subscribe", BTC)).to.include({ ok: true });
  });

  it("cuts a connection that sends a message larger than the limit", async () => {
    notifier = await startNotifier(servers);
    const socket = notifier.connect();
    await ask(socket, "subscribe", BTC);
    const gone = event(socket, "disconnect");
    socket.emit("subscribe", { channel: "x".repeat(20_000) });
    await gone;
  });

  it("refuses a login that is not one, and lets nobody in for it", async () => {
    notifier = await startNotifier(servers);
    for (const auth of [
      { keyId: "alice" },
      { secret: "alice" },
      { keyId: 1, secret: {} },
      { keyId: "alice", secret: "" },
      { keyId: "'; drop table", secret: "x" },
      { keyId: "a\0b", secret: "x" },
      { keyId: "alice\ud800", secret: "alice" },
    ]) {
      const error = (await event(notifier.connect(auth), "connect_error")) as Error & { data: { code: string } };
      expect(error.data.code).to.equal("LOGIN_REJECTED");
    }
  });

  it("slows down who guesses keys on and on, and lets in whoever has the secret", async () => {
    const wrong = { perAddress: 100, perKey: 2 };
    const logins = { waitingMax: 100, answerTimeoutMs: 3_000, wrong, slowedMs: 50 };
    notifier = await startNotifier(servers, { logins });
    const refusal = async (secret: string) => {
      const failure = await event(notifier.connect({ keyId: "alice", secret }), "connect_error");
      return (failure as Error & { data: { code: string } }).data.code;
    };
    const guesses = [await refusal("a"), await refusal("b"), await refusal("c")];
    expect(guesses).to.deep.equal(["LOGIN_REJECTED", "LOGIN_REJECTED", "LOGIN_LIMITED"]);
    await event(notifier.connect(ALICE), "connect");
  });

  it("logs out whose key is revoked, or expires, and nobody else", async () => {
    notifier = await startNotifier(servers);
    await execute(servers.databaseUrl, COPY_KEY, ["lost", null, "alice"]);
    const lost = notifier.connect({ keyId: "lost", secret: "alice" });
    const other = notifier.connect(ALICE);
    await Promise.all([event(lost, "connect"), event(other, "connect")]);
    const [told, gone] = [event(lost, "logged_out"), event(lost, "disconnect")];
    await execute(servers.databaseUrl, "select revoke_key('lost', 'op', 'lost')");
    expect(await told).to.deep.include({ code: "LOGIN_REQUIRED" });
    await gone;
    expect(other.connected).to.equal(true);
    await execute(servers.databaseUrl, COPY_KEY, ["short", "500 ms", "alice"]);
    expect(await event(notifier.connect({ keyId: "short", secret: "alice" }), "logged_out")).to.have.property("text");
  });

  it("holds no more connections than its limit", async () => {
    notifier = await startNotifier(servers, { connectionsMax: 2 });
    const [first, second] = [notifier.connect(), notifier.connect()];
    for (const socket of [first, second]) await ask(socket, "subscribe", BTC);
    await event(notifier.connect(), "connect_error");
    await ask(first, "unsubscribe", BTC);
    expect(second.connected).to.equal(true);
  });

  it("gives a connection no more subscriptions than its limit, and one back for each given up", async () => {
    notifier = await startNotifier(servers, { subscriptionsPerConnectionMax: 1 });
    const socket = notifier.connect();
    const ETH = { channel: "trades", asset: "ETH-USD" };
    expect(await ask(socket, "subscribe", BTC)).to.include({ ok: true });
    expect(await ask(socket, "subscribe", BTC)).to.include({ ok: true });
    expect(await ask(socket, "subscribe", ETH)).to.include({ ok: false, code: "BUSY" });
    expect(await ask(socket, "unsubscribe", BTC)).to.include({ ok: true });
    expect(await ask(socket, "subscribe", ETH)).to.include({ ok: true });
    expect(await notifier.metric("subscriptions")).to.equal(1);
  });

  it("refuses messages above the rate, and cuts who sends on", async () => {
    notifier = await startNotifier(servers, { messagesPerSecondMax: 5 });
    const socket = notifier.connect();
    const replies = await Promise.all(range(1, 8).map(() => ask(socket, "subscribe", BTC)));
    expect(replies.filter(({ code }) => code === "RATE_LIMITED")).to.have.length(3);
    const gone = event(socket, "disconnect");
    for (const _ of range(1, 100)) socket.emit("subscribe", BTC);
    await gone;
  });
});
