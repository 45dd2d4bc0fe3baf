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
  /** From when something waited for it in the notifier until it was cut. */
  readonly waitedMs: number;
  /** Resolves when it is cut; how long that may take depends on how fast it reads. */
  untilGone(bytesPerSecond: number): Promise<void>;
  expectTold(): void;
}

type Limits = Parameters<typeof startNotifier>[1];

export interface SlowReaders {
  /** A notifier anew with a subscriber that reads too slowly, or not at all (0), and gets trades until it is cut. */
  cutReader(limits: Limits, bytesPerSecond: number, whenItWaits?: (slow: RawWebSocket) => void): Promise<SlowReader>;
  /** The same with one that stands still until something waits for it, and then gets so many thousand trades more, all of them. */
  expectAllRead(limits: Limits, bytesPerSecond: number, thousands: number): Promise<SlowReader>;
}

/** For the suite around it. */
export function slowReaders(): SlowReaders {
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

  const waits = async () => (await notifier.metric('kept_bytes{what="queues"')) > 0;
  const cuts = () => notifier.metric("lagged_total");

  /** Trades flow, thousands at a time, until `isOver`; a subscriber that keeps up gets all of them. Returns since when some wait. */
  async function flow(
    limits: Limits,
    bytesPerSecond: number,
    isOver: (thousands: number) => Promise<boolean>,
    whenItWaits: (slow: RawWebSocket) => void = () => undefined,
  ) {
    notifier = await startNotifier(servers, { queueBytesMax: 262_144, ...limits });
    const fast = notifier.connect();
    const live = gather(fast, "trades");
    await ask(fast, "subscribe", { channel: "trades", asset: "BTC-USD" });
    slow = await RawWebSocket.subscribed(notifier.url);
    if (bytesPerSecond === 0) slow.stopReading();
    else slow.readAtMost(bytesPerSecond);
    const first = nextTradeId;
    let waitsSinceMs: number | null = null;
    for (let thousands = 0; !(await isOver(thousands)); thousands++) {
      const trades = range(nextTradeId, nextTradeId + 999).map(trade);
      nextTradeId += 1_000;
      await settlement.publish("BTC-USD", { trades });
      await until("the others have them", () => live.length === nextTradeId - first);
      if (waitsSinceMs !== null || !(await waits())) continue;
      waitsSinceMs = performance.now();
      whenItWaits(slow);
    }
    expect(live).to.deep.equal(range(first, nextTradeId - 1));
    // The notifier of the next test starts where the database stands.
    await settlement.commit("BTC-USD", { trades: [trade(nextTradeId - 1)] });
    return waitsSinceMs ?? Number.NaN;
  }

  const reader = (waitedMs: number): SlowReader => ({
    notifier,
    slow,
    waitedMs,
    untilGone: (read) =>
      until("it is disconnected", () => slow.isClosed, CUT_WITHIN_MS + (BUFFERED_BYTES_MAX / read) * 1_000),
    expectTold: () => expect(slow.received).to.match(TOLD),
  });

  return {
    async cutReader(limits, bytesPerSecond, whenItWaits) {
      let cutAtMs = Number.NaN;
      const isCut = async (thousands: number) => {
        cutAtMs = performance.now();
        return thousands === 400 || (await cuts()) > 0;
      };
      const waitsSinceMs = await flow(limits, bytesPerSecond, isCut, whenItWaits);
      expect(await cuts()).to.equal(1);
      return reader(cutAtMs - waitsSinceMs);
    },
    async expectAllRead(limits, bytesPerSecond, thousands) {
      let most = 400;
      const waitsSinceMs = await flow(limits, 0, async (sent) => {
        if (most === 400 && (await waits())) {
          most = sent + thousands;
          slow.readAtMost(bytesPerSecond);
          slow.readOn();
        }
        return sent >= most;
      });
      await until("nothing waits", async () => !(await waits()), 30_000);
      const waitedMs = performance.now() - waitsSinceMs;
      const last = `"tradeId":${nextTradeId - 1},`;
      await until("it has all", () => slow.received.includes(last) || slow.isClosed, 30_000);
      expect(slow.received).to.include(last).and.not.match(TOLD);
      expect(await cuts()).to.equal(0);
      return reader(waitedMs);
    },
  };
}
