import { expect } from "chai";
import { assetOf } from "../../../src/shared/subscriber/asset.js";
import { BookSide } from "../../../src/shared/subscriber/book-side.js";
import { Tape } from "../../../src/shared/subscriber/tape.js";
import { frameOf } from "../../../src/terminal/screen.js";
import { plainText, styledText } from "../../../src/terminal/styled-line.js";
import type { Size, View } from "../../../src/terminal/view.js";

const BTC = assetOf({ asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });
/** Noon, wherever the test runs. */
const NOON_US = new Date(2026, 0, 2, 12, 0, 0).getTime() * 1_000;

function sideOf(side: "bids" | "asks", ...levels: [number, number][]): BookSide {
  const book = new BookSide(side);
  for (const [price, quantity] of levels) book.set(price, quantity);
  return book;
}

function tapeOf(...prices: string[]): Tape {
  const tape = new Tape(200);
  const trade = (price: string, at: number) => ({ tradeId: at + 1, price, quantity: "0.2", executedAtUs: NOON_US });
  tape.take(prices.map((price, at) => ({ ...trade(price, at), takerSide: at % 2 === 0 ? "buy" : "sell" })));
  return tape;
}

const MARKET: View = {
  asset: BTC,
  state: "open",
  bids: sideOf("bids", [6_399_950, 1_000], [6_399_900, 25_000], [6_300_000, 1]),
  asks: sideOf("asks", [6_400_000, 5_000], [6_400_050, 12_345]),
  bookNote: null,
  tape: tapeOf("63999.00", "64000.00"),
  tapeNote: null,
  account: null,
  problem: null,
  connection: "live",
  messages: ["notifier http://127.0.0.1:7002: live"],
  typed: { text: "", cursor: 0 },
};
const ORDER = { asset: "BTC-USD", orderId: 256, side: "sell", quantity: "0.5", price: "64000.00" };
const ACCOUNT: View["account"] = {
  keyId: "random1",
  openOrders: new Map([
    ["BTC-USD/256", { ...ORDER, filledQuantity: "0.2", status: "partially_filled" }],
    ["BTC-USD/512", { ...ORDER, orderId: 512, stopPrice: "65000.00", filledQuantity: "0", status: "pending_trigger" }],
  ]),
  balances: [
    { currency: "EUR", available: "1", held: "0" },
    { currency: "USD", available: "999993587.2501", held: "6412.7499" },
    { currency: "BTC", available: "999999.5", held: "0.5" },
  ],
  note: null,
};

const textOf = (view: View, size: Size) => frameOf(view, size).lines.map((line) => plainText(line).trimEnd());

describe("the screen of npm run watch", () => {
  it("shows book and tape side by side in 80 by 24, with words for what colours say", () => {
    expect(textOf({ ...MARKET, typed: { text: "BUY BTC-USD", cursor: 3 } }, { columns: 80, rows: 24 })).to.deep.equal([
      "BTC-USD  open  last 64,000.00 ▲                                             live",
      "LOGIN <key-id> <secret> to trade; QUIT or Ctrl-C ends.",
      "book          price              BTC  trades           price          BTC taker",
      "                                      12:00:00     64,000.00          0.2 sell",
      "                                      12:00:00     63,999.00          0.2 buy",
      "",
      "",
      "",
      "ask       64,000.50           1.2345",
      "ask       64,000.00           0.5000",
      "bid       63,999.50           0.1000",
      "bid       63,999.00           2.5000",
      "bid       63,000.00           0.0001",
      "",
      "",
      "",
      "",
      "messages",
      "notifier http://127.0.0.1:7002: live",
      "",
      "",
      "",
      "",
      "> BUY BTC-USD",
    ]);
  });

  it("has room for the account there: the asset's currencies first, the newest order first", () => {
    const lines = textOf({ ...MARKET, account: ACCOUNT }, { columns: 80, rows: 24 });
    expect(lines[0]).to.equal("BTC-USD  open  last 64,000.00 ▲                                    random1  live");
    expect(lines.slice(13, 17)).to.deep.equal([
      "your open orders: 2                                       available         held",
      "BTC-USD 512 sell 0.5 at 64000.00 stop 65…  BTC            999,999.5          0.5",
      "BTC-USD 256 sell 0.5 at 64000.00, 0.2 fi…  USD     999,993,587.2501   6,412.7499",
      "                                           EUR                    1            0",
    ]);
  });

  it("says first what is wrong, in words", () => {
    const problem = "notifier gone: all this is old";
    expect(textOf({ ...MARKET, problem }, { columns: 80, rows: 24 })[1]).to.equal(`! ${problem}`);
    const noBook = textOf(
      { ...MARKET, bookNote: "the book is behind (gap): reading it again" },
      { columns: 80, rows: 24 },
    );
    expect(noBook.slice(2, 5).map((line) => line.slice(0, 38).trim())).to.deep.equal([
      "book",
      "the book is behind (gap): reading it",
      "again",
    ]);
  });

  it("shows whole answers: long ones take several rows", () => {
    const answer = "REJ 205 INVALID_PRICE price 64000.001 is not a multiple of the tick 0.01";
    expect(textOf({ ...MARKET, messages: [answer] }, { columns: 40, rows: 24 }).slice(18, 21)).to.deep.equal([
      "REJ 205 INVALID_PRICE price 64000.001 is",
      "not a multiple of the tick 0.01",
      "",
    ]);
  });

  it("puts the tape below the book in a narrow terminal, and keeps the prompt in the smallest", () => {
    const narrow = textOf(MARKET, { columns: 44, rows: 20 });
    expect(narrow.findIndex((line) => line.startsWith("trades"))).to.be.above(
      narrow.indexOf("ask       64,000.00           0.5000"),
    );
    expect(textOf({ ...MARKET, account: ACCOUNT }, { columns: 20, rows: 2 })).to.deep.equal([
      "BTC-USD  open  last…",
      ">",
    ]);
  });

  for (const columns of [10, 40, 71, 72, 80, 132])
    for (const rows of [1, 2, 5, 12, 18, 24, 50])
      it(`fills ${columns} by ${rows} exactly, with the cursor in it`, () => {
        const typed = { text: "x".repeat(200), cursor: 200 };
        for (const account of [null, ACCOUNT]) {
          const { lines, cursor } = frameOf({ ...MARKET, account, typed }, { columns, rows });
          expect(lines).to.have.length(rows);
          for (const line of lines) expect(plainText(line)).to.have.length(columns);
          expect(cursor.row).to.equal(rows - 1);
          expect(cursor.column).to.be.within(0, columns - 1);
        }
      });

  it("has no colours without colours, and the same text with them", () => {
    const { lines } = frameOf({ ...MARKET, problem: "gone" }, { columns: 80, rows: 24 });
    const coloured = lines.map((line) => styledText(line, true)).join("\n");
    const mono = lines.map((line) => styledText(line, false)).join("\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    const sequence = /\x1b\[([\d;]*)m/g;
    const codes = (text: string) => new Set([...text.matchAll(sequence)].map(([, code]) => code));
    expect(codes(coloured)).to.include("31").and.to.include("32");
    expect([...codes(mono)].sort()).to.deep.equal(["0", "1", "7"]);
    expect(coloured.replace(sequence, "")).to.equal(mono.replace(sequence, ""));
  });
});
