import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { connect } from "node:tls";
import { expect } from "chai";
import { binaryDialect } from "../../../tools/load/dialect.js";
import { Session } from "../../../tools/load/session.js";
import { until } from "../../support/eventually.js";
import { closedAfterEach } from "../../support/hooks.js";
import { patience } from "../../support/machine.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { TLS_IDENTITY } from "../../support/tls.js";
import { frame, type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

const LIMITS = {
  session: { loginTimeoutMs: patience(400) },
  server: { connectionsPerAddressMax: 2, handshakeTimeoutMs: patience(400), lingerMs: 300 },
};

describe("order-handler with TLS", () => {
  let nats: NatsForTest;
  let handler: HandlerForTest;
  let strict: HandlerForTest;
  const clients = closedAfterEach<TestClient>();

  before(async () => {
    nats = await startNats();
    handler = await startHandler(nats.url, { tls: TLS_IDENTITY });
    strict = await startHandler(nats.url, { tls: TLS_IDENTITY, ...LIMITS });
  });
  after(async () => {
    await Promise.all([handler.stop(), strict.stop()]);
    await nats.stop();
  });

  /** Trusts nothing but the test's certificate. */
  function client(to = handler): TestClient {
    const socket = connect({ port: to.port, host: "127.0.0.1", ca: TLS_IDENTITY.cert, allowHalfOpen: true } as object);
    const made = new TestClient(to.port, socket);
    clients.push(made);
    return made;
  }
  function plain(to = handler): TestClient {
    const made = new TestClient(to.port);
    clients.push(made);
    return made;
  }

  it("speaks both dialects, with a certificate that a client can check", async () => {
    const person = client();
    expect(await person.ask("LOGIN random1 random1")).to.equal("OK LOGIN random1");
    expect(await person.ask("BUY BTC-USD 1 1 id=secure")).to.match(/^ACK \d+ BTC-USD id=secure$/);
    const program = client();
    program.send(frame({ requestId: 1, login: { keyId: "random1", secret: "random1" } }));
    expect((await program.message()).loginAccepted?.account).to.equal("random1");
  });

  it("lets the load test in, when it trusts the certificate", async () => {
    const open = (ca: Buffer | undefined) =>
      Session.open({
        host: "127.0.0.1",
        port: handler.port,
        tls: true,
        ca,
        dialect: binaryDialect([]),
        account: "random1",
        accountIndex: 0,
        onAnswer: () => undefined,
        onLost: () => undefined,
      });
    (await open(TLS_IDENTITY.cert)).close();
    const refused = await open(undefined).catch((error: Error) => error.message);
    expect(refused).to.match(/self.signed certificate/);
  });

  it("answers a client that closes its side after its last request", async () => {
    const one = client();
    const lines = Array.from({ length: 2_000 }, (_, index) => `BUY BTC-USD 1 1 id=half-${index}\n`).join("");
    one.socket.end(`LOGIN random1 random1\n${lines}`);
    const answers = (await one.rest()).trimEnd().split("\n");
    expect(answers.length).to.equal(2_001);
    expect(answers.at(-1)).to.match(/^ACK \d+ BTC-USD id=half-1999$/);
  });

  it("closes the connection of a client that speaks in the clear, and serves the next", async () => {
    const naive = plain();
    naive.send("LOGIN random1 random1\n");
    expect(await naive.rest()).to.not.contain("OK");
    expect(await client().ask("LOGIN random1 random1")).to.equal("OK LOGIN random1");
  });

  it("closes a connection that does not finish its handshake, or then says nothing", async () => {
    const mute = plain(strict);
    const silent = client(strict);
    expect(await mute.rest()).to.equal("");
    expect(await silent.rest()).to.equal(
      `REJ 100 LOGIN_REQUIRED no login within ${LIMITS.session.loginTimeoutMs / 1_000} s of connecting\n`,
    );
  });

  it("tells a client above the limit of its address so, and drops those that open more in their handshake", async () => {
    const held: TestClient[] = [];
    for (const _ of [1, 2]) {
      const one = client(strict);
      expect(await one.ask("LOGIN random1 random1")).to.equal("OK LOGIN random1");
      held.push(one);
    }
    expect(await client(strict).rest()).to.match(/^REJ 103 TOO_MANY_SESSIONS there are 2 sessions from /);
    const mutes = Array.from({ length: 4 }, () => plain(strict));
    expect(await Promise.race(mutes.map((mute) => mute.rest()))).to.equal("");
    for (const { socket } of held) socket.destroy();
    await until("the places to be free again", async () => {
      const next = client(strict);
      return (await next.ask("LOGIN random1 random1").catch(() => "")) === "OK LOGIN random1";
    });
  });

  it("survives what is no handshake, and connections that break off in it", async () => {
    for (const bytes of [Buffer.from("16030100c8010000c40303", "hex"), Buffer.alloc(70_000, 0xff), Buffer.alloc(0)]) {
      const socket = connectPlain({ port: handler.port, host: "127.0.0.1" });
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.write(bytes);
      socket.resetAndDestroy();
    }
    expect(await client().ask("LOGIN random1 random1")).to.equal("OK LOGIN random1");
  });
});
