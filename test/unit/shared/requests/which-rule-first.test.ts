import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import protobuf from "protobufjs";
import { parseAssets } from "../../../../src/shared/domain/assets.js";
import { isRefusal, REJECTS } from "../../../../src/shared/domain/rejects.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import { decodeClientMessage } from "../../../../src/shared/requests/order-entry-codec.js";
import { parseRequestLine, wordsOf } from "../../../../src/shared/requests/request-line.js";

const registry = parseAssets({
  currencies: { BTC: { decimals: 8, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [
    {
      asset: "BTC-USD",
      tickSize: "0.01",
      lotSize: "0.0001",
      maxQuantity: "100",
      maxNotional: "1000",
      priceCollarPercent: 10,
      referencePrice: "60000",
    },
  ],
});
const rules = {
  registry,
  nowMs: () => Date.parse("2026-01-01T00:00:00Z"),
  lastPriceTicks: () => null,
  extraOptions: new Set<string>(),
};

/** What a request says, wrong in everything, and how one rule after the other is kept: its refusal, and what mends it. */
interface Ladder<Terms> {
  readonly start: Terms;
  readonly rungs: readonly (readonly [refusal: string, mend: Partial<Terms>])[];
}

const TEXT: Ladder<Record<string, string>> = {
  start: {
    asset: "XRP-USD",
    quantity: "x",
    price: "y",
    surplus: "z",
    foo: "1",
    id: ".",
    stp: "all",
    post: "2",
    tif: "SOON",
    expires: "yesterday",
    quote: "x",
    min: "x",
    display: "x",
    stop: "x",
  },
  rungs: [
    ["207 option foo is not known", { foo: "" }],
    ["202 asset XRP-USD is not traded", { asset: "BTC-USD" }],
    ["207 z is one word too many", { surplus: "" }],
    ["204 quantity x is not a decimal", { quantity: "200" }],
    ["205 price y is not a decimal", { price: "70000" }],
    ["205 stop price x is not a decimal", { stop: "71000" }],
    ["204 display quantity x is not a decimal", { display: "300" }],
    ["204 minimum quantity x is not a decimal", { min: "300" }],
    ["204 quote amount x is not a decimal", { quote: "5" }],
    ["209 expiry yesterday is not an RFC 3339 time", { expires: "2020-01-01T00:00:00Z" }],
    ["207 tif SOON is not one of", { tif: "FOK" }],
    ["207 post 2 is not one of", { post: "1" }],
    ["207 stp all is not one of", { stp: "none" }],
    ["206 client order id . is not", { id: "a" }],
    ["207 post-only is for orders that rest", { post: "", tif: "GTD", display: "", min: "", quote: "", stp: "" }],
    ["209 expiry 2020-01-01T00:00:00.000Z is not in the future", { expires: "2027-01-01T00:00:00Z" }],
    ["204 quantity 200 is above 100", { quantity: "1" }],
    ["205 price 70000.00 is not in", { price: "61000" }],
    ["205 stop price 71000.00 is not in", { stop: "61000" }],
    ["208 1 at 61000.00 is above 1000", { quantity: "0.01" }],
  ],
};

const TOO_LARGE = 2 ** 53;
const BINARY: Ladder<Record<string, string | number | boolean>> = {
  start: {
    asset: "XRP-USD",
    side: 9,
    type: 9,
    timeInForce: 9,
    selfTradePrevention: 9,
    quantityLots: TOO_LARGE,
    displayQuantityLots: TOO_LARGE,
    minimumQuantityLots: TOO_LARGE,
    quoteBudget: TOO_LARGE,
    priceTicks: TOO_LARGE,
    stopPriceTicks: TOO_LARGE,
    expiresAtMs: TOO_LARGE,
    clientOrderId: ".",
    postOnly: true,
  },
  rungs: [
    ["202 asset XRP-USD is not traded", { asset: "BTC-USD" }],
    ["203 side 9", { side: 1 }],
    ["207 order type 9", { type: 3 }],
    ["207 time in force 9", { timeInForce: 3 }],
    ["207 self-trade prevention 9", { selfTradePrevention: 0 }],
    ["204 quantity_lots is above", { quantityLots: 0 }],
    ["204 display_quantity_lots is above", { displayQuantityLots: 3_000_000 }],
    ["204 minimum_quantity_lots is above", { minimumQuantityLots: 3_000_000 }],
    ["204 quote_budget is above", { quoteBudget: 0 }],
    ["205 price_ticks is above", { priceTicks: 0 }],
    ["205 stop_price_ticks is above", { stopPriceTicks: 0 }],
    ["209 expires_at_ms is above", { expiresAtMs: 1 }],
    ["206 client order id . is not", { clientOrderId: "a" }],
    ["204 the quantity is missing", { quantityLots: 2_000_000 }],
    ["205 the price is missing", { priceTicks: 7_000_000 }],
    ["205 the stop price is missing", { stopPriceTicks: 7_100_000 }],
    [
      "207 post-only is for orders that rest",
      { postOnly: false, timeInForce: 4, displayQuantityLots: 0, minimumQuantityLots: 0 },
    ],
    ["209 expiry 1970-01-01T00:00:00.001Z is not in the future", { expiresAtMs: Date.parse("2027-01-01T00:00:00Z") }],
    ["204 quantity 200 is above 100", { quantityLots: 10_000 }],
    ["205 price 70000.00 is not in", { priceTicks: 6_100_000 }],
    ["205 stop price 71000.00 is not in", { stopPriceTicks: 6_100_000 }],
    ["208 1 at 61000.00 is above 1000", { quantityLots: 100 }],
  ],
};

function lineOf({ asset, quantity, price, surplus, ...options }: Record<string, string>): string {
  const given = Object.entries(options).flatMap(([name, value]) => (value === "" ? [] : [`${name}=${value}`]));
  return ["BUY", asset, quantity, price, surplus, ...given].join(" ");
}

/** The schema as clients read it: our own encoder refuses what no order can have. */
const MESSAGE = protobuf
  .loadSync(join(projectRoot, "protocol", "order-entry.proto"))
  .lookupType("bourse.v1.ClientMessage");

const answerTo = {
  text: (terms: Record<string, string>) => parseRequestLine(wordsOf(lineOf(terms)), rules),
  binary: (newOrder: object) => decodeClientMessage(MESSAGE.encode({ requestId: 1, newOrder }).finish(), rules).request,
};

/** What is answered to each rung's terms, the last mended last. */
function climb<Terms extends object>(ladder: Ladder<Terms>, answer: (terms: Terms) => object): string[] {
  let terms = ladder.start;
  const textOf = () => {
    const answered = answer(terms);
    return isRefusal(answered) ? `${REJECTS[answered.name].code} ${answered.text}` : "taken";
  };
  return [
    ...ladder.rungs.map(([, mend]) => {
      const text = textOf();
      terms = { ...terms, ...mend };
      return text;
    }),
    textOf(),
  ];
}

/** The codes of docs/protocol.md, Which rule comes first, up to what is decided by the moment. */
function codesOfThePage(dialect: "text" | "binary"): string[] {
  const page = readFileSync(join(projectRoot, "docs", "protocol.md"), "utf8");
  const [, section = ""] = page.split("**Which rule comes first.**");
  const [, words = "", values = "", together = ""] = section.split(/^\d\. /m);
  const ofDialect = (step: string) => step.split(/^ +- /m).find((part) => part.startsWith(`${dialect}:`)) ?? "";
  return [words, values, together].flatMap((step) =>
    [...ofDialect(step).matchAll(/\((\d{3})\)/g)].map(([, code]) => code as string),
  );
}

describe("an order that breaks several rules", () => {
  for (const [dialect, ladder, answer] of [
    ["text", TEXT, answerTo.text],
    ["binary", BINARY, answerTo.binary],
  ] as const) {
    const expected = ladder.rungs.map(([refusal]) => refusal);

    it(`is refused by the first of them, in ${dialect}`, () => {
      const answers = climb<never>(ladder as never, answer as never);
      expect(answers.map((text, at) => text.slice(0, expected[at]?.length))).to.deep.equal([...expected, "taken"]);
    });

    it(`finds that order on the page, in ${dialect}`, () => {
      expect(codesOfThePage(dialect)).to.deep.equal(expected.map((refusal) => refusal.slice(0, 3)));
    });
  }
});
