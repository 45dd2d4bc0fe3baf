import { expect } from "chai";
import { type CandleRange, CandlesChannel } from "../../../../src/shared/channels/candles-channel.js";
import type { Subscription } from "../../../../src/shared/channels/channel.js";
import { loadAssets } from "../../../../src/shared/domain/assets.js";
import { carryCandles, foldTrades } from "../../../../src/shared/domain/candles.js";
import type { PublicTrade } from "../../../../src/shared/domain/reports.js";
import { accountId, epochUs, lots, priceTicks, tradeId } from "../../../../src/shared/domain/units.js";
import type { CandleHistory } from "../../../../src/shared/market-data/candle-series.js";
import { createLogger } from "../../../../src/shared/process/log.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import { FakeListener } from "./fake-listener.js";

const BTC = "BTC-USD";
const MINUTE_MS = 60_000;
const { assets } = loadAssets(`${projectRoot}config/assets.json`);

type CandlesListener = FakeListener<object>;
const received = (event: string, payload: object) => [{ event, ...payload }];
const pause = () => new Promise((resolve) => setImmediate(resolve));

/** The channel between a database that answers when it is told to, a clock, and listeners. */
class Stage {
  readonly channel: CandlesChannel;
  readonly trades: PublicTrade[] = [];
  nowMs = 10 * MINUTE_MS;
  isSettled = true;
  isAway = false;
  /** Each read waits until it may go on. */
  readonly reads: (() => void)[] = [];
  readonly given: number[] = [];
  readonly #listeners: CandlesListener[] = [];

  constructor() {
    this.channel = new CandlesChannel({
      assets,
      rooms: {
        send: (room, event, payload) => {
          for (const listener of this.#listeners) if (listener.rooms.has(room)) listener.send(event, payload);
        },
      },
      source: {
        candlesIn: (asset, range) => this.#read(asset, range),
        settledTrades: async () => new Map(this.isSettled ? [[BTC, this.trades.at(-1)?.tradeId ?? 0]] : []),
      },
      kept: { add: (_what: string, bytes: number) => this.given.push(bytes) } as never,
      nowMs: () => this.nowMs,
      log: createLogger("test", "silent"),
    });
  }

  /** A trade of one lot, told with the next flush; `isTold` false: it is only in the database. */
  trade(price: number, { isTold = true } = {}): void {
    const trade: PublicTrade = {
      tradeId: tradeId(this.trades.length + 1),
      priceTicks: priceTicks(price),
      quantityLots: lots(1),
      takerSide: "buy",
      executedAtUs: epochUs(this.nowMs * 1000),
    };
    this.trades.push(trade);
    if (isTold) this.channel.follow(BTC, [trade]);
  }

  async #read(_asset: string, { fromMs, throughMs, beforeMs, intervalMs }: CandleRange): Promise<CandleHistory> {
    const all = foldTrades(this.trades, intervalMs);
    await new Promise<void>((resolve) => this.reads.push(resolve));
    if (this.isAway) throw new Error("Postgres is away");
    const earlier = all.findLast(({ openAtMs }) => openAtMs < fromMs) ?? null;
    const rows = all.filter(({ openAtMs }) => openAtMs >= fromMs && openAtMs < beforeMs);
    return { candles: carryCandles(rows, earlier, { fromMs, throughMs, intervalMs }), hasEarlier: earlier !== null };
  }

  /** The database answers what it is asked. */
  async answer(): Promise<void> {
    for (await pause(); this.reads.length > 0; await pause()) this.reads.shift()?.();
  }

  listener(): CandlesListener {
    const listener = new FakeListener(`listener ${this.#listeners.length}`, accountId(1), received);
    this.#listeners.push(listener);
    return listener;
  }

  ask(listener: CandlesListener, fields: object = { interval: "1m" }): Subscription {
    const subscription = this.channel.subscription(listener, { asset: BTC, fields: fields as Record<string, unknown> });
    if (!("begin" in subscription)) expect.fail(subscription.text);
    subscription.begin((answer) => listener.answers.push(answer));
    return subscription;
  }

  async subscribed(): Promise<CandlesListener> {
    const listener = this.listener();
    this.ask(listener);
    await this.answer();
    return listener;
  }

