import { expect } from "chai";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { frame, type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

const LIMITS = {
  session: { loginTimeoutMs: 400, frameTimeoutMs: 300, idleTimeoutMs: 700 },
  server: { connectionsPerAddressMax: 10, drainTimeoutMs: 300, lingerMs: 300 },
};

describe("order-handler with bad input", () => {
  let nats: NatsForTest;
  let handler: HandlerForTest;
  let strict: HandlerForTest;
  const clients: TestClient[] = [];

  before(async () => {
    nats = await startNats();
    handler = await startHandler(nats.url);
    strict = await startHandler(nats.url, LIMITS);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
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

  it("asks a web browser to log in", async () => {
    const client = connect();
    client.socket.end("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await client.rest()).to.equal("REJ 100 LOGIN_REQUIRED log in first: LOGIN <key-id> <secret>\n".repeat(2));
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

  it("reads no more from a client that reads nothing, cuts it off, and serves the others", async () => {
    const deaf = await login(strict);
    const other = await login(strict);
    deaf.socket.pause();
    const closed = new Promise((resolve) => deaf.socket.once("close", resolve));
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
    expect(await other.ask("PING")).to.equal("OK PING");
    await closed;
    expect(sentBytes).to.be.below(2 ** 26);
    expect(await other.ask("PING")).to.equal("OK PING");
  });

  it("closes a connection that says nothing, or that never logs in", async () => {
    const silent = connect(strict);
    const chatty = connect(strict);
    chatty.send("PING\n");
    const text = "REJ 100 LOGIN_REQUIRED no login within 0.4 s of connecting\n";
    expect(await silent.rest()).to.equal(text);
    expect(await chatty.rest()).to.match(new RegExp(`^REJ 100 [^\n]*\n${text}$`));
  });

  it("closes a connection whose message does not become complete", async () => {
    const client = await login(strict);
    client.send("BUY BTC-USD 1");
    expect(await client.rest()).to.equal(
      "REJ 200 MALFORMED_MESSAGE a message was not complete 0.3 s after its first byte\n",
    );
  });

  it("closes an idle session, and none that sends heartbeats", async () => {
    const [idle, busy] = [await login(strict), await login(strict)];
    const beats = setInterval(() => busy.send("PING\n"), 100);
    try {
      expect(await idle.rest()).to.equal(
        "REJ 100 LOGIN_REQUIRED nothing received for 0.7 s; a heartbeat keeps a session open\n",
      );
    } finally {
      clearInterval(beats);
    }
    expect(await busy.ask("TIME")).to.equal("OK PING");
  });

  it("turns away connections above the limit of an address, and takes new ones when some are gone", async () => {
    const held = Array.from({ length: LIMITS.server.connectionsPerAddressMax }, () => connect(strict));
    await Promise.all(held.map(({ socket }) => new Promise((resolve) => socket.once("connect", resolve))));
    const tooMany = connect(strict);
    expect(await tooMany.rest()).to.match(
      /^REJ 103 TOO_MANY_SESSIONS there are 10 sessions from [0-9a-f.:]+ already\n$/,
    );
    await Promise.all(
      held.map((client) => {
        client.socket.end();
        return client.rest();
      }),
    );
    expect((await login(strict)).socket.destroyed).to.equal(false);
  });
});
