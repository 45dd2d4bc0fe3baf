import { expect } from "chai";
import { logId, streamSequence } from "../../../src/shared/domain/units.js";
import { decodeOrderBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { until } from "../../support/eventually.js";
import { closedAfterEach } from "../../support/hooks.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { fakeAuthenticate, type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

/** Client order id and log id of each order in the log, in its order. */
async function readLog(handler: HandlerForTest, asset: string): Promise<[id: string, logId: number][]> {
  const subject = `orders.${asset}`;
  const last = await handler.bus.lastMessage("ORDERS", subject);
  const logged: [string, number][] = [];
  let read = 0;
  const reader = handler.bus.read({
    stream: "ORDERS",
    subject,
    afterSequence: streamSequence(0),
    pendingMessagesMax: 100,
    onAvailable: () => undefined,
  });
  await until("the order log", () => {
    for (const message of reader.take(100)) {
      read = message.streamSequence;
      decodeOrderBatch(message.data).forEach(({ body }, index) => {
        if (body.kind === "new") logged.push([body.clientOrderId ?? "", read * 256 + index]);
      });
    }
    return read === (last?.streamSequence ?? 0);
  });
  await reader.close();
  return logged;
}

describe("order-handler in an outage", () => {
  let nats: NatsForTest;
  let handler: HandlerForTest | undefined;
  const clients = closedAfterEach<TestClient>();

  beforeEach(async () => {
    nats = await startNats();
  });
  afterEach(async () => {
    await handler?.stop();
    handler = undefined;
    await nats.stop();
  });

  async function login(option = ""): Promise<TestClient> {
    const client = await TestClient.login(handler?.port ?? 0, "random1", option);
    clients.push(client);
    return client;
  }

  it("answers UNAVAILABLE while NATS is away, keeps the session, and recovers by itself", async () => {
    handler = await startHandler(nats.url, { batcher: { graceMs: 50 } });
    const client = await login();
    expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^ACK /);
    await nats.kill9();
    await until("the loss of NATS", () => handler?.bus.isConnected() === false);
    expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^REJ 301 UNAVAILABLE .*nothing was logged/);
    expect(await client.ask("PING")).to.equal("OK PING");
    await nats.restart();
    await until("an ACK", async () => (await client.ask("BUY BTC-USD 1 1")).startsWith("ACK "));
  });

  it("loses and repeats nothing that it acknowledged when NATS is killed under load", async () => {
    handler = await startHandler(nats.url);
    const client = await login();
    const count = 3_000;
    for (let index = 0; index < count; index++) client.send(`BUY BTC-USD 1 1 id=n${index}\n`);
    const answers = await client.lines(count / 3);
    await nats.kill9();
    await nats.restart();
    answers.push(...(await client.lines(count - count / 3)));
    await until("NATS", () => handler?.bus.isConnected() === true);
    const log = new Map(await readLog(handler, "BTC-USD"));
    const ids = (await readLog(handler, "BTC-USD")).map(([id]) => id);
    expect(new Set(ids).size, "orders logged twice").to.equal(ids.length);
    let acknowledged = 0;
    for (const [index, answer] of answers.entries()) {
      const logged = log.get(`n${index}`);
      if (answer.startsWith("ACK ")) {
        acknowledged++;
        expect(answer).to.equal(`ACK ${logged} BTC-USD id=n${index}`);
      } else if (!answer.startsWith("REJ 302 ")) {
        expect(answer).to.match(/^REJ 30[01] /);
        expect(logged, `n${index} was refused`).to.equal(undefined);
      }
    }
    expect(acknowledged).to.be.above(count / 3 - 1);
  });

  it("answers BUSY to orders, and takes cancels, while nothing that it acknowledged is processed", async () => {
    let processed = new Map([["BTC-USD", logId(0)]]);
    handler = await startHandler(nats.url, { door: { backlogAgeMaxMs: 300 }, processedThrough: async () => processed });
    const client = await login();
    const first = await client.ask("BUY BTC-USD 1 1");
    await until("BUSY", async () => (await client.ask("BUY BTC-USD 1 1")).startsWith("REJ 300 BUSY"));
    expect(await client.ask(`CANCEL BTC-USD ${first.split(" ")[1]}`)).to.match(/^ACK /);
    expect(await client.ask("BUY ETH-USD 1 1")).to.match(/^ACK /);
    processed = new Map([["BTC-USD", logId(Number.MAX_SAFE_INTEGER)]]);
    await until("an ACK again", async () => (await client.ask("BUY BTC-USD 1 1")).startsWith("ACK"));
  });

  it("answers UNKNOWN_OUTCOME for what was sent to a NATS that hangs, UNAVAILABLE for what was not", async () => {
    const batcher = { requestTimeoutMs: 600, attemptTimeoutMs: 100, retryIntervalMs: 20 };
    handler = await startHandler(nats.url, { batcher });
    const client = await login();
    nats.freeze();
    client.send("BUY BTC-USD 1 1 id=sent\nBUY BTC-USD 1 1 id=queued\n");
    try {
      expect(await client.line()).to.match(/^REJ 302 UNKNOWN_OUTCOME .*same client order id/);
      expect(await client.line()).to.match(/^REJ 301 UNAVAILABLE /);
    } finally {
      nats.thaw();
    }
    await until("an ACK", async () => (await client.ask("BUY BTC-USD 1 1")).startsWith("ACK "));
  });

  it("answers UNAVAILABLE to a login while keys can't be checked, and takes it later", async () => {
    let isAway = true;
    let logins = 0;
    handler = await startHandler(nats.url, {
      logins: { answerTimeoutMs: 50 },
      authenticate: (key, secret) => {
        if (!isAway) return fakeAuthenticate(key, secret);
        return logins++ === 0 ? Promise.reject(new Error("Postgres is away")) : new Promise(() => undefined);
      },
    });
    const client = new TestClient(handler.port);
    clients.push(client);
    const refusal = "REJ 301 UNAVAILABLE logins can't be checked at the moment; try again a little later";
    expect(await client.ask("LOGIN random1 random1")).to.equal(refusal);
    expect(await client.ask("LOGIN random1 random1")).to.equal(refusal);
    isAway = false;
    expect(await client.ask("LOGIN random1 random1")).to.equal("OK LOGIN random1");
  });

  it("refuses an account that is suspended", async () => {
    handler = await startHandler(nats.url, {
      authenticate: async (key, secret) => {
        const account = await fakeAuthenticate(key, secret);
        return account === null ? null : { ...account, suspended: true };
      },
    });
    const client = new TestClient(handler.port);
    clients.push(client);
    expect(await client.ask("LOGIN random1 random1")).to.match(/^REJ 102 ACCOUNT_SUSPENDED /);
  });

  it("answers what is under way when it is stopped, and says that it stops", async () => {
    const stopped = await startHandler(nats.url);
    handler = stopped;
    const client = await login();
    client.send("BUY ETH-USD 1 1 id=a\n".repeat(500));
    await client.line();
    const stopping = stopped.handler.stop();
    const rest = (await client.rest()).trimEnd().split("\n");
    expect(rest).to.have.length(500);
    expect(rest.at(-1)).to.match(/^REJ 305 SHUTTING_DOWN this order-handler is stopping/);
    expect(rest.slice(0, -1).filter((line) => !/^(ACK|REJ 305) /.test(line))).to.deep.equal([]);
    client.socket.end();
    await stopping;
  });
});
