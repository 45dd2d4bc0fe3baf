import { crc32 } from "node:zlib";
import { expect } from "chai";
import { assetOf } from "../../../../src/shared/subscriber/asset.js";
import { Book } from "../../../../web/model/book.js";
import { type CandleChart, Candles } from "../../../../web/model/candles.js";
import { EVERY_MS, Frames } from "../../../../web/model/frames.js";
import { ORDER_ROWS_MAX, Orders } from "../../../../web/model/orders.js";
import { Trades } from "../../../../web/model/trades.js";
import { FakeParts } from "./fake-parts.js";

const BTC = assetOf({ asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });

describe("the page's frames", () => {
  it("paint once what has changed several times: own orders in each frame, numbers and canvases less often", () => {
    const parts = new FakeParts();
    const painted: string[] = [];
    const paints = (["frame", "numbers", "canvas"] as const).map((what) => ({
      what,
      paint: () => void painted.push(what),
    }));
    for (let frame = 0; frame < 60; frame++) {
      for (const { what, paint } of [...paints, ...paints]) parts.frames.paint(paint, EVERY_MS[what]);
      parts.frame(10);
    }
    const times = (wanted: string) => painted.filter((what) => what === wanted).length;
    expect(["frame", "numbers", "canvas"].map(times)).to.deep.equal([60, 12, 3]);
  });

  it("draw one canvas each, and come until all is drawn, and then no more", () => {
    const asked: ((nowMs: number) => void)[] = [];
    const frames = new Frames((then) => asked.push(then));
    const drawn: string[] = [];
    for (const name of ["depth", "candles"]) frames.paint(() => void drawn.push(name), EVERY_MS.canvas);
    asked.shift()?.(1_000);
    expect(drawn).to.deep.equal(["depth"]);
    asked.shift()?.(1_016);
    expect([drawn, asked]).to.deep.equal([["depth", "candles"], []]);
  });
});

describe("the page's own orders", () => {
  const order = (orderId: number) => ({
    asset: "BTC-USD",
    orderId,
    status: "open",
    side: "buy",
    quantity: "1",
    price: "2",
  });
  const report = (accountSequence: number, orderId: number, status = "open") => {
    const times = { receivedAtUs: 1_000, matchedAtUs: 3_000 };
    return { ...order(orderId), ...times, accountSequence, status, event: "accepted" };
  };
  const begun = (accountSequence: number, ...openOrders: object[]) => {
    const parts = new FakeParts();
    const orders = new Orders(parts);
    orders.watch();
    const requests = [parts.answer({ accountSequence, openOrders })];
    if (accountSequence > 0) requests.push(parts.answer({ accountSequence, openOrders }));
    parts.frame();
    return { parts, orders, requests };
  };
  const ids = (rows: Orders["open"]) => rows.value.map(({ orderId }) => orderId);

  it("begin with the last hundred reports, and go on after the last one when the connection was lost", () => {
    const { parts, orders, requests } = begun(250, order(9));
    expect(requests).to.deep.equal([{ channel: "orders" }, { channel: "orders", from: 150 }]);
    orders.onEvent({ reports: [report(151, 1), report(152, 1, "filled")] });
    parts.frame();
    expect([ids(orders.open), ids(orders.ended)]).to.deep.equal([["9"], ["1"]]);
    parts.connect();
    expect(parts.asked).to.deep.equal([{ channel: "orders", from: 152 }]);
  });

  it("tell the time to this page of live reports only", () => {
    const { parts, orders } = begun(2);
    parts.nowMs = 4;
    orders.onEvent({ reports: [report(1, 1), report(2, 2), report(3, 3)] });
    parts.frame();
    const [live, ...replayed] = orders.open.value.map(({ hops }) => hops.value);
    expect(live).to.equal("2.0 ms to match + 1.0 ms to here = 3.0 ms");
    expect(replayed).to.deep.equal(["2.0 ms to match", "2.0 ms to match"]);
  });

  it("ask again when a report is missing, and take nothing of the old subscription until then", () => {
    const { parts, orders } = begun(0);
    orders.onEvent({ reports: [report(1, 1), report(3, 3)] });
    orders.onEvent({ reports: [report(2, 2)] });
    expect(orders.state.value.kind).to.equal("behind");
    expect(parts.asked).to.deep.equal([{ channel: "orders", from: 1 }]);
    parts.answer({ accountSequence: 3, openOrders: [order(1), order(3)] });
    orders.onEvent({ reports: [report(2, 2, "rejected"), report(3, 3)] });
    parts.frame();
    expect([ids(orders.open), ids(orders.ended)]).to.deep.equal([["3", "1"], ["2"]]);
    expect(orders.state.value.kind).to.equal("live");
  });

  it("begin anew where the server has fewer reports than they have seen", () => {
    const { parts, orders } = begun(5, order(1));
    parts.connect();
    parts.refuse("MALFORMED_MESSAGE", "from 5 is after the account's last report, which is 0");
    expect(parts.asked).to.deep.equal([{ channel: "orders" }]);
    expect(ids(orders.open)).to.deep.equal([]);
  });

  it("read every page of open orders, show the newest, count the others", async () => {
    const parts = new FakeParts();
    const orders = new Orders(parts);
    orders.watch();
    const last = { accountSequence: 0, openOrders: Array.from({ length: 30 }, (_, at) => order(at + 2)) };
    parts.answers.push({ ok: true, ...last } as never);
    parts.answer({ accountSequence: 0, openOrders: [order(1)], next: "more" });
    await Promise.resolve();
    parts.frame();
    expect([orders.open.value.length, orders.openTotal.value]).to.deep.equal([ORDER_ROWS_MAX, 31]);
    expect(ids(orders.open)[0]).to.equal("31");
  });

  it("forget everything of an account when its key goes", () => {
    const { orders } = begun(0);
    orders.onEvent({ reports: [report(1, 1)] });
    orders.end();
    expect([orders.open.value, orders.ended.value]).to.deep.equal([[], []]);
  });
});

