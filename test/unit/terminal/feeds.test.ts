import { expect } from "chai";
import { assetOf } from "../../../src/shared/subscriber/asset.js";
import type { Wanted } from "../../../src/shared/subscriber/connection.js";
import { DepthFeed, OrdersFeed, StatusFeed, TradesFeed } from "../../../src/terminal/feeds.js";

const ASSET = "BTC-USD";
const BTC = assetOf({ asset: ASSET, base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });
const trade = (tradeId: number) => ({ tradeId, price: "1.00", quantity: "1", takerSide: "buy", executedAtUs: 0 });
const order = (accountSequence: number, event: string, status: string) => ({
  accountSequence,
  asset: ASSET,
  orderId: 256,
  event,
  status,
});

describe("what npm run watch follows", () => {
  let lines: string[];
  let again: Wanted[];
  const parts = {
    connection: {
      follow: () => () => undefined,
      again: (wanted: Wanted) => void again.push(wanted),
      ask: async () => ({ ok: false as const, code: "NO_ANSWER", text: "none" }),
    },
    tell: (_kind: string, line: string) => void lines.push(line.replace(/^\d\d:\d\d:\d\d /, "")),
    changed: () => undefined,
  };
  beforeEach(() => {
    lines = [];
    again = [];
  });

  it("tells each trade once, also after an answer that repeats some, and reads again when one is missing", () => {
    const feed = new TradesFeed(parts, ASSET);
    expect(feed.onAnswer({ trades: [trade(1)] })).to.equal(true);
    feed.onEvent({ asset: ASSET, trades: [trade(2)] });
    feed.onEvent({ asset: "ETH-USD", trades: [trade(9)] });
    feed.onEvent({ asset: ASSET, trades: [trade(4)] });
    expect(again).to.deep.equal([feed]);
    feed.onAnswer({ trades: [trade(2), trade(3), trade(4), trade(5)] });
    expect(lines.filter((line) => line.startsWith("trade ")).map((line) => line.split(" ")[1])).to.deep.equal([
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
    expect(feed.note).to.equal(null);
  });

  it("knows a book that is not the engine's, and reads it again once", () => {
    const feed = new DepthFeed(parts, BTC);
    // The checksum of an empty book is that of no text: 0.
    expect(feed.onAnswer({ sequence: 5, bids: [], asks: [], checksum: 0 })).to.equal(true);
    const wrong = { asset: ASSET, previousSequence: 5, sequence: 6, bids: [], asks: [["1.00", "0.1000"]], checksum: 1 };
    feed.onEvent(wrong);
    feed.onEvent({ ...wrong, previousSequence: 6, sequence: 7 });
    expect(again).to.deep.equal([feed]);
    expect(lines).to.deep.equal([
      "depth 5 BTC-USD bid none, ask none",
      "depth: the book is behind (mismatch): reading it again",
    ]);
    expect(feed.onAnswer({ sequence: 8, bids: [], asks: [], checksum: 1 })).to.equal(false);
  });

  it("goes on with own reports after the last one, and begins anew where the server knows fewer", () => {
    const feed = new OrdersFeed(parts);
    expect(feed.request()).to.deep.equal({ channel: "orders" });
    feed.onAnswer({ accountSequence: 7, openOrders: [] });
    feed.onEvent({ reports: [order(8, "accepted", "open")] });
    expect([...feed.open.keys()]).to.deep.equal(["BTC-USD/256"]);
    expect(feed.request()).to.deep.equal({ channel: "orders", from: 8 });
    feed.onEvent({ reports: [order(8, "accepted", "open"), order(9, "canceled", "canceled")] });
    expect(feed.open.size).to.equal(0);
    feed.onEvent({ reports: [order(11, "accepted", "open")] });
    expect(again).to.deep.equal([feed]);
    expect(lines.filter((line) => line.startsWith("report "))).to.have.length(2);
    feed.onRefused({ ok: false, code: "MALFORMED_MESSAGE", text: "from is 9, but the last report is 3" });
    expect(feed.request()).to.deep.equal({ channel: "orders" });
    expect(again).to.have.length(2);
  });

  it("tells the asset's state when it changes, and no other's", () => {
    const feed = new StatusFeed(parts, ASSET);
    const open = { asset: ASSET, state: "open", madeBy: null, why: null };
    feed.onAnswer({ statuses: [open, { ...open, asset: "ETH-USD", state: "halted" }] });
    feed.onAnswer({ statuses: [open] });
    feed.onEvent({ asset: ASSET, state: "halted", madeBy: "alice", why: "news" });
    expect(lines).to.deep.equal(["status BTC-USD open", "status BTC-USD halted: alice, news"]);
  });
});
