import { expect } from "chai";
import fc from "fast-check";
import { type Balance, Funding, type OrderOnRecord } from "../../../src/order-processing/funding.js";
import { type Asset, parseAssets } from "../../../src/shared/domain/assets.js";
import { coverUnits } from "../../../src/shared/domain/funds.js";
import type { NewOrder, ReplaceOrder } from "../../../src/shared/domain/messages.js";
import {
  accountId,
  currencyUnits,
  lots,
  orderId,
  type PriceTicks,
  priceTicks,
} from "../../../src/shared/domain/units.js";
import { limitOrder, marketOrder } from "../../support/order-terms.js";

/** A tick of a lot is worth 10 units of USD, a lot 100 units of the base currency. */
const SIZES = { tickSize: "0.01", lotSize: "0.001" };
const REGISTRY = parseAssets({
  currencies: {
    USD: { decimals: 6, kind: "fiat" },
    ...Object.fromEntries(["BTC", "ETH", "KCN"].map((name) => [name, { decimals: 5, kind: "crypto" }])),
  },
  assets: [
    { asset: "BTC-USD", ...SIZES, makerFeeBps: 10, takerFeeBps: 20 },
    { asset: "ETH-USD", ...SIZES, makerFeeBps: 10, takerFeeBps: 20, priceCollarPercent: 10, referencePrice: "0.50" },
    { asset: "KCN-USD", ...SIZES, makerFeeBps: -5, takerFeeBps: 5 },
  ],
  openOrdersPerAccountMax: 3,
});
const asset = (name: string) => REGISTRY.assets.get(name) as Asset;
const BTC_USD = asset("BTC-USD");
const ETH_USD = asset("ETH-USD");
const KCN_USD = asset("KCN-USD");
const ANN = accountId(1);
const BOB = accountId(2);
const ORDER = orderId(256);

interface Record {
  readonly available?: number;
  readonly openOrders?: number;
  readonly lastPrice?: number | null;
  readonly order?: Partial<OrderOnRecord> | null;
}

/** Of ANN's: she has `available` of every currency. */
function fundingOf({ available = Number.MAX_SAFE_INTEGER, openOrders = 0, lastPrice = null, order }: Record): Funding {
  const balance: Balance = { availableUnits: BigInt(available), openOrders };
  const { feeRates } = BTC_USD;
  const usual = { accountId: ANN, side: "buy", quantityLots: 10, priceTicks: 100, filledLots: 0, feeRates } as const;
  return new Funding(REGISTRY, {
    balance: (account) => (account === ANN ? balance : undefined),
    order: (_, id) => (order && id === ORDER ? { ...usual, ...order } : undefined),
    lastPrice: () => lastPrice as PriceTicks | null,
  });
}

const place = (funding: Funding, order: NewOrder, of = BTC_USD, id = 300) =>
  funding.placeOrder(of, ANN, orderId(id), order);
const replace = (quantity: number, price: number): ReplaceOrder => ({
  kind: "replace",
  orderId: ORDER,
  quantityLots: lots(quantity),
  priceTicks: priceTicks(price),
  clientOrderId: null,
  cover: null,
});

