/** The view of markets that a service has, from the order log through engine, settlement and DEPTH. */
import { expect } from "chai";
import { channelMetrics } from "../../../src/shared/channels/channel-metrics.js";
import type { CandlesPage } from "../../../src/shared/channels/market-data.js";
import { MarketData } from "../../../src/shared/channels/market-data.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import type { AccountId } from "../../../src/shared/domain/units.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { Metrics } from "../../../src/shared/process/metrics.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { until } from "../../support/eventually.js";
import { asRole } from "../../support/postgres.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "./pipeline-under-test.js";

const registry = loadAssets(`${projectRoot}config/assets.json`);
const LIMITS = {
  natsReplicas: 1,
  reconcileMs: 200,
  holeWaitMs: 50,
  keptBytesMax: 1e8,
  subscriptionsPerConnectionMax: 1,
  catchUpsMax: 10,
  catchUpsPerAccountMax: 10,
};

describe("MarketData", () => {
  let pipeline: PipelineUnderTest;
  let database: Database;
  let market: MarketData;
  const asset = "BTC-USD";

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    const log = createLogger("test", "silent");
    const url = asRole(pipeline.databaseUrl, "bourse_market_data_notifier");
    database = await connectDatabase(url, { applicationName: "market-data-under-test", log });
    const metrics = channelMetrics(new Metrics("test"), "test");
    const { bus } = pipeline;
    market = new MarketData({ bus, database, registry, limits: LIMITS, nowMs: Date.now, log, metrics });
    await market.start();
  });
  after(async () => {
    await market.stop();
    await database.close();
    await pipeline.stop();
  });

  interface Followed {
    answer: Record<string, unknown>;
    readonly events: Record<string, unknown>[];
  }
  function follow(asked: object, account: AccountId | null = null): Followed {
    const followed: Followed = { answer: {}, events: [] };
    market.follow(
      asked,
      {
        onAnswer: (answer) => void Object.assign(followed.answer, answer),
        onEvent: (payload) => void followed.events.push(payload as Record<string, unknown>),
        onCut: () => undefined,
      },
      account,
    );
    return followed;
  }

  it("shows books, trades, candles, the last day and states; and tells followers each change in sequence", async () => {
    await until("the book is known", () => market.depth(asset, 5) !== null);
    const [depth, orders] = [follow({ channel: "depth", asset, depth: 100 }), follow({ channel: "orders" }, ANN)];
    const trades = follow({ channel: "trades", asset });
    await until("the snapshots are there", () => depth.answer["ok"] === true && orders.answer["ok"] === true);
    const settled: string[] = [];
    market.followNotifications({ settled: (name) => void settled.push(name), doubt: () => undefined });

    await pipeline.log(asset, buy(ANN, 5, 90), sell(BOB, 3, 110));
    await pipeline.log(asset, sell(ANN, 1, 100), buy(BOB, 1, 100), sell(ANN, 2, 105), buy(BOB, 2, 105));
    await until("both trades are told", () => trades.events.flatMap(({ trades }) => trades).length === 2);
    await until("the book shows both", () => market.depth(asset, 5)?.asks[0]?.[0] === "1.10");

    const { bids, asks, checksum } = market.depth(asset, 5) ?? {};
    expect([bids, asks]).to.deep.equal([[["0.90", "0.0005"]], [["1.10", "0.0003"]]]);
    await until("the follower has it", () => depth.events.at(-1)?.["checksum"] === checksum);
    const steps = [depth.answer, ...depth.events];
    expect(depth.events.map(({ previousSequence }) => previousSequence)).to.deep.equal(
      steps.slice(0, -1).map((step) => step["sequence"]),
    );

    const told = await market.trades(asset, { limit: 50 });
    expect(told).to.deep.equal(trades.events.flatMap((event) => event["trades"]));
    expect(await market.trades(asset, { limit: 1 })).to.deep.equal([(told as object[])[1]]);
    expect(await market.trades(asset, { limit: 5, before: 2 })).to.deep.equal([(told as object[])[0]]);
    expect(await market.trades(asset, { limit: 5, after: 1 })).to.deep.equal([(told as object[])[1]]);

    const page = (await market.candles(asset, "1d", { limit: 3 })) as CandlesPage;
    const { open, close, volume, quoteVolume, tradeCount, closed } = page.candles.at(-1) ?? {};
    expect({ open, close, volume, quoteVolume, tradeCount, closed }).to.deep.equal({
      open: "1.00",
      close: "1.05",
      volume: "0.0003",
      quoteVolume: "0.00031",
      tradeCount: 2,
      closed: false,
    });
    expect(market.ticker(asset)).to.include({ last: "1.05", bestBid: "0.90", tradeCount: 2 });
    expect(market.states().find((one) => one.asset === asset)).to.include({ state: "open" });
    await until("own reports are told", () => orders.events.flatMap(({ reports }) => reports).length === 5);
    expect(settled).to.include(asset);
  });

  it("says why it does not know", async () => {
    expect(market.depth("NO-NE", 5)).to.equal(null);
    expect(market.ticker("NO-NE")).to.equal(null);
    expect(await market.trades("NO-NE", { limit: 5 })).to.include({ name: "UNKNOWN_ASSET" });
    expect(await market.candles("NO-NE", "1m", { limit: 5 })).to.include({ name: "UNKNOWN_ASSET" });
    expect(follow({ channel: "orders" }).answer).to.include({ ok: false, code: "LOGIN_REQUIRED" });
  });
});
