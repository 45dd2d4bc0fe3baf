import { expect } from "chai";
import { closedAfterEach } from "../../support/hooks.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

describe("strangers at the order port", () => {
  let nats: NatsForTest;
  let handler: HandlerForTest;
  const strangers = closedAfterEach<TestClient>();

  before(async () => {
    nats = await startNats();
  });
  afterEach(async () => {
    await handler.stop();
  });
  after(() => nats.stop());

  function connect(count: number): TestClient[] {
    const connected = Array.from({ length: count }, () => new TestClient(handler.port));
    strangers.push(...connected);
    return connected;
  }

  it("hold the line in vain: the oldest gives way, and whoever logs in gets in", async () => {
    handler = await startHandler(nats.url, { server: { connectionsMax: 40, connectionsPerAddressMax: 40 } });
    const honest = await TestClient.login(handler.port);
    const [oldest] = connect(60);
    expect(await oldest?.rest()).to.match(/^REJ 103 TOO_MANY_SESSIONS too many connections have not logged in/);
    const next = await TestClient.login(handler.port, "random2");
    expect([await honest.ask("PING"), await next.ask("PING")]).to.deep.equal(["OK PING", "OK PING"]);
    honest.close();
    next.close();
  });

  it("pour comments in vain: each is cut off after a few, while others are served", async () => {
    handler = await startHandler(nats.url);
    const honest = await TestClient.login(handler.port);
    const pouring = connect(32);
    for (const stranger of pouring) stranger.send("#\n".repeat(200_000));
    do expect(await honest.ask("PING")).to.equal("OK PING");
    while (!pouring.every(({ socket }) => socket.readableEnded || socket.destroyed));
    honest.close();
  });

  it("may be an account's, which has a bounded number of sessions", async () => {
    handler = await startHandler(nats.url, { server: { sessionsPerAccountMax: 2 } });
    const sessions = [await TestClient.login(handler.port), await TestClient.login(handler.port)];
    const [third] = connect(1);
    expect(await third?.ask("LOGIN random1 random1")).to.match(
      /^REJ 103 TOO_MANY_SESSIONS the account has 2 sessions /,
    );
    expect(await third?.ask("LOGIN random2 random2")).to.equal("OK LOGIN random2");
    for (const session of sessions) session.close();
  });
});
