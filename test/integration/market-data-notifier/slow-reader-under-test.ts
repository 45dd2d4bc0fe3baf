import { expect } from "chai";
import { until } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { createDatabase } from "../../support/postgres.js";
import { RawWebSocket } from "../../support/raw-websocket.js";
import { type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { type Settlement, startSettlement, trade } from "./settlement-for-test.js";
import { ask, gather, range } from "./subscriber.js";

/** What a subscriber is told before it is cut. */
const TOLD = /42\["lagged",\{"reason":"SLOW_CONSUMER","text":"[^"]+"\}\]/;
/** The kernel's buffers hold some megabytes, which a slow reader reads first. */
const CUT_WITHIN_MS = 60_000;
const BUFFERED_BYTES_MAX = 8_000_000;

export interface SlowReader {
  readonly notifier: NotifierUnderTest;
  readonly slow: RawWebSocket;
  /** Resolves when it is cut; how long that may take depends on how fast it reads. */
  untilGone(bytesPerSecond: number): Promise<void>;
  expectTold(): void;
}

type Limits = Parameters<typeof startNotifier>[1];

/** A notifier anew for each test of the suite around it, with a subscriber that is cut because it reads too slowly, or not at all (0). */
export function slowReaders(): (limits: Limits, bytesPerSecond: number) => Promise<SlowReader> {
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

  // Trades flow until somebody is cut off; a subscriber that keeps up gets all of them.
  return async (limits, bytesPerSecond) => {
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
    return {
      notifier,
      slow,
      untilGone: (read) =>
        until("it is disconnected", () => slow.isClosed, CUT_WITHIN_MS + (BUFFERED_BYTES_MAX / read) * 1_000),
      expectTold: () => expect(slow.received).to.match(TOLD),
    };
  };
}
