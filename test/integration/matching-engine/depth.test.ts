/** What the engines' service publishes of its books: whoever folds it has them, whatever happens in between. */
import { inspect } from "node:util";
import { expect } from "chai";
import type { Bus } from "../../../src/shared/bus/bus.js";
import { askForDepth } from "../../../src/shared/bus/depth-requests.js";
import type { BusReader } from "../../../src/shared/bus/reader.js";
import { assetOf } from "../../../src/shared/bus/subjects.js";
import { DepthBook } from "../../../src/shared/market-data/depth-book.js";
import type { DepthLevel } from "../../../src/shared/market-data/depth-side.js";
import { decodeDepthBatch } from "../../../src/shared/wire/depth-codec.js";
import { eventually, until } from "../../support/eventually.js";
import { ASSET, EnginesUnderTest, OTHER } from "./engines-under-test.js";

const ALL = Number.MAX_SAFE_INTEGER;
const PENDING_MAX = 1_024;

describe("the depth of engines", () => {
  let engines: EnginesUnderTest;
  let reader: BusReader;
  let books: Map<string, DepthBook>;
  /** By asset: how many messages came, and how many of them were whole books. */
  let messages: Map<string, { all: number; books: number }>;

  beforeEach(async () => {
    engines = await EnginesUnderTest.create();
    books = new Map([ASSET, OTHER].map((asset) => [asset, new DepthBook()]));
    messages = new Map([ASSET, OTHER].map((asset) => [asset, { all: 0, books: 0 }]));
    const { last } = await engines.bus.streamBounds("DEPTH");
    const [stream, subject, pendingMessagesMax] = ["DEPTH", "depth.>", PENDING_MAX] as const;
    reader = engines.bus.read({ stream, subject, afterSequence: last, pendingMessagesMax, onAvailable: fold });
  });
  afterEach(() => engines.stop());

  function fold(): void {
    for (const { subject, data } of reader.take(PENDING_MAX)) {
      const batch = decodeDepthBatch(data);
      books.get(assetOf(subject))?.fold(batch);
      const count = messages.get(assetOf(subject)) ?? { all: 0, books: 0 };
      count.all++;
      if (batch.previousEventSequence === null) count.books++;
    }
  }

  async function expectAll(asset = ASSET): Promise<void> {
    await engines.published(asset);
    const { depth } = engines.expected(asset);
    const bookOf = (side: "bids" | "asks") => books.get(asset)?.best(side, ALL) ?? [];
    const shown = () =>
      inspect(
        [bookOf("bids"), bookOf("asks")].map((levels) => levels.map(asBigint)),
        WHOLE,
      );
    const expected = inspect([depth.bids, depth.asks], WHOLE);
    await until(`the depth of ${asset} is what its engine shows`, () => shown() === expected);
  }

  const counted = (asset = ASSET) => messages.get(asset) ?? { all: 0, books: 0 };

  it("is told whole at the start, then by its changes, of each asset", async () => {
    await engines.start();
    for (const asset of [ASSET, OTHER])
      for (let batch = 0; batch < 3; batch++) {
        await engines.command(300, asset);
        await expectAll(asset);
      }
    for (const asset of [ASSET, OTHER]) {
      expect(counted(asset).books).to.equal(1);
      expect(counted(asset).all).to.be.above(2);
    }
  });

  it("is told at most once an interval", async () => {
    await engines.start({ depthIntervalMs: 60_000 });
    await until(
      "both empty books are told, whichever is ready first",
      () => counted().books + counted(OTHER).books === 2,
    );
    for (let batch = 0; batch < 5; batch++) await engines.command(100);
    await engines.published();
    expect(counted().all).to.equal(1);
  });

  it("is never ahead of the events that are stored", async () => {
    let release: () => void = () => undefined;
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const service = await engines.start({
      bus: (bus) =>
        withPublish(bus, async (subject, payload, options) => {
          if (subject.startsWith("executions.")) await isReleased;
          return await bus.publish(subject, payload, options);
        }),
    });
    await until("the empty book is told", () => counted().books === 1);
    await engines.command(100);
    await until("the engine has done it", async () => (await engines.applied(service, ASSET)) === 100);
    askForDepth(engines.bus, ASSET, null);
    await engines.command(100, OTHER);
    expect(counted().all).to.equal(1);
    release();
    await expectAll();
  });

  it("goes on, and is told whole, when the engine was away", async () => {
    const first = await engines.start();
    await engines.command(500);
    await expectAll();
    await engines.crash(first);
    await engines.start();
    await engines.command(500);
    await expectAll();
    expect(counted().books).to.equal(2);
  });

  it("goes on where nats-server has lost the stream", async () => {
    await engines.start();
    await engines.command(300);
    await expectAll();
    await engines.nats.kill9();
    await engines.nats.restart();
    await until("there is a connection again", () => engines.bus.isConnected());
    await engines.bus.ensureStreams(1, "memory");
    await engines.command(300);
    await eventually("the engine is heard again", async () => {
      askForDepth(engines.bus, ASSET, null);
      const { last } = await engines.bus.streamBounds("DEPTH");
      return last > 0 ? true : null;
    });
    await expectAll();
  });

  it("of an asset in which nothing has happened is told once, and not again to who has it", async () => {
    await engines.start();
    await until("both empty books are told", () => counted().books === 1 && counted(OTHER).books === 1);
    askForDepth(engines.bus, ASSET, 0);
    askForDepth(engines.bus, OTHER, null);
    await until("the other one, which was asked for, is told again", () => counted(OTHER).books === 2);
    await engines.command(100);
    await expectAll();
    expect(counted().books).to.equal(1);
  });

  it("is told whole to who asks without a book, and to who has lost the end of it", async () => {
    await engines.start();
    await engines.command(500);
    await expectAll();
    const { books: before } = counted();
    const known = books.get(ASSET)?.sequence ?? 0;
    askForDepth(engines.bus, ASSET, known);
    books.set(ASSET, new DepthBook());
    askForDepth(engines.bus, ASSET, null);
    await expectAll();
    expect(counted().books).to.equal(before + 1);
    await until("what was published some seconds ago is known to be lost", () => {
      askForDepth(engines.bus, ASSET, known - 1);
      return counted().books === before + 2;
    });
  });
});

const WHOLE = { depth: null, maxArrayLength: null, breakLength: Number.POSITIVE_INFINITY };

function asBigint([price, lots]: DepthLevel): [number, bigint] {
  return [price, BigInt(lots)];
}

function withPublish(bus: Bus, publish: Bus["publish"]): Bus {
  return new Proxy(bus, {
    get(target, key) {
      const member = key === "publish" ? publish : (Reflect.get(target, key) as unknown);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