describe("the page's panel of the book", () => {
  const ASKS = [["64000.10", "0.5"]];
  const begun = () => {
    const parts = new FakeParts();
    const book = new Book(parts);
    book.watch(BTC);
    parts.answer({ sequence: 1, bids: [], asks: ASKS, checksum: crc32("64000105000") });
    parts.frame();
    return { parts, book };
  };
  const delta = (sequence: number, checksum: number) => {
    const levels = { bids: [], asks: [["64000.20", "1"]] };
    return { asset: "BTC-USD", previousSequence: sequence - 1, sequence, ...levels, checksum };
  };

  it("shows levels, and says that they are verified", () => {
    const { book } = begun();
    const [best] = book.asks;
    expect([best?.side.value, best?.price.value, best?.quantity.value]).to.deep.equal(["ask", "64,000.10", "0.5000"]);
    expect([book.verified.value, book.state.value.kind]).to.deep.equal(["#1, checksum verified", "live"]);
  });

  it("asks for the book once when an update is wrong or missing, and says so until it has come", () => {
    for (const wrong of [delta(2, 1), delta(9, 0)]) {
      const { parts, book } = begun();
      for (const one of [wrong, delta(3, 1), delta(4, 1)]) book.onEvent(one);
      parts.frame();
      expect(parts.asked).to.deep.equal([{ channel: "depth", asset: "BTC-USD", depth: 1_000 }]);
      expect([book.state.value.kind, book.verified.value]).to.deep.equal(["behind", ""]);
      parts.answer({ sequence: 5, bids: [], asks: ASKS, checksum: crc32("64000105000") });
      parts.frame();
      expect([book.state.value.kind, book.verified.value]).to.deep.equal(["live", "#5, checksum verified"]);
    }
  });

  it("does not take a snapshot with another checksum", () => {
    const { parts, book } = begun();
    parts.connect();
    parts.answer({ sequence: 5, bids: [], asks: ASKS, checksum: 1 });
    expect(book.state.value.kind).to.equal("behind");
  });
});

describe("the page's tape and candles", () => {
  it("show nothing of another asset, or of another interval", () => {
    const parts = new FakeParts();
    const trades = new Trades(parts);
    trades.watch("BTC-USD");
    const trade = { tradeId: 1, price: "64000.00", quantity: "1", takerSide: "buy", executedAtUs: 0 };
    trades.onEvent({ asset: "ETH-USD", trades: [trade] });
    parts.frame();
    expect(trades.rows[0]?.price.value).to.equal("");
    trades.onEvent({ asset: "BTC-USD", trades: [trade] });
    parts.frame();
    expect(trades.rows[0]?.price.value).to.equal("64,000.00");
    trades.watch("ETH-USD");
    parts.frame();
    expect(trades.rows[0]?.price.value).to.equal("");
  });

  it("tell the chart of all bars, of each change, and of older pages", async () => {
    const parts = new FakeParts();
    const candles = new Candles(parts);
    const told: (number | string)[] = [];
    const chart: CandleChart = {
      reset: (_asset, interval) => told.push(`${interval}: ${candles.bars.length}`),
      update: ({ timestamp, close }) => told.push(timestamp, close),
    };
    const candle = (openAtMs: number, close: string) => {
      const prices = { open: "1", high: "3", low: "1", close };
      return { asset: "BTC-USD", interval: "1m", openAtMs, ...prices, volume: "1", closed: false };
    };
    candles.attach(chart);
    candles.watch(BTC);
    parts.answer({ candles: [candle(60_000, "1")], next: 60_000 });
    for (const changed of [candle(60_000, "2"), candle(0, "9"), candle(120_000, "3")]) candles.onEvent(changed);
    candles.onEvent({ ...candle(180_000, "9"), interval: "5m" });
    parts.frame();
    expect(told).to.deep.equal(["1m: 0", "1m: 1", 60_000, 2, 120_000, 3]);
    expect(candles.lastText.value).to.match(/open 1, high 3, low 1, close 3, volume 1 so far$/);
    parts.answers.push({ ok: true, candles: [candle(0, "1")] } as never);
    expect((await candles.readOlder()).map(({ timestamp }) => timestamp)).to.deep.equal([0]);
    expect([candles.hasOlder, candles.bars.length]).to.deep.equal([false, 3]);
  });
});
