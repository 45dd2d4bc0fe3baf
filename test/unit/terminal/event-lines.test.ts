import { expect } from "chai";
import { assetOf } from "../../../src/shared/subscriber/asset.js";
import { DepthBook } from "../../../src/shared/subscriber/depth-book.js";
import {
  balanceLine,
  depthLine,
  reportLine,
  shownRequest,
  statusLine,
  tradeLine,
} from "../../../src/terminal/event-lines.js";
import { problemOf } from "../../../src/terminal/problem.js";
import { loginOf, refusalOf } from "../../../src/terminal/typed-line.js";

const ASSET = "BTC-USD";
const REPORT = {
  accountSequence: 7,
  asset: ASSET,
  orderId: 256,
  side: "sell",
  quantity: "0.5",
  filledQuantity: "0.2",
  price: "64000.00",
};

describe("the lines of npm run watch", () => {
  const lines: readonly [string, string, string][] = [
    [
      "a trade",
      tradeLine(ASSET, { tradeId: 3, price: "1.00", quantity: "2", takerSide: "buy", executedAtUs: 0 }).slice(9),
      "trade 3 BTC-USD 2 at 1.00, taker buy",
    ],
    [
      "a report of a fill",
      reportLine({ ...REPORT, event: "trade", status: "partially_filled", lastQuantity: "0.2", lastPrice: "64000.00" }),
      "report 7 order 256 BTC-USD trade 0.2 at 64000.00: partially_filled; sell 0.5 at 64000.00, 0.2 filled",
    ],
    [
      "a report of a market order with a name that ended",
      reportLine({
        ...REPORT,
        price: undefined,
        clientOrderId: "a",
        event: "canceled",
        status: "canceled",
        reason: "requested",
      } as never),
      "report 7 order 256 id=a BTC-USD canceled: canceled (requested); sell 0.5 at MKT, 0.2 filled",
    ],
    [
      "a refused request that named no order",
      reportLine({ accountSequence: 8, asset: ASSET, event: "cancel_rejected", reason: "unknown_order" }),
      "report 8 order unknown BTC-USD cancel_rejected: no order (unknown_order)",
    ],
    [
      "an asset's state, whose reason can't move the cursor",
      statusLine({ asset: ASSET, state: "halted", madeBy: "alice", why: "a\u001b[2Jb" }),
      "status BTC-USD halted: alice, a\\u{1b}[2Jb",
    ],
    [
      "a state nobody changed",
      statusLine({ asset: ASSET, state: "open", madeBy: null, why: null }),
      "status BTC-USD open",
    ],
    ["a balance", balanceLine({ currency: "USD", available: "1", held: "0.5" }), "balance USD 1 available, 0.5 held"],
    ["a login, not its secret", shownRequest("login me s3cret cod=1"), "login me ****** cod=1"],
    ["any other request", shownRequest("BUY BTC-USD 1 2"), "BUY BTC-USD 1 2"],
  ];
  for (const [what, line, expected] of lines) it(`show ${what}`, () => expect(line).to.equal(expected));

  it("show the best levels of a book, or that there are none", () => {
    const book = new DepthBook(
      assetOf({ asset: ASSET, base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" }),
      10,
    );
    book.bids.set(6_400_000, 5_000);
    expect(depthLine(book)).to.equal("depth null BTC-USD bid 0.5 at 64000.00, ask none");
  });
});

describe("the prompt of npm run watch", () => {
  it("knows a login, and what would end the session", () => {
    expect(loginOf("Login me word")).to.deep.equal({ keyId: "me", secret: "word" });
    expect([loginOf("LOGIN me"), loginOf("BUY BTC-USD 1 2")]).to.deep.equal([null, null]);
    expect(refusalOf("BUY BTC-USD 1 2")).to.equal(null);
    expect(refusalOf("BUY BTC–USD 1 2")).to.equal("a line is printable ASCII");
    expect(refusalOf("x".repeat(1_025))).to.equal("a line has at most 1024 characters");
  });

  it("says which of the connections is away, and what that means", () => {
    expect(problemOf("live", null)).to.equal(null);
    expect(problemOf("live", { kind: "open" })).to.equal(null);
    expect(problemOf("gone", { kind: "away", text: "ECONNREFUSED" })).to.equal(
      "notifier gone: all this is old · order handler away: nothing is sent",
    );
  });
});
