import { expect } from "chai";
import { parseAssets } from "../../../../src/shared/domain/assets.js";
import { isRefusal, REJECTS } from "../../../../src/shared/domain/rejects.js";
import { parseRequestLine, type RequestLineRules, wordsOf } from "../../../../src/shared/requests/request-line.js";
import { parseTime } from "../../../../src/shared/requests/value-reader.js";
import { limitOrder } from "../../../support/order-terms.js";

const registry = parseAssets({
  currencies: { BTC: { decimals: 8, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [
    { asset: "BTC-USD", tickSize: "0.01", lotSize: "0.0001", maxNotional: "10000000" },
    { asset: "USD-BTC", tickSize: "0.0001", lotSize: "0.0001", allowSelfTrade: true },
  ],
});
const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const rules: RequestLineRules = {
  registry,
  nowMs: () => NOW_MS,
  lastPriceTicks: () => null,
  extraOptions: new Set(),
};

const read = (line: string) => parseRequestLine(wordsOf(line), rules);

function bodyOf(line: string): object {
  const request = read(line);
  if (isRefusal(request)) throw new Error(`refused: ${request.text}`);
  return request.body;
}

function refusalOf(line: string): string {
  const refusal = read(line);
  return isRefusal(refusal) ? `${REJECTS[refusal.name].code} ${refusal.text}` : "not refused";
}

const LIMIT_ORDER = limitOrder("buy", 5_000, 6_400_010);
const MARKET_ORDER = { ...LIMIT_ORDER, type: "market", timeInForce: "IOC", priceTicks: null };

describe("request line", () => {
  describe("reads orders", () => {
    const orders: [string, object][] = [
      ["BUY BTC-USD 0.5 64000.10", LIMIT_ORDER],
      ["buy  BTC-USD 0.50 64000.1 ", LIMIT_ORDER],
      ["SELL BTC-USD 0.5 64000.1 id=a_B-9", { ...LIMIT_ORDER, side: "sell", clientOrderId: "a_B-9" }],
      ["BUY BTC-USD 0.5 64000.1 id=__proto__", { ...LIMIT_ORDER, clientOrderId: "__proto__" }],
      ["BUY BTC-USD 0.5 64000.1 TIF=ioc", { ...LIMIT_ORDER, timeInForce: "IOC" }],
      ["BUY BTC-USD 0.5 64000.1 post=1", { ...LIMIT_ORDER, postOnly: true }],
      ["BUY BTC-USD 0.5 64000.1 post=0", LIMIT_ORDER],
      ["BUY BTC-USD 0.5 64000.1 display=0.1 min=0.2", { ...LIMIT_ORDER, displayLots: 1_000, minimumLots: 2_000 }],
      ["BUY BTC-USD 0.5 64000.1 stp=Both", { ...LIMIT_ORDER, selfTradePrevention: "cancel_both" }],
      ["BUY BTC-USD 0.5 64000.1 stop=65000", { ...LIMIT_ORDER, type: "stop_limit", stopPriceTicks: 6_500_000 }],
      ["BUY BTC-USD 0.5 MKT", MARKET_ORDER],
      ["BUY BTC-USD 0.5 mkt tif=FOK", { ...MARKET_ORDER, timeInForce: "FOK" }],
      [
        "BUY BTC-USD 0.5 MKT stop=65000",
        { ...MARKET_ORDER, type: "stop_market", timeInForce: "GTC", stopPriceTicks: 6_500_000 },
      ],
      ["BUY BTC-USD - MKT quote=100.5", { ...MARKET_ORDER, quantityLots: null, quoteBudgetUnits: 100_500_000 }],
    ];
    for (const [line, order] of orders) it(line, () => expect(bodyOf(line)).to.deep.equal(order));

    it("takes an expiry", () => {
      const order = bodyOf("BUY BTC-USD 0.5 64000.1 tif=GTD expires=2026-01-01T00:00:01Z");
      expect(order).to.deep.equal({ ...LIMIT_ORDER, timeInForce: "GTD", expiresAtMs: NOW_MS + 1_000 });
    });

    it("allows trades with oneself where the asset does", () => {
      expect(bodyOf("BUY USD-BTC 1 1 stp=none")).to.include({ selfTradePrevention: "none" });
    });
  });

  describe("reads everything else", () => {
    const requests: [string, object][] = [
      ["CANCEL BTC-USD 256", { kind: "cancel", orderId: 256, clientOrderId: null }],
      ["cancel BTC-USD ID=abc", { kind: "cancel", orderId: null, clientOrderId: "abc" }],
      [
        "REPLACE BTC-USD 256 0.5 64000.1",
        { kind: "replace", orderId: 256, quantityLots: 5_000, priceTicks: 6_400_010, clientOrderId: null, cover: null },
      ],
      [
        "REPLACE BTC-USD 256 0.5 64000.1 id=b",
        { kind: "replace", orderId: 256, quantityLots: 5_000, priceTicks: 6_400_010, clientOrderId: "b", cover: null },
      ],
      ["CANCELALL BTC-USD", { kind: "cancel_all", side: null }],
      ["CANCELALL BTC-USD sell", { kind: "cancel_all", side: "sell" }],
    ];
    for (const [line, request] of requests) it(line, () => expect(bodyOf(line)).to.deep.equal(request));
  });

  describe("refuses numbers", () => {
    const notDecimal = "is not a decimal number such as 12.5 (digits and one dot, no leading 0)";
    const numbers: [string, string][] = [
      ["0", "is not above zero"],
      ["0.0", "is not above zero"],
      ["-1", "is not above zero"],
      ["NaN", notDecimal],
      ["Infinity", notDecimal],
      ["1e308", notDecimal],
      ["1e-9", notDecimal],
      ["007", notDecimal],
      ["+1", notDecimal],
      ["0x10", notDecimal],
      ["1,5", notDecimal],
      [".5", notDecimal],
      ["5.", notDecimal],
      ["1.2.3", notDecimal],
    ];
    for (const [text, problem] of numbers) {
      it(text, () => {
        expect(refusalOf(`BUY BTC-USD ${text} 64000`)).to.equal(`204 quantity ${text} ${problem}`);
        expect(refusalOf(`BUY BTC-USD 1 ${text}`)).to.equal(`205 price ${text} ${problem}`);
        expect(refusalOf(`REPLACE BTC-USD 256 ${text} 1`)).to.equal(`204 quantity ${text} ${problem}`);
        expect(refusalOf(`BUY BTC-USD 1 1 stop=${text}`)).to.equal(`205 stop price ${text} ${problem}`);
        expect(refusalOf(`BUY BTC-USD 1 1 display=${text}`)).to.equal(`204 display quantity ${text} ${problem}`);
        expect(refusalOf(`BUY BTC-USD 1 1 min=${text}`)).to.equal(`204 minimum quantity ${text} ${problem}`);
        expect(refusalOf(`BUY BTC-USD - MKT quote=${text}`)).to.equal(`204 quote amount ${text} ${problem}`);
      });
    }

    for (const text of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n].map(String))
      it(text, () => {
        expect(refusalOf(`BUY BTC-USD ${text} 1`)).to.equal(
          `204 quantity ${text} is above the largest possible, 900719925474.0991`,
        );
        expect(refusalOf(`BUY BTC-USD 1 ${text}`)).to.equal(
          `205 price ${text} is above the largest possible, 90071992547409.91`,
        );
      });

    const others: [string, string][] = [
      ["BUY BTC-USD 1 64000.001", "205 price 64000.001 is not a multiple of the tick 0.01"],
      ["BUY BTC-USD 0.00001 64000", "204 quantity 0.00001 is not a multiple of the lot 0.0001"],
      ["BUY BTC-USD - MKT quote=0.0000001", "204 quote amount 0.0000001 is not a multiple of 0.000001 USD"],
      ["BUY BTC-USD", "204 the quantity is missing; it must be above zero"],
      ["BUY BTC-USD 1", "205 the price is missing; it must be above zero"],
      ["BUY BTC-USD 1 tif=IOC", "205 the price is missing; it must be above zero"],
      [
        "BUY BTC-USD 1000 64000",
        "208 1000 at 64000.00 is above 10000000 USD, the most that one order in BTC-USD may be worth",
      ],
      [
        "REPLACE BTC-USD 1 1000 64000",
        "208 1000 at 64000.00 is above 10000000 USD, the most that one order in BTC-USD may be worth",
      ],
      [
        "BUY BTC-USD 900719925474 90071992547409",
        "208 900719925474 at 90071992547409.00 is above 10000000 USD, the most that one order in BTC-USD may be worth",
      ],
      [
        "BUY BTC-USD - MKT quote=10000001",
        "208 the quote amount is above 10000000 USD, the most that one order in BTC-USD may be worth",
      ],
    ];
    for (const [line, refusal] of others) it(line, () => expect(refusalOf(line)).to.equal(refusal));
  });

  describe("refuses combinations", () => {
    const combinations: [string, string][] = [
      ["BUY BTC-USD 1 1 post=1 tif=IOC", "207 post-only is for orders that rest: a limit order with GTC or GTD"],
      ["BUY BTC-USD 1 1 post=1 tif=FOK", "207 post-only is for orders that rest: a limit order with GTC or GTD"],
      ["BUY BTC-USD 1 MKT post=1", "207 post-only is for orders that rest: a limit order with GTC or GTD"],
      ["BUY BTC-USD 1 1 post=1 min=1", "207 post-only never trades at once, a minimum quantity must; use one of them"],
      ["BUY BTC-USD 1 1 display=2", "207 the display quantity 2 is above the quantity 1"],
      ["BUY BTC-USD 1 1 min=1.5", "207 the minimum quantity 1.5 is above the quantity 1"],
      ["BUY BTC-USD 1000 1 display=0.9999", "207 the display quantity makes more than 1000 slices; show at least 1"],
      ["BUY BTC-USD 1 MKT display=1", "207 a market order has no display quantity"],
      ["BUY BTC-USD 1 MKT tif=GTC", "207 a market order cannot rest in the book; its time in force is IOC or FOK"],
      ["SELL BTC-USD - MKT quote=1", "207 a quote amount is for market buys; give a quantity instead"],
      ["BUY BTC-USD - 1 quote=1", "207 a quote amount is for market buys; give a quantity instead"],
      ["BUY BTC-USD - MKT quote=1 stop=1", "207 a quote amount is for market buys; give a quantity instead"],
      ["BUY BTC-USD 1 MKT quote=1", "207 give a quantity or a quote amount, not both"],
      ["BUY BTC-USD - MKT quote=1 tif=FOK", "207 a market buy by quote amount is IOC and takes no minimum quantity"],
      ["BUY BTC-USD 1 1 stp=none", "207 BTC-USD allows no self-trades; use newest, oldest, both or decrement"],
      ["BUY BTC-USD 1 1 expires=2027-01-01T00:00:00Z", "207 an expiry needs the time in force GTD"],
      ["CANCEL BTC-USD 1 id=a", "207 name the order by its order id or by its client order id, not by both"],
    ];
    for (const [line, refusal] of combinations) it(line, () => expect(refusalOf(line)).to.equal(refusal));

    it("an expiry that is not in the future", () => {
      const line = "BUY BTC-USD 1 1 tif=GTD expires=2026-01-01T00:00:00Z";
      expect(refusalOf(line)).to.equal("209 expiry 2026-01-01T00:00:00.000Z is not in the future");
      expect(refusalOf("BUY BTC-USD 1 1 tif=GTD")).to.equal("209 GTD needs an expiry");
    });
  });

  describe("refuses words", () => {
    const idProblem = 'is not 1 to 36 letters, digits, "_" or "-"';
    const words: [string, string][] = [
      ["NONSENSE", "201 command NONSENSE is not known; HELP lists the commands"],
      ["constructor", "201 command constructor is not known; HELP lists the commands"],
      ["BUY nothing 1 1", "202 asset nothing is not traded here; traded are BTC-USD, USD-BTC"],
      ["BUY btc-usd 1 1", "202 asset btc-usd is not traded here; traded are BTC-USD, USD-BTC"],
      ["BUY * 1 1", "202 asset * is not traded here; traded are BTC-USD, USD-BTC"],
      ["CANCELALL >", "202 asset > is not traded here; traded are BTC-USD, USD-BTC"],
      ["BUY a.b 1 1", "202 asset a.b is not traded here; traded are BTC-USD, USD-BTC"],
      ["BUY __proto__ 1 1", "202 asset __proto__ is not traded here; traded are BTC-USD, USD-BTC"],
      ["CANCELALL BTC-USD UP", "203 side UP is not BUY or SELL; leave it out for both"],
      ["BUY BTC-USD 1 1 id=", `206 client order id (empty) ${idProblem}`],
      ["BUY BTC-USD 1 1 id=';DROP", `206 client order id ';DROP ${idProblem}`],
      [`BUY BTC-USD 1 1 id=${"x".repeat(37)}`, `206 client order id ${"x".repeat(37)} ${idProblem}`],
      [`BUY BTC-USD 1 1 id=${"x".repeat(99)}`, `206 client order id ${"x".repeat(45)}... ${idProblem}`],
      ["CANCEL BTC-USD", "206 an order id, the whole number of its ACK, or a client order id is needed"],
      ["CANCEL BTC-USD -1", "206 an order id, the whole number of its ACK, or a client order id is needed"],
      [
        "CANCEL BTC-USD 9007199254740992",
        "206 an order id, the whole number of its ACK, or a client order id is needed",
      ],
      ["BUY BTC-USD 1 1 tif=DAY", "207 tif DAY is not one of gtc, ioc, fok, gtd"],
      ["BUY BTC-USD 1 1 stp=no", "207 stp no is not one of newest, oldest, both, decrement, none"],
      ["BUY BTC-USD 1 1 post=yes", "207 post yes is not one of 0, 1"],
      ["BUY BTC-USD 1 1 id=a ID=b", "207 option id is given twice"],
      [
        "CANCEL BTC-USD 1 2",
        "207 2 is one word too many; CANCEL <asset> <order-id>, or CANCEL <asset> id=<client order id>",
      ],
      [
        "BUY BTC-USD 1 1 expires=tomorrow tif=GTD",
        "209 expiry tomorrow is not an RFC 3339 time such as 2026-01-31T12:00:00Z",
      ],
    ];
    for (const [line, refusal] of words) it(line, () => expect(refusalOf(line)).to.equal(refusal));

    it("an option that is not known, with those that are", () => {
      const usage = "CANCELALL <asset> [BUY|SELL]";
      expect(refusalOf("CANCELALL BTC-USD color=red")).to.equal(`207 option color is not known; ${usage}`);
      expect(refusalOf("BUY BTC-USD 1 1 __proto__=1")).to.match(/^207 option __proto__ is not known; BUY /);
    });
  });

  it("hands on the options that only its caller knows", () => {
    const request = parseRequestLine(wordsOf("CANCEL BTC-USD 1 account=me"), {
      ...rules,
      extraOptions: new Set(["account"]),
    });
    expect(isRefusal(request) ? null : request.extras.get("account")).to.equal("me");
  });

  it("finds no words in an empty line and in a comment", () => {
    expect(["", "   ", "# BUY", "  #x"].map(wordsOf)).to.deep.equal([[], [], [], []]);
  });

  it("reads RFC 3339 times, and no other", () => {
    expect(parseTime("2026-01-01T01:00:00.25+01:00")).to.equal(NOW_MS + 250);
    for (const text of ["2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "1969-12-31T00:00:00Z", "0"])
      expect(parseTime(text), text).to.have.property("name", "INVALID_EXPIRY");
  });
});
