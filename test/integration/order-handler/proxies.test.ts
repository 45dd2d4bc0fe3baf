import { BlockList, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect } from "chai";
import { patience } from "../../support/machine.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { TLS_IDENTITY } from "../../support/tls.js";
import { frame, type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

const V2 = (address: string) =>
  Buffer.from(`0d0a0d0a000d0a515549540a2111000c${address}0a0000011111 1b59`.replace(" ", ""), "hex");

describe("order-handler behind a trusted proxy", () => {
  let nats: NatsForTest;
  const handlers: HandlerForTest[] = [];
  const start = async (more: object = {}) => {
    const proxies = new BlockList();
    proxies.addAddress("127.0.0.1");
    const server = { connectionsPerAddressMax: 1, lingerMs: 300, handshakeTimeoutMs: patience(400) };
    const handler = await startHandler(nats.url, { proxies, server, ...more });
    handlers.push(handler);
    return handler;
  };
  before(async () => {
    nats = await startNats();
  });
  afterEach(async () => {
    for (const handler of handlers.splice(0)) await handler.stop();
  });
  after(() => nats.stop());

  it("counts each client that a header names as an address of its own, in both versions and both dialects", async () => {
    const { port } = await start();
    const first = new TestClient(port);
    first.send("PROXY TCP4 203.0.113.1 10.0.0.1 4711 7001\r\nLOGIN random1 random1\n");
    expect(await first.line()).to.equal("OK LOGIN random1");
    const second = new TestClient(port);
    second.send(V2("cb007102"));
    second.send(frame({ requestId: 1, login: { keyId: "random1", secret: "random1" } }));
    expect((await second.message()).loginAccepted?.account).to.equal("random1");
    const same = new TestClient(port);
    same.send(Buffer.concat([V2("cb007101"), Buffer.from("TIME\n")]));
    expect(await same.rest()).to.match(/^REJ 103 TOO_MANY_SESSIONS there are 1 sessions from 203\.0\.113\.1 /);
  });

  it("tells a proxy without a good header why it is closed", async () => {
    const { port } = await start();
    for (const bytes of ["LOGIN random1 random1\n", "PROXY TCP4 x y 1 2\r\n", ""]) {
      const client = new TestClient(port);
      client.send(bytes);
      expect(await client.rest()).to.match(/^REJ \d+ MALFORMED_MESSAGE .*PROXY.*\n$/);
    }
  });

  it("ends the oldest connection without a header when too many wait for theirs", async () => {
    const { port } = await start({ server: { connectionsMax: 16, lingerMs: 300, handshakeTimeoutMs: 60_000 } });
    const oldest = new TestClient(port);
    const silent = [new TestClient(port), new TestClient(port)];
    expect(await oldest.rest()).to.match(/^REJ \d+ MALFORMED_MESSAGE too many connections wait for their PROXY header/);
    const client = new TestClient(port);
    client.send("PROXY TCP4 203.0.113.1 10.0.0.1 4711 7001\r\nLOGIN random1 random1\n");
    expect(await client.line()).to.equal("OK LOGIN random1");
    for (const one of [client, ...silent]) one.close();
  });

  it("reads the header before the TLS handshake", async () => {
    const { port } = await start({ tls: TLS_IDENTITY });
    const below = connect({ port, host: "127.0.0.1" });
    below.write("PROXY TCP4 203.0.113.1 10.0.0.1 4711 7001\r\n");
    const client = new TestClient(port, connectTls({ socket: below, ca: TLS_IDENTITY.cert, host: "localhost" }));
    expect(await client.ask("LOGIN random1 random1")).to.equal("OK LOGIN random1");
    client.close();
  });
});