  /** What is told with the next flush: minutes, closes, whether they are closed. */
  told(listener: CandlesListener): unknown[] {
    listener.received.length = 0;
    this.channel.flush(() => undefined);
    return brief(listener.received);
  }
}

function brief(candles: unknown): unknown[] {
  return (candles as { openAtMs: number; close: string; volume: string; closed: boolean }[]).map(
    ({ openAtMs, close, volume, closed }) => [openAtMs / MINUTE_MS, close, volume, closed],
  );
}

const candlesOf = (listener: CandlesListener) => brief((listener.answers.at(-1) as { candles?: unknown }).candles);

describe("channel candles", () => {
  it("answers with candles, and then sends what changes, in decimal text", async () => {
    const stage = new Stage();
    stage.trade(100);
    const listener = await stage.subscribed();
    expect(listener.answers).to.deep.equal([
      {
        ok: true,
        asset: BTC,
        interval: "1m",
        candles: [
          {
            openAtMs: 600_000,
            open: "1.00",
            high: "1.00",
            low: "1.00",
            close: "1.00",
            volume: "0.0001",
            closed: false,
          },
        ],
      },
    ]);
    stage.trade(120);
    stage.trade(90);
    stage.channel.flush(() => undefined);
    expect(listener.received).to.deep.equal([
      {
        event: "candles",
        asset: BTC,
        interval: "1m",
        openAtMs: 600_000,
        open: "1.00",
        high: "1.20",
        low: "0.90",
        close: "0.90",
        volume: "0.0003",
        closed: false,
      },
    ]);
    expect(stage.told(listener)).to.deep.equal([]);
  });

  it("closes a candle with the first trade of a later minute, and carries those between", async () => {
    const stage = new Stage();
    stage.trade(100);
    const listener = await stage.subscribed();
    stage.nowMs += 2 * MINUTE_MS;
    stage.trade(90);
    expect(stage.told(listener)).to.deep.equal([
      [10, "1.00", "0.0001", true],
      [11, "1.00", "0", true],
      [12, "0.90", "0.0001", false],
    ]);
  });

  it("closes a candle that nobody trades in any more some seconds after its end, when all is settled and told", async () => {
    const stage = new Stage();
    stage.trade(100);
    const listener = await stage.subscribed();
    const look = async () => {
      await stage.channel.closeWhatIsOver();
      return stage.told(listener);
    };
    stage.nowMs += MINUTE_MS;
    expect(await look(), "what was logged in its time may not be in the database yet").to.deep.equal([]);
    stage.nowMs += 2_000;
    stage.isSettled = false;
    expect(await look(), "settlement is behind").to.deep.equal([]);
    stage.isSettled = true;
    stage.trade(90, { isTold: false });
    expect(await look(), "a trade is not told yet").to.deep.equal([]);
    stage.channel.follow(BTC, stage.trades.slice(-1));
    stage.channel.flush(() => undefined);
    stage.nowMs += MINUTE_MS;
    expect(await look()).to.deep.equal([
      [11, "0.90", "0.0001", true],
      [12, "0.90", "0", false],
    ]);
    expect(await look()).to.deep.equal([]);
  });

  it("shows a newcomer what is over as closed, also where nothing trades", async () => {
    const stage = new Stage();
    stage.trade(100);
    stage.nowMs += 700 * MINUTE_MS;
    const listener = await stage.subscribed();
    const candles = candlesOf(listener);
    expect(candles).to.have.length(500);
    expect([candles[0], candles.at(-1)]).to.deep.equal([
      [210, "1.00", "0", true],
      [709, "1.00", "0", false],
    ]);
    expect(listener.answers[0]).to.include({ next: 210 * MINUTE_MS });
  });

  it("loses and repeats no trade that comes while it reads", async () => {
    const stage = new Stage();
    stage.trade(100);
    const listener = stage.listener();
    stage.ask(listener);
    await pause();
    stage.trade(120);
    stage.channel.flush(() => undefined);
    await stage.answer();
    expect(candlesOf(listener)).to.deep.equal([[10, "1.20", "0.0002", false]]);
    stage.channel.follow(BTC, stage.trades); // they come again from a hole that was filled
    expect(stage.told(listener)).to.deep.equal([]);
  });

  it("gives pages of what was before, to the first trade there was", async () => {
    const stage = new Stage();
    stage.trade(100);
    stage.nowMs += 1_200 * MINUTE_MS;
    const listener = await stage.subscribed();
    const minutes = new Set<number>();
    for (let next = (listener.answers[0] as { next?: number }).next; next !== undefined; ) {
      stage.ask(listener, { interval: "1m", next });
      await stage.answer();
      for (const [minute, , , closed] of candlesOf(listener) as [number, string, string, boolean][]) {
        expect([minutes.has(minute), closed]).to.deep.equal([false, true]);
        minutes.add(minute);
      }
      next = (listener.answers.at(-1) as { next?: number }).next;
    }
    expect([Math.min(...minutes), minutes.size]).to.deep.equal([10, 700]);
  });

  const refusals: [why: string, fields: object, code: string][] = [
    ["without an interval", {}, "MALFORMED_MESSAGE"],
    ["of an interval that is not there", { interval: "2m" }, "MALFORMED_MESSAGE"],
    ["of an object's own property", { interval: "toString" }, "MALFORMED_MESSAGE"],
    ["of a page in the middle of a candle", { interval: "1m", next: 1 }, "MALFORMED_MESSAGE"],
    ["of a page that is none", { interval: "1m", next: "600000" }, "MALFORMED_MESSAGE"],
    ["of a page before all time", { interval: "1m", next: -MINUTE_MS }, "MALFORMED_MESSAGE"],
  ];
  for (const [why, fields, code] of refusals)
    it(`refuses a request ${why}`, () => {
      const stage = new Stage();
      const asked = { asset: BTC, fields: fields as Record<string, unknown> };
      expect(stage.channel.subscription(stage.listener(), asked)).to.include({ name: code });
    });

  it("refuses pages to who is not subscribed, of what is not over, and two at once", async () => {
    const stage = new Stage();
    stage.trade(100);
    const listener = await stage.subscribed();
    const page = { interval: "1m", next: 10 * MINUTE_MS };
    const stranger = stage.listener();
    stage.ask(stranger, page);
    expect(stranger.answers[0]).to.include({ ok: false, code: "UNSUPPORTED_COMBINATION" });
    stage.ask(listener, { interval: "1m", next: 11 * MINUTE_MS });
    expect(listener.answers.at(-1)).to.include({ ok: false, code: "MALFORMED_MESSAGE" });
    stage.ask(listener, page);
    stage.ask(listener, page);
    expect(listener.answers.at(-1)).to.include({ ok: false, code: "BUSY" });
    await stage.answer();
    expect(listener.answers.at(-1)).to.deep.include({ ok: true, candles: [] });
  });

  it("sends nothing more to who has unsubscribed, is gone, or did not wait", async () => {
    const stage = new Stage();
    stage.trade(100);
    const impatient = stage.listener();
    stage.ask(impatient).end();
    expect(impatient.answers[0]).to.include({ ok: false, code: "UNSUPPORTED_COMBINATION" });
    await stage.answer();
    const [one, two] = [await stage.subscribed(), await stage.subscribed()];
    stage.channel.forget(two);
    const subscription = stage.ask(one);
    subscription.end();
    expect(subscription.isHeld()).to.equal(false);
    stage.trade(120);
    stage.channel.flush(() => undefined);
    expect([one.received, two.received, impatient.received]).to.deep.equal([[], [], []]);
  });

  it("refuses while the database is away, and reads again for the next one", async () => {
    const stage = new Stage();
    stage.trade(100);
    stage.isAway = true;
    const listener = await stage.subscribed();
    expect(listener.answers[0]).to.include({ ok: false, code: "UNAVAILABLE" });
    stage.isAway = false;
    stage.ask(listener);
    await stage.answer();
    expect(listener.answers[1]).to.include({ ok: true });
  });

  it("gives back the memory of what nobody listens to", async () => {
    const stage = new Stage();
    stage.trade(100);
    const listener = await stage.subscribed();
    stage.channel.giveBack(1);
    expect(stage.given).to.have.length(1);
    stage.channel.forget(listener);
    stage.channel.giveBack(1);
    expect(stage.given.reduce((sum, bytes) => sum + bytes)).to.equal(0);
    expect(candlesOf(await stage.subscribed()), "read again").to.have.length(1);
  });
});
