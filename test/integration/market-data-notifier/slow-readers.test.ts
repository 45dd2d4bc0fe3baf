import { expect } from "chai";
import { until } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { createDatabase } from "../../support/postgres.js";
import { RawWebSocket } from "../../support/raw-websocket.js";
import { type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { type Settlement, startSettlement, trade } from "./settlement-for-test.js";
import { ask, gather, range } from "./subscriber.js";

const TOLD = /42\["lagged",\{"reason":"SLOW_CONSUMER","text":"[^"]+"\}\]/;

describe("market-data-notifier with a subscriber that is too slow", function () {
  this.timeout(120_000);
  let nats: NatsForTest;
  let servers: { natsUrl: string; databaseUrl: string };
  let settlement: Settlement;
  let notifier: NotifierUnderTest;
  let slow: RawWebSocket;
  let nextTradeId = 1;

  before(async () => {
    nats = await startNats();
    servers = { natsUrl: nats.url, databaseUrl: await createDatabase() };
    settlement = await startSettlement(servers);
  });
  afterEach(async () => {
    slow.close();
    await notifier.stop();
  });
  after(async () => {
    await settlement.stop();
    await nats.stop();
  });

  /** Trades flow until somebody is cut off; a subscriber that keeps up gets all of them. */
  async function untilCut(limits: Parameters<typeof startNotifier>[1], bytesPerSecond: number): Promise<void> {
    notifier = await startNotifier(servers, { queueBytesMax: 262_144, ...limits });
    const fast = notifier.connect();
    const live = gather(fast, "trades");
    await ask(fast, "subscribe", { channel: "trades", asset: "BTC-USD" });
    slow = await RawWebSocket.subscribed(notifier.url);
    if (bytesPerSecond === 0) slow.stopReading();
    else slow.readAtMost(bytesPerSecond);
    const first = nextTradeId;
    for (let batch = 0; batch < 400 && (await notifier.metric("lagged_total")) === 0; batch++) {
      const trades = range(nextTradeId, nextTradeId + 999).map(trade);
      nextTradeId += 1_000;
      await settlement.publish("BTC-USD", { trades });
      await until("the others have them", () => live.length === nextTradeId - first);
    }
    expect(await notifier.metric("lagged_total")).to.equal(1);
    expect(live).to.deep.equal(range(first, nextTradeId - 1));
    // The notifier of the next test starts where the database stands.
    await settlement.commit("BTC-USD", { trades: [trade(nextTradeId - 1)] });
  }

  for (const bytesPerSecond of [400_000, 1_000_000]) {
    it(`tells one that reads ${bytesPerSecond / 1_000} KB a second why, then disconnects it`, async () => {
      await untilCut({}, bytesPerSecond);
      await until("it is disconnected", () => slow.isClosed, 60_000);
      expect(slow.received).to.match(TOLD);
    });
  }

  it("tells one that comes back after it stood still for longer than a disconnection takes", async () => {
    await untilCut({ partingTimeoutMs: 30_000 }, 0);
    const sinceMs = performance.now();
    await until("some seconds are over", () => performance.now() - sinceMs > 3_000);
    slow.readOn();
    await until("it is disconnected", () => slow.isClosed, 60_000);
    expect(slow.received).to.match(TOLD);
  });

  it("cuts the longest queue when too much waits for all together, though it is not too long by itself", async () => {
    await untilCut({ queueBytesMax: 268_435_456, keptBytesMax: 2_000_000, partingTimeoutMs: 30_000 }, 0);
    expect(await notifier.metric('kept_bytes{what="queues"')).to.be.below(2_000_000);
    slow.readOn();
    await until("it is disconnected", () => slow.isClosed, 60_000);
    expect(slow.received).to.contain("too much waits for all subscribers");
  });

  it("ends one that never reads again", async () => {
    await untilCut({ partingTimeoutMs: 500 }, 0);
    await until("its connection is gone", async () => (await notifier.openConnections()) === 1);
  });
});
