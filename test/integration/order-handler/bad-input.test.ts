import { expect } from "chai";
import { parseAssets } from "../../../src/shared/domain/assets.js";
import type { AssetState } from "../../../src/shared/domain/messages.js";
import { priceTicks } from "../../../src/shared/domain/units.js";
import { closedAfterEach } from "../../support/hooks.js";
import { patience } from "../../support/machine.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { frame, type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

const LIMITS = {
  session: { loginTimeoutMs: patience(400), frameTimeoutMs: patience(300), idleTimeoutMs: patience(700) },
  server: { connectionsPerAddressMax: 10, drainTimeoutMs: 300, lingerMs: 300 },
};

/** What was last traded: the collar is 10 % around it, 90.00 to 110.00. */
const LAST_PRICES = new Map([["LIM-USD", priceTicks(10_000)]]);
const LIMITED = parseAssets({
  currencies: { LIM: { decimals: 6, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [
    {
      asset: "LIM-USD",
      tickSize: "0.01",
      lotSize: "0.1",
      minQuantity: "0.5",
      maxQuantity: "20",
      minNotional: "100",
      maxNotional: "2000",
      referencePrice: "1",
      priceCollarPercent: 10,
    },
  ],
});

describe("order-handler with bad input", () => {
  let nats: NatsForTest;
  let handler: HandlerForTest;
  let strict: HandlerForTest;
  const clients = closedAfterEach<TestClient>();

  before(async () => {
    nats = await startNats();
    handler = await startHandler(nats.url);
    strict = await startHandler(nats.url, LIMITS);
  });
  after(async () => {
    await Promise.all([handler.stop(), strict.stop()]);
    await nats.stop();
  });

  function connect(to = handler): TestClient {
    const client = new TestClient(to.port);
    clients.push(client);
    return client;
  }
  async function login(to = handler, option = ""): Promise<TestClient> {
    const client = await TestClient.login(to.port, "random1", option);
    clients.push(client);
    return client;
  }
  /** What a new connection is told, until it is closed. */
  async function answerTo(bytes: string | Uint8Array): Promise<string> {
    const client = connect();
    client.send(bytes);
    return client.rest();
  }
  const logged = async () => Number((await handler.bus.streamBounds("ORDERS")).last);

  const notPrintable = (hex: string) =>
    `REJ 200 MALFORMED_MESSAGE byte 0x${hex} is not printable ASCII; lines end in LF or CRLF\n`;

  describe("breaks off, with one line that says why, at", () => {
    const broken: [string, string | Uint8Array, string][] = [
      ["a TLS handshake", Buffer.from("16030100c8010000c40303", "hex"), notPrintable("16")],
      ["0xffffffff as first bytes", Buffer.alloc(4, 0xff), notPrintable("ff")],
      ["a NUL in a line", "PING\0\n", notPrintable("00")],
      ["a tab", "BUY\tBTC-USD 1 1\n", notPrintable("09")],
      ["a UTF-8 letter", "BUY é 1 1\n", notPrintable("c3")],
      ["a CR without LF", "PING\rPING\n", notPrintable("0d")],
      ["a line of 1 MB", "x".repeat(2 ** 20), "REJ 200 MALFORMED_MESSAGE a line is longer than 1024 bytes\n"],
    ];
    for (const [name, bytes, answer] of broken) it(name, async () => expect(await answerTo(bytes)).to.equal(answer));

    const binary: [string, number[], string][] = [
      ["a length of 0", [0, 0, 0, 0], "frame length 0 is not in 1 to 4096"],
      ["a length of 4,097", [0, 0, 0x10, 1], "frame length 4097 is not in 1 to 4096"],
      ["garbage in a frame", [0, 0, 0, 4, 0xde, 0xad, 0xbe, 0xef], "the message can't be decoded: "],
      ["a truncated message", [0, 0, 0, 3, 0x1a, 20, 1], "the message can't be decoded: "],
    ];
    for (const [name, bytes, text] of binary)
      it(name, async () => {
        const client = connect();
        client.send(Uint8Array.from(bytes));
        const { requestId, reject } = await client.message();
        expect([requestId, reject?.code, reject?.name]).to.deep.equal([0, 200, "MALFORMED_MESSAGE"]);
        expect(reject?.text).to.contain(text);
        expect(await client.rest()).to.equal("");
      });

    it("a length of 0xffffffff after a frame", async () => {
      const client = connect();
      client.send(Buffer.concat([frame({ requestId: 5, heartbeat: {} }), Buffer.alloc(4, 0xff)]));
      expect((await client.message()).reject).to.include({ code: 100 });
      expect((await client.message()).reject).to.include({
        code: 200,
        text: "frame length 4294967295 is not in 1 to 4096",
      });
      expect(await client.rest()).to.equal("");
    });
  });

  it("answers everything that came before the broken bytes first", async () => {
    const client = await login();
    client.send("BUY BTC-USD 1 1\nPING\n\x01");
    expect(await client.rest()).to.match(/^ACK \d+ BTC-USD\nOK PING\nREJ 200 MALFORMED_MESSAGE byte 0x01 [^\n]*\n$/);
  });

  it("ends the session of a web page at its first line, and carries out nothing of what it posts", async () => {
    const before = await logged();
    const client = connect();
    client.socket.end("POST / HTTP/1.1\r\nHost: x\r\n\r\nLOGIN random1 random1\r\nBUY BTC-USD 1 1\r\n");
    expect(await client.rest()).to.match(/^REJ 200 MALFORMED_MESSAGE this port does not speak HTTP; [^\n]*\n$/);
    expect(await logged()).to.equal(before);
  });

  it("refuses requests before LOGIN, in both dialects, and stays open", async () => {
    const before = await logged();
    const client = connect();
    expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^REJ 100 LOGIN_REQUIRED /);
    expect(await client.ask("LOGIN random1 random1")).to.equal("OK LOGIN random1");
    const program = connect();
    program.send(frame({ requestId: 8, cancelAll: { asset: "BTC-USD" } }));
    const { requestId, reject } = await program.message();
    expect([requestId, reject?.code]).to.deep.equal([8, 100]);
    expect(await logged()).to.equal(before);
  });

  it("answers a wrong key and a wrong secret alike, and hangs up after a few", async () => {
    const client = connect();
    client.send("LOGIN random1 wrong\nLOGIN nobody random1\nLOGIN ' OR''='\nPING\n");
    expect(await client.rest()).to.equal("REJ 101 LOGIN_REJECTED the key or its secret is wrong\n".repeat(3));
  });

  it("logs nothing and stays open for requests that are refused", async () => {
    const before = await logged();
    const client = await login();
    const refused: [string, number][] = [
      ["BUY * 1 1", 202],
      ["BUY > 1 1", 202],
      ["BUY a.b 1 1", 202],
      ["BUY orders.BTC-USD 1 1", 202],
      ["BUY BTC -USD 1 1", 202],
      ["BUY __proto__ 1 1", 202],
      ["BUY BTC-USD 0 1", 204],
      ["BUY BTC-USD -1 1", 204],
      ["BUY BTC-USD 18446744073709551615 1", 204],
      ["BUY BTC-USD 1 1e308", 205],
      ["BUY BTC-USD 1 64000.001", 205],
      [`BUY BTC-USD 1 1 id=${"x".repeat(37)}`, 206],
      ["BUY BTC-USD 1 1 id='; DROP TABLE orders", 207],
      ["BUY BTC-USD 1 1 id=';DROP", 206],
      ["BUY BTC-USD 1 1 tif=GTD expires=2001-01-01T00:00:00Z", 209],
      ["SHOUT", 201],
    ];
    for (const [line, code] of refused)
      expect(await client.ask(line), line).to.match(new RegExp(`^REJ ${code} [A-Z_]+ .`));
    expect(await client.ask("PING")).to.equal("OK PING");
    expect(await logged()).to.equal(before);
    expect(await client.ask("BUY BTC-USD 1 1 id=__proto__")).to.match(/^ACK \d+ BTC-USD id=__proto__$/);
  });

  it("takes what is at a limit of its asset and refuses what is beyond it, in both dialects", async () => {
    const limited = await startHandler(nats.url, { registry: LIMITED, lastPrices: async () => LAST_PRICES });
    try {
      const client = await login(limited);
      const verdicts: [string, number | "ACK"][] = [
        ["BUY LIM-USD 0.4 100", 204],
        ["BUY LIM-USD 0.5 100", 208],
        ["BUY LIM-USD 0.9 110", 208],
        ["BUY LIM-USD 1 99.99", 208],
        ["BUY LIM-USD 1 100", "ACK"],
        ["BUY LIM-USD 1 100.01", "ACK"],
        ["BUY LIM-USD 20 99.99", "ACK"],
        ["BUY LIM-USD 20 100", "ACK"],
        ["BUY LIM-USD 20 100.01", 208],
        ["BUY LIM-USD 20.1 90", 204],
        ["SELL LIM-USD 2 89.99", 205],
        ["SELL LIM-USD 2 90", "ACK"],
        ["SELL LIM-USD 2 90.01", "ACK"],
        ["SELL LIM-USD 2 109.99", "ACK"],
        ["SELL LIM-USD 2 110", "ACK"],
        ["SELL LIM-USD 2 110.01", 205],
        ["SELL LIM-USD 2 100 stop=110.01", 205],
        ["SELL LIM-USD 2 MKT stop=110", "ACK"],
        ["SELL LIM-USD 20 MKT", "ACK"],
        ["SELL LIM-USD 0.9 MKT", 208],
        ["BUY LIM-USD - MKT quote=99.999999", 208],
        ["BUY LIM-USD - MKT quote=100", "ACK"],
        ["BUY LIM-USD - MKT quote=2000", "ACK"],
        ["BUY LIM-USD - MKT quote=2000.000001", 208],
        ["REPLACE LIM-USD 1 2 110.01", 205],
        ["REPLACE LIM-USD 1 0.4 100", 204],
        ["REPLACE LIM-USD 1 20 100.01", 208],
        ["REPLACE LIM-USD 1 20 100", "ACK"],
      ];
      for (const [line, verdict] of verdicts)
        expect(await client.ask(line), line).to.match(verdict === "ACK" ? /^ACK / : new RegExp(`^REJ ${verdict} `));

      const program = connect(limited);
      program.send(frame({ requestId: 1, login: { keyId: "random1", secret: "random1" } }));
      const order = { asset: "LIM-USD", side: 2, type: 1, quantityLots: 20 };
      program.send(frame({ requestId: 2, newOrder: { ...order, priceTicks: 11_001 } }));
      program.send(frame({ requestId: 3, newOrder: { ...order, priceTicks: 11_000 } }));
      expect((await program.message()).loginAccepted?.account).to.equal("random1");
      expect((await program.message()).reject).to.include({
        code: 205,
        text: "price 110.01 is not in 90.00 to 110.00, which LIM-USD allows now (10 % around 100.00)",
      });
      expect((await program.message()).ack?.logId).to.be.above(0);
    } finally {
      for (const client of clients.splice(0)) client.close();
      await limited.stop();
    }
  });

  it("limits how fast orders come in, by session and by account; cancels count, and go on longer", async () => {
    // So slow that nothing comes back while the test runs.
    const slow = (burst: number) => ({ perSecond: 1 / 3_600, burst });
    const rates = { perSession: slow(3), perAccount: slow(7) };
    const slowed = await startHandler(nats.url, { rates });
    try {
      const [one, two, other] = [
        await login(slowed),
        await login(slowed),
        await TestClient.login(slowed.port, "random2"),
      ];
      clients.push(other);
      const order = "BUY BTC-USD 1 1";
      for (const _ of [1, 2, 3]) expect(await one.ask(order)).to.match(/^ACK /);
      expect(await one.ask(order)).to.match(/^REJ 303 RATE_LIMITED a session may send /);
      expect(await one.ask("REPLACE BTC-USD 256 1 1")).to.match(/^REJ 303 /);
      expect(await one.ask("CANCEL BTC-USD 256")).to.match(/^ACK /);
      for (const answer of [/^ACK /, /^ACK /, /^REJ 303 RATE_LIMITED a session /])
        expect(await one.ask("CANCELALL BTC-USD")).to.match(answer);
      expect(await one.ask("TIMER 0")).to.match(/^REJ 303 /);
      expect(await one.ask("PING")).to.equal("OK PING");
      expect(await two.ask(order)).to.match(/^ACK /);
      expect(await two.ask(order)).to.match(/^REJ 303 RATE_LIMITED an account may send /);
      expect(await other.ask(order)).to.match(/^ACK /);
    } finally {
      for (const client of clients.splice(0)) client.close();
      await slowed.stop();
    }
  });

  it("asks one rule after the other: the order's content, the account, the asset, the rate", async () => {
    let [isSuspended, state] = [true, "halted" as AssetState];
    const access = { isSuspended: () => isSuspended, isRevoked: () => false, stateOf: () => state };
    const one = { perSecond: 1 / 3_600, burst: 1 };
    const closed = await startHandler(nats.url, { access, rates: { perSession: one, perAccount: one } });
    try {
      const client = await login(closed);
      expect(await client.ask("BUY BTC-USD 0 1")).to.match(/^REJ 204 /);
      expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^REJ 102 /);
      isSuspended = false;
      expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^REJ 304 /);
      state = "open";
      expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^ACK /);
      expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^REJ 303 RATE_LIMITED a session /);
      expect(await client.ask("CANCELALL BTC-USD")).to.match(/^ACK /);
    } finally {
      for (const client of clients.splice(0)) client.close();
      await closed.stop();
    }
  });

  it("reads no more from a client that reads nothing, cuts it off, and serves the others", async () => {
    const patient = await startHandler(nats.url, { server: LIMITS.server });
    try {
      const [deaf, other] = [await login(patient), await login(patient)];
      deaf.socket.pause();
      let sentBytes = 0;
      const lines = "HELP\n".repeat(20_000);
      // The kernel's buffers take some megabytes on loopback; when they are full, it is the handler's turn to be strict.
      const pour = () => {
        while (!deaf.socket.destroyed && deaf.socket.writableLength < 2 ** 20) {
          deaf.socket.write(lines);
          sentBytes += lines.length;
        }
      };
      deaf.socket.on("drain", pour);
      pour();
      do expect(await other.ask("PING")).to.equal("OK PING");
      while (!deaf.socket.closed);
      expect(sentBytes).to.be.below(2 ** 26);
    } finally {
      for (const client of clients.splice(0)) client.close();
      await patient.stop();
    }
  });

  it("closes a connection that says nothing, or that never logs in", async () => {
    const silent = connect(strict);
    const chatty = connect(strict);
    chatty.send("PING\n");
    const text = `REJ 100 LOGIN_REQUIRED no login within ${LIMITS.session.loginTimeoutMs / 1_000} s of connecting\n`;
    expect(await silent.rest()).to.equal(text);
    expect(await chatty.rest()).to.match(new RegExp(`^REJ 100 [^\n]*\n${text}$`));
  });

  it("closes a connection whose message does not become complete", async () => {
    const client = await login(strict);
    client.send("BUY BTC-USD 1");
    expect(await client.rest()).to.equal(
      `REJ 200 MALFORMED_MESSAGE a message was not complete ${LIMITS.session.frameTimeoutMs / 1_000} s after its first byte\n`,
    );
  });

  it("closes an idle session, and none that sends heartbeats", async () => {
    const [idle, busy] = [await login(strict), await login(strict)];
    const beats = setInterval(() => busy.send("PING\n"), 100);
    try {
      expect(await idle.rest()).to.equal(
        `REJ 100 LOGIN_REQUIRED nothing received for ${LIMITS.session.idleTimeoutMs / 1_000} s; a heartbeat keeps a session open\n`,
      );
    } finally {
      clearInterval(beats);
    }
    expect(await busy.ask("TIME")).to.equal("OK PING");
  });

  it("turns away connections above the sessions that an address may have, and takes new ones when some are gone", async () => {
    const full = await startHandler(nats.url, { server: LIMITS.server });
    try {
      const held: TestClient[] = [];
      while (held.length < LIMITS.server.connectionsPerAddressMax) held.push(await login(full));
      expect(await connect(full).rest()).to.match(
        /^REJ 103 TOO_MANY_SESSIONS there are 10 sessions from [0-9a-f.:]+ already\n$/,
      );
      held[0]?.socket.end();
      await held[0]?.rest();
      expect((await login(full)).socket.destroyed).to.equal(false);
    } finally {
      for (const client of clients.splice(0)) client.close();
      await full.stop();
    }
  });
});