describe("funding", () => {
  describe("holds for a new order, exactly", () => {
    const stop = { stopPriceTicks: priceTicks(100) };
    const budget = { quoteBudgetUnits: currencyUnits(1_000) };
    const cases: [string, number, NewOrder, Asset, Record?][] = [
      ["a limit buy: its worth and the highest fee", 7_000 + 14, limitOrder("buy", 7, 100), BTC_USD],
      ["a limit sell: what it sells", 700, limitOrder("sell", 7, 100), BTC_USD],
      ["an iceberg buy: all of it", 7_000 + 14, limitOrder("buy", 7, 100, { displayLots: lots(1) }), BTC_USD],
      ["an IOC buy", 7_000 + 14, limitOrder("buy", 7, 100, { timeInForce: "IOC" }), BTC_USD],
      ["a stop-limit buy", 7_000 + 14, limitOrder("buy", 7, 100, { type: "stop_limit", ...stop }), BTC_USD],
      ["a buy where makers are paid", 7_000 + 4, limitOrder("buy", 7, 100), KCN_USD],
      ["a market buy: twice the last price", 14_000 + 28, marketOrder("buy", 7), BTC_USD, { lastPrice: 100 }],
      ["a market buy within a collar", 7_700 + 16, marketOrder("buy", 7), ETH_USD, { lastPrice: 100 }],
      ["a market buy before the first trade: by the reference", 3_850 + 8, marketOrder("buy", 7), ETH_USD],
      [
        "a stop-market buy: twice its stop price",
        14_000 + 28,
        marketOrder("buy", 7, { type: "stop_market", ...stop }),
        BTC_USD,
      ],
      [
        "a stop-market buy within a collar",
        7_700 + 16,
        marketOrder("buy", 7, { type: "stop_market", ...stop }),
        ETH_USD,
      ],
      ["a market sell", 700, marketOrder("sell", 7), BTC_USD],
      ["a market sell within a collar", 700, marketOrder("sell", 7), ETH_USD],
      ["a stop-market sell", 700, marketOrder("sell", 7, { type: "stop_market", ...stop }), BTC_USD],
      ["a market buy by budget: the budget", 1_000, marketOrder("buy", null, budget), BTC_USD],
      ["a market buy by budget within a collar", 1_000, marketOrder("buy", null, budget), ETH_USD, { lastPrice: 100 }],
    ];
    for (const [title, units, order, of, record] of cases) {
      it(title, () => {
        const funded = place(fundingOf({ ...record, available: units }), order, of);
        const currency = order.side === "buy" ? of.quote : of.base;
        expect(funded).to.have.property("hold").that.deep.equals({ accountId: ANN, currency, units, openedOrders: 1 });
        expect(funded).to.have.nested.property("body.feeRates", of.feeRates);
      });

      it(`${title}: refused when one unit is missing`, () => {
        const shortfall = { neededUnits: units, availableUnits: units - 1 };
        const refused = place(fundingOf({ ...record, available: units - 1 }), order, of);
        expect(refused).to.deep.equal({ kind: "refused", reason: "insufficient_funds", shortfall });
      });
    }
  });

  describe("gives a market order its protective price", () => {
    const cases: [string, number | null | string, NewOrder, Asset, Record?][] = [
      ["a buy may go up to the collar, rounded down", 108, marketOrder("buy", 1), ETH_USD, { lastPrice: 99 }],
      ["a sell may go down to the collar, rounded up", 90, marketOrder("sell", 1), ETH_USD, { lastPrice: 99 }],
      ["a sell never goes below one tick", 1, marketOrder("sell", 1), ETH_USD, { lastPrice: 1 }],
      [
        "without a collar a sell goes as far as there are bids",
        null,
        marketOrder("sell", 1),
        BTC_USD,
        { lastPrice: 99 },
      ],
      [
        "without a collar a budget buys as far as there are asks",
        null,
        marketOrder("buy", null, { quoteBudgetUnits: currencyUnits(1) }),
        BTC_USD,
      ],
      ["without any reference a buy is refused", "no_reference_price", marketOrder("buy", 1), BTC_USD],
      [
        "what is beyond all prices is refused",
        "notional_limit",
        marketOrder("buy", 1),
        BTC_USD,
        { lastPrice: 2 ** 53 - 1 },
      ],
      ["a limit order keeps its own", 7, limitOrder("buy", 1, 7), ETH_USD, { lastPrice: 99 }],
    ];
    for (const [title, expected, order, of, record] of cases)
      it(title, () => {
        const funded = place(fundingOf(record ?? {}), order, of);
        expect(funded.kind === "refused" ? funded.reason : funded.body.priceTicks).to.equal(expected);
      });

    it("a sell within a collar needs a reference, a budget does not", () => {
      const withoutReference: Asset = { ...ETH_USD, referencePriceTicks: null };
      const budget = { quoteBudgetUnits: currencyUnits(1_000) };
      expect(place(fundingOf({}), marketOrder("sell", 1), withoutReference)).to.include({
        reason: "no_reference_price",
      });
      const funded = place(fundingOf({}), marketOrder("buy", null, budget), withoutReference);
      expect(funded).to.have.nested.property("body.priceTicks", null);
    });

    it("a budget is cut down to what fills may spend when the highest fee is added", () => {
      const funded = place(fundingOf({}), marketOrder("buy", null, { quoteBudgetUnits: currencyUnits(1_000) }));
      expect(funded).to.have.nested.property("body.quoteBudgetUnits", 998);
    });
  });

  describe("holds for a replace only what is more", () => {
    const buy = { side: "buy", quantityLots: 10, priceTicks: 100 } as const;
    const sell = { side: "sell", quantityLots: 10, priceTicks: 100 } as const;
    const cases: [string, number, Partial<OrderOnRecord>, ReplaceOrder][] = [
      ["a buy of more", 500, buy, replace(15, 100)],
      ["a buy of less", 0, buy, replace(5, 100)],
      ["a buy at a higher price", 100, buy, replace(10, 110)],
      ["a buy at a lower price", 0, buy, replace(10, 90)],
      ["a buy of less at a higher price that costs more", 80, buy, replace(9, 120)],
      ["a buy of more at a lower price that costs more", 200, buy, replace(20, 60)],
      ["a buy of more at a lower price that costs less", 0, buy, replace(11, 50)],
      ["a buy at a higher price, some of it filled", 60, { ...buy, filledLots: 4 }, replace(10, 110)],
      ["a buy of more at a lower price, some of it filled", 360, { ...buy, filledLots: 4 }, replace(20, 60)],
      ["a buy of no more than what is filled", 0, { ...buy, filledLots: 4 }, replace(4, 1_000)],
      ["a sell of more", 5, sell, replace(15, 100)],
      ["a sell of less", 0, sell, replace(5, 100)],
      ["a sell at another price", 0, sell, replace(10, 200)],
      ["a sell of more, some of it filled", 5, { ...sell, filledLots: 4 }, replace(15, 90)],
      ["a market order, which never rests", 0, { ...buy, priceTicks: null }, replace(15, 100)],
    ];
    for (const [title, cover, order, asked] of cases) {
      const units = coverUnits(BTC_USD, order.side ?? "buy", cover, BTC_USD.feeRates) ?? 0;
      const currency = order.side === "sell" ? "BTC" : "USD";
      it(title, () => {
        const funded = fundingOf({ available: units, order }).replaceOrder(BTC_USD, ANN, asked);
        const hold = units === 0 ? null : { accountId: ANN, currency, units, openedOrders: 0 };
        expect(funded).to.deep.equal({ kind: "funded", body: { ...asked, cover }, hold });
      });

      if (units > 0)
        it(`${title}: refused when one unit is missing`, () => {
          const refused = fundingOf({ available: units - 1, order }).replaceOrder(BTC_USD, ANN, asked);
          const shortfall = { neededUnits: units, availableUnits: units - 1 };
          expect(refused).to.deep.equal({ kind: "refused", reason: "insufficient_funds", shortfall });
        });
    }

    it("nothing for an order that is unknown, done or another's: the engine is going to refuse it", () => {
      for (const order of [null, { accountId: BOB }])
        expect(fundingOf({ order }).replaceOrder(BTC_USD, ANN, replace(15, 100))).to.deep.include({
          body: { ...replace(15, 100), cover: 0 },
          hold: null,
        });
    });

    it("nothing for an order that holds nothing, and does not limit it", () => {
      const funded = fundingOf({ order: { feeRates: null } }).replaceOrder(BTC_USD, ANN, replace(15, 100));
      expect(funded).to.deep.include({ body: { ...replace(15, 100), cover: null }, hold: null });
    });

    it("starting from the replace before it in the batch, or from the order that came in with it", () => {
      const funding = fundingOf({});
      funding.placeOrder(BTC_USD, ANN, ORDER, limitOrder("buy", 10, 100));
      const covers = [replace(12, 100), replace(12, 110), replace(1, 1), replace(2, 1)].map((asked) => {
        const funded = funding.replaceOrder(BTC_USD, ANN, asked);
        return funded.kind === "funded" ? funded.body.cover : funded.reason;
      });
      expect(covers).to.deep.equal([200, 120, 0, 1]);
    });

    it("and refuses what could not be counted", () => {
      const asked = replace(2 ** 40, 2 ** 40);
      expect(fundingOf({ order: {} }).replaceOrder(BTC_USD, ANN, asked)).to.include({ reason: "notional_limit" });
    });
  });

  it("refuses the second order of a batch when the first one took it all, and says what is left", () => {
    const funding = fundingOf({ available: 7_014 + 5 });
    expect(place(funding, limitOrder("buy", 7, 100))).to.include({ kind: "funded" });
    expect(place(funding, limitOrder("buy", 1, 1), ETH_USD)).to.deep.equal({
      kind: "refused",
      reason: "insufficient_funds",
      shortfall: { neededUnits: 11, availableUnits: 5 },
    });
  });

  it("lets a refused order take nothing", () => {
    const funding = fundingOf({ available: 7_014 });
    expect(place(funding, limitOrder("buy", 8, 100))).to.include({ kind: "refused" });
    expect(place(funding, limitOrder("buy", 7, 100))).to.include({ kind: "funded" });
  });

  it("refuses one open order too many, counting all assets that hold the same currency", () => {
    const funding = fundingOf({ openOrders: 1 });
    const placed = [BTC_USD, ETH_USD, KCN_USD].map((of) => place(funding, limitOrder("buy", 1, 1), of));
    expect(placed.map((funded) => (funded.kind === "refused" ? funded.reason : funded.kind))).to.deep.equal([
      "funded",
      "funded",
      "too_many_open_orders",
    ]);
    expect(place(funding, limitOrder("sell", 1, 1))).to.include({ kind: "funded" });
  });

  it("names the balances that its refusals rest on", () => {
    const funding = fundingOf({ available: 100 });
    place(funding, limitOrder("buy", 1, 1));
    expect(funding.short).to.deep.equal([]);
    place(funding, limitOrder("buy", 100, 100));
    expect(funding.short).to.deep.equal([{ accountId: ANN, currency: "USD" }]);
  });

  it("refuses an order that is worth more than can be counted", () => {
    expect(place(fundingOf({}), limitOrder("buy", 2 ** 40, 2 ** 40))).to.include({ reason: "notional_limit" });
    expect(place(fundingOf({}), limitOrder("sell", 2 ** 50, 1))).to.include({ reason: "notional_limit" });
  });

  it("holds nothing for what contradicts itself: the engine refuses it", () => {
    const contradictions = [
      limitOrder("buy", 1, 1, { priceTicks: null }),
      marketOrder("buy", 1, { type: "stop_market" }),
      marketOrder("sell", null, { quoteBudgetUnits: currencyUnits(5) }),
      marketOrder("buy", null),
      marketOrder("buy", 1, { quoteBudgetUnits: currencyUnits(5) }),
    ];
    for (const order of contradictions)
      expect(place(fundingOf({}), order)).to.deep.equal({ kind: "funded", body: order, hold: null });
  });

  it("never holds more than there is, whatever is asked for", () => {
    const request = fc.record({
      side: fc.constantFrom("buy" as const, "sell" as const),
      quantity: fc.nat(30),
      price: fc.integer({ min: 1, max: 30 }),
      id: fc.nat(9),
    });
    fc.assert(
      fc.property(
        fc.nat(5_000),
        fc.array(fc.tuple(request, fc.boolean()), { maxLength: 30 }),
        (available, requests) => {
          const funding = fundingOf({ available });
          const held: { [currency: string]: number } = { USD: 0, BTC: 0 };
          for (const [{ side, quantity, price, id }, isReplace] of requests) {
            const funded = isReplace
              ? funding.replaceOrder(BTC_USD, ANN, { ...replace(quantity, price), orderId: orderId(id + 1) })
              : place(funding, limitOrder(side, quantity, price), BTC_USD, id + 1);
            if (funded.kind === "refused" || funded.hold === null) continue;
            held[funded.hold.currency] = (held[funded.hold.currency] ?? 0) + funded.hold.units;
          }
          return Object.values(held).every((units) => units <= available);
        },
      ),
    );
  });
});
