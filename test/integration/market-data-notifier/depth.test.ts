/** Books of stock clients against the engine's, with two notifiers between them, and all that may happen to both. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { DepthLevel } from "@bourse/matching-core";
import { expect } from "chai";
import type { Asset } from "../../../src/shared/domain/assets.js";
import { formatPrice } from "../../../src/shared/domain/decimal.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { BookClient } from "../../support/book-client.js";
import { until } from "../../support/eventually.js";
import { createDatabase } from "../../support/postgres.js";
import type { ServiceForTest } from "../../support/service.js";
import { ASSET, EnginesUnderTest, OTHER, REGISTRY } from "../matching-engine/engines-under-test.js";
import { type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { event } from "./subscriber.js";

const DEPTHS = [10, 25, 100, 1000, "full"] as const;

describe("depth, at two notifiers", () => {
  let engines: EnginesUnderTest;
  let engine: ServiceForTest;
  let notifiers: NotifierUnderTest[];
  let databaseUrl: string;

  const start = () => startNotifier({ natsUrl: engines.nats.url, databaseUrl });

  before(async () => {
    databaseUrl = await createDatabase();
  });
  beforeEach(async () => {
    engines = await EnginesUnderTest.create();
    engine = await engines.start();
    notifiers = [await start(), await start()];
  });
  afterEach(async () => {
    for (const notifier of notifiers) await notifier.stop();
    await engines.stop();
  });

  async function clientOf(notifier: NotifierUnderTest, asset: string, depth: number | "full"): Promise<BookClient> {
    const client = new BookClient(notifier.connect(), asset, depth);
    await client.begin();
    return client;
  }

  async function clientsOf(notifier: NotifierUnderTest, asset = ASSET): Promise<[BookClient, number | "full"][]> {
    const clients: [BookClient, number | "full"][] = [];
    for (const depth of DEPTHS) clients.push([await clientOf(notifier, asset, depth), depth]);
    return clients;
  }

  /** Every client gets to what the engine shows, and found nothing wrong on the way. */
  async function expectAll(clients: readonly [BookClient, number | "full"][], asset = ASSET): Promise<void> {
    await engines.published(asset);
    const { depth } = engines.expected(asset);
    const { tick, lot } = REGISTRY.assets.get(asset) as Asset;
    const textOf = ([price, lots]: DepthLevel) => [formatPrice(price, tick), formatPrice(lots, lot)];
    for (const [client, levels] of clients) {
      const max = levels === "full" ? Number.POSITIVE_INFINITY : levels;
      const expected = JSON.stringify([depth.bids, depth.asks].map((side) => side.slice(0, max).map(textOf)));
      const isThere = () => JSON.stringify([client.bids, client.asks]) === expected;
      await until(`the book of ${levels} levels of ${asset} is the engine's`, isThere);
      expect(client.problems).to.deep.equal([]);
    }
  }

  it("is the engine's at every depth, by its changes, and the same at both", async () => {
    const clients = [
      ...(await clientsOf(notifiers[0] as NotifierUnderTest)),
      ...(await clientsOf(notifiers[1] as NotifierUnderTest)),
    ];
    const others = await clientsOf(notifiers[0] as NotifierUnderTest, OTHER);
    const [whole] = others.at(-1) ?? [];
    for (let round = 0; round < 10; round++) {
      const told = whole?.events ?? 0;
      await engines.command(300);
      await engines.command(100, OTHER);
      await until("an event of this round", () => (whole?.events ?? 0) > told);
      const [first] = clients.splice(round % clients.length, 1);
      clients.push([
        await clientOf(notifiers[round % 2] as NotifierUnderTest, ASSET, first?.[1] ?? 10),
        first?.[1] ?? 10,
      ]);
    }
    await expectAll(clients);
    await expectAll(others, OTHER);
    expect(Math.max(...clients.map(([{ events }]) => events))).to.be.above(3);
  });

  it("goes on, for who stayed connected, when the engine was away, and when nats-server has lost its memory", async () => {
    const clients = await clientsOf(notifiers[0] as NotifierUnderTest);
    await engines.command(500);
    await expectAll(clients);
    await engines.crash(engine);
    engine = await engines.start();
    await engines.command(500);
    await expectAll(clients);
    await engines.nats.kill9();
    await engines.nats.restart();
    await until("there is a connection again", () => engines.bus.isConnected());
    await engines.command(500);
    await expectAll(clients);
  });

  it("is had by who comes to another notifier when theirs has died, which began in the middle", async () => {
    await engines.command(1_000);
    await notifiers.pop()?.stop();
    const late = await start();
    notifiers.push(late);
    const clients = await clientsOf(late);
    await engines.command(300);
    await expectAll(clients);
  });

  it("waits for a book that is not known, and says so after a while", async () => {
    await engines.crash(engine);
    const late = await start();
    notifiers.push(late);
    const answer = await late.connect().emitWithAck("subscribe", { channel: "depth", asset: ASSET });
    expect(answer).to.include({ ok: false, code: "UNAVAILABLE" });
    const socket = late.connect();
    const waiting = socket.emitWithAck("subscribe", { channel: "depth", asset: ASSET });
    await event(socket, "connect");
    engine = await engines.start();
    expect(await waiting).to.deep.include({ ok: true, depth: 10, bids: [], asks: [], checksum: 0 });
  });

  it("is kept by the example", async () => {
    const url = (notifiers[0] as NotifierUnderTest).url;
    const program = [join(projectRoot, "examples", "book.mjs"), ASSET, "100"];
    const example = spawn(process.execPath, program, { env: { ...process.env, NOTIFIER_URL: url } });
    let shown = "";
    for (const stream of [example.stdout, example.stderr]) stream.on("data", (chunk) => (shown += chunk));
    const ended = once(example, "exit");
    try {
      await until("the example has a book", () => shown.includes("1 checked"));
      await engines.command(500);
      await engines.published();
      const client = await clientOf(notifiers[0] as NotifierUnderTest, ASSET, 100);
      await until("it is where another client is", () => shown.includes(`\n${client.sequence}  `));
      expect(shown).not.to.contain("beginning again");
    } finally {
      example.kill();
      await ended;
    }
  });
});
