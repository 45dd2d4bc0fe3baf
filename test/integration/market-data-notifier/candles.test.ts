import { expect } from "chai";
import type { Socket } from "socket.io-client";
import { mulberry32 } from "../../../packages/matching-core/test/support/random-flow.js";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { CANDLE_INTERVALS_MS } from "../../../src/shared/domain/candles.js";
import { formatDecimal, formatPrice } from "../../../src/shared/domain/decimal.js";
import type { PublicTrade } from "../../../src/shared/domain/reports.js";
import { epochUs, lots, priceTicks, tradeId } from "../../../src/shared/domain/units.js";
import { until } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { createDatabase } from "../../support/postgres.js";
import { ASSETS_FILE, type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { type Settlement, startSettlement } from "./settlement-for-test.js";
import { ask } from "./subscriber.js";

const registry = loadAssets(ASSETS_FILE);
const { tick, lot } = registry.assets.get("BTC-USD")!;
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const START_MS = 20_000 * DAY_MS;
const SEED = 7;

interface Told {
  readonly openAtMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly closed: boolean;
}
type CandlesReply = { readonly ok: boolean; readonly candles: Told[]; readonly next?: number };

describe("candles of the market-data-notifier", () => {
  let nats: NatsForTest;
  let servers: { natsUrl: string; databaseUrl: string };
  let settlement: Settlement;
  let notifier: NotifierUnderTest;
  let nowMs = START_MS;
  const draw = mulberry32(SEED);
  const trades: PublicTrade[] = [];

  before(async () => {
    nats = await startNats();
    servers = { natsUrl: nats.url, databaseUrl: await createDatabase() };
    settlement = await startSettlement(servers);
    await storeAssets(settlement.database, registry);
    await settledThrough("trade-processing", 1);
    await settledThrough("order-processing", 1);
    for (let day = 0; day < 3; day++) await tradeFor(DAY_MS, 120);
    notifier = await startNotifier(servers, {}, () => nowMs);
  });
  after(async () => {
    await notifier.stop();
    await settlement.stop();
    await nats.stop();
  });

  async function settledThrough(service: string, command: number): Promise<void> {
    await settlement.database.query(
      `insert into consumer_positions (service, asset, sequence, stream_sequence, command_sequence)
       values ($1, 'BTC-USD', 0, 0, $2) on conflict (service, asset) do update set command_sequence = $2`,
      [service, command],
    );
  }

  /** Random trades over a time, settled in batches. */
  async function tradeFor(durationMs: number, count: number): Promise<void> {
    const endMs = nowMs + durationMs;
    const times = Array.from({ length: count }, () => nowMs + (draw() % durationMs)).sort((a, b) => a - b);
    const made = times.map((atMs, index) => ({
      tradeId: tradeId(trades.length + index + 1),
      priceTicks: priceTicks(1 + (draw() % 10_000_000)),
      quantityLots: lots(1 + (draw() % 1_000_000)),
      takerSide: draw() % 2 === 0 ? ("buy" as const) : ("sell" as const),
      executedAtUs: epochUs(atMs * 1000 + (draw() % 1000)),
    }));
    trades.push(...made);
    for (let at = 0; at < count; at += 7) {
      const batch = made.slice(at, at + 7);
      nowMs = (batch.at(-1) as PublicTrade).executedAtUs / 1000;
      await settlement.settle("BTC-USD", { trades: batch });
    }
    nowMs = endMs;
  }

  /** From all trades: each interval from the first trade's through the one that is open. */
  function naive(intervalMs: number, throughMs: number): Told[] {
    const openAt = (one: PublicTrade) => Math.floor(one.executedAtUs / 1000 / intervalMs) * intervalMs;
    const mine = new Map<number, PublicTrade[]>();
    for (const one of trades) mine.set(openAt(one), [...(mine.get(openAt(one)) ?? []), one]);
    const candles: Told[] = [];
    let close = 0;
    for (let openAtMs = openAt(trades[0] as PublicTrade); openAtMs <= throughMs; openAtMs += intervalMs) {
      const traded = mine.get(openAtMs) ?? [];
      const prices = traded.length === 0 ? [close] : traded.map((one) => one.priceTicks as number);
      close = prices.at(-1) as number;
      candles.push({
        openAtMs,
        open: formatPrice(prices[0] as number, tick),
        high: formatPrice(Math.max(...prices), tick),
        low: formatPrice(Math.min(...prices), tick),
        close: formatPrice(close, tick),
        volume: formatDecimal(
          traded.reduce((sum, one) => sum + one.quantityLots, 0),
          lot,
        ),
        closed: openAtMs + intervalMs <= throughMs,
      });
    }
    return candles;
  }

  const subscribe = (socket: Socket, interval: string, next?: number) =>
    ask(socket, "subscribe", {
      channel: "candles",
      asset: "BTC-USD",
      interval,
      ...(next ? { next } : {}),
    }) as Promise<unknown> as Promise<CandlesReply>;

  for (const [interval, intervalMs] of Object.entries(CANDLE_INTERVALS_MS))
    it(`of ${interval} are all of them there, right after a start: the last 500 in the answer, the others by page`, async () => {
      const socket = notifier.connect();
      const through = nowMs - 2_000;
      const expected = naive(intervalMs, through);
      let reply = await subscribe(socket, interval);
      expect(reply.candles.length).to.equal(Math.min(500, expected.length));
      const all = reply.candles;
      while (reply.next !== undefined) {
        reply = await subscribe(socket, interval, reply.next);
        expect(reply).to.include({ ok: true });
        all.unshift(...reply.candles);
      }
      expect(all).to.deep.equal(expected);
    });

  it("follow live trades and the clock, and are the same after a restart", async () => {
    const books = new Map<string, Map<number, Told>>();
    const socket = notifier.connect();
    socket.on("candles", ({ asset, interval, ...candle }: Told & { asset: string; interval: string }) => {
      const known = books.get(interval)?.get(candle.openAtMs);
      if (known?.closed) throw new Error(`${asset} ${interval}: a closed candle was told again`);
      books.get(interval)?.set(candle.openAtMs, candle);
    });
    for (const interval of Object.keys(CANDLE_INTERVALS_MS)) {
      books.set(interval, new Map());
      const { candles } = await subscribe(socket, interval);
      for (const candle of candles) books.get(interval)?.set(candle.openAtMs, candle);
    }
    const agree = async (throughMs: number) => {
      for (const [interval, intervalMs] of Object.entries(CANDLE_INTERVALS_MS)) {
        const expected = naive(intervalMs, throughMs).slice(-400);
        const told = () => [...(books.get(interval) as Map<number, Told>).values()].slice(-400);
        await until(
          `${interval} is told through ${throughMs}`,
          () => JSON.stringify(told()) === JSON.stringify(expected),
        );
      }
    };
    await tradeFor(90 * MINUTE_MS, 60);
    nowMs += 3 * MINUTE_MS; // nobody trades: the clock closes
    await agree(nowMs - 2_000);

    await settledThrough("order-processing", 2); // a command that may trade is on its way
    nowMs += MINUTE_MS;
    const late = { ...(trades.at(-1) as PublicTrade), tradeId: tradeId(trades.length + 1) };
    trades.push({ ...late, executedAtUs: epochUs((nowMs - 61_000) * 1000) });
    await settlement.commit("BTC-USD", { trades: trades.slice(-1) }); // and its notification is lost
    await settledThrough("trade-processing", 2);
    await agree(nowMs - 2_000);

    await notifier.stop();
    notifier = await startNotifier(servers, {}, () => nowMs);
    const again = notifier.connect();
    for (const [interval, intervalMs] of Object.entries(CANDLE_INTERVALS_MS)) {
      const { candles } = await subscribe(again, interval);
      expect(candles).to.deep.equal(naive(intervalMs, nowMs - 2_000).slice(-candles.length));
    }
  });
});
