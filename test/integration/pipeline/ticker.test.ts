/** The channel `ticker`, from the order log through engine, settlement and DEPTH to subscribers. */
import { expect } from "chai";
import type { Socket } from "socket.io-client";
import { EMPTY_TICKER } from "../../support/empty-ticker.js";
import { until } from "../../support/eventually.js";
import { type NotifierUnderTest, startNotifier } from "../market-data-notifier/notifier-under-test.js";
import { ask } from "../market-data-notifier/subscriber.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "./pipeline-under-test.js";

const DAY_MS = 86_400_000;

describe("the ticker of an asset", () => {
  let pipeline: PipelineUnderTest;
  let notifier: NotifierUnderTest;
  let aheadMs = 0;
  const start = () =>
    startNotifier({ natsUrl: pipeline.nats.url, databaseUrl: pipeline.databaseUrl }, {}, () => Date.now() + aheadMs);

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    notifier = await start();
  });
  after(async () => {
    await notifier.stop();
    await pipeline.stop();
  });

  type Ticker = Record<string, string | number | boolean | null>;
  async function subscribed(): Promise<{ socket: Socket; now: () => Ticker; told: Ticker[] }> {
    const socket = notifier.connect();
    const told: Ticker[] = [];
    socket.on("ticker", (ticker: Ticker) => told.push(ticker));
    const { ok, ...ticker } = (await ask(socket, "subscribe", {
      channel: "ticker",
      asset: "BTC-USD",
    })) as unknown as Ticker;
    expect(ok).to.equal(true);
    return { socket, told, now: () => told.at(-1) ?? ticker };
  }
  const becomes = (now: () => Ticker, expected: Ticker) =>
    until(`the ticker is ${JSON.stringify(expected)}`, () => JSON.stringify(now()) === JSON.stringify(expected));

  const book = { bestBid: "0.90", bestBidQuantity: "0.0005", bestAsk: "1.10", bestAskQuantity: "0.0003" };
  const day = {
    last: "1.05",
    open: "1.00",
    high: "1.05",
    low: "1.00",
    volume: "0.0003",
    quoteVolume: "0.00031",
    tradeCount: 2,
  };

  it("follows the book and the trades, and is null where there is nothing", async () => {
    const { now } = await subscribed();
    expect(now()).to.deep.equal(EMPTY_TICKER);
    await pipeline.log("BTC-USD", buy(ANN, 5, 90), sell(BOB, 3, 110));
    await becomes(now, { ...EMPTY_TICKER, ...book });
    await pipeline.log("BTC-USD", sell(ANN, 1, 100), buy(BOB, 1, 100), sell(ANN, 2, 105), buy(BOB, 2, 105));
    await becomes(now, { ...EMPTY_TICKER, ...book, ...day });
  });

  it("is the same after a restart", async () => {
    await notifier.stop();
    notifier = await start();
    const { now } = await subscribed();
    await becomes(now, { ...EMPTY_TICKER, ...book, ...day });
  });

  it("lets go of what is older than a day", async () => {
    const { now } = await subscribed();
    aheadMs = DAY_MS + 120_000;
    await becomes(now, { ...EMPTY_TICKER, ...book, last: day.last });
  });
});
