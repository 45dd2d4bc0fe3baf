import { expect } from "chai";
import { assetOf } from "../../../../src/shared/subscriber/asset.js";
import { actionOf, HOTKEYS } from "../../../../web/state/hotkeys.js";
import { csvOf, ledgerLines } from "../../../../web/state/ledger-lines.js";
import { holdLines, worthOf } from "../../../../web/state/portfolio.js";
import { newAlarm, ringing } from "../../../../web/state/price-alarms.js";

const BTC = assetOf({ asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });

describe("the page's ledger", () => {
  const entry = (sequence: number, currency: string, amount: string, kind = "trade") => {
    const source = kind === "trade" ? "BTC-USD" : "transfers";
    return { atUs: 0, kind, source, sequence, currency, amount };
  };

  it("says what there was after each entry, counted back from what there is", () => {
    const now = [
      { currency: "USD", available: "67000.5", held: "1000" },
      { currency: "BTC", available: "0.5", held: "0" },
    ];
    const entries = [
      entry(2, "USD", "-32000.25"),
      entry(2, "BTC", "0.5"),
      entry(1, "USD", "100000.75", "deposit"),
      entry(1, "ETH", "1"),
    ];
    const lines = ledgerLines(entries, now).map(({ what, amount, balance }) => [what, amount, balance]);
    expect(lines).to.deep.equal([
      ["trade, BTC-USD", "-32,000.25", "68,000.5"],
      ["trade, BTC-USD", "+0.5", "0.5"],
      ["deposit", "+100,000.75", "100,000.75"],
      ["trade, BTC-USD", "+1", ""],
    ]);
  });

  it("becomes a file in which no text is a formula", () => {
    expect(
      csvOf(
        ["a", "b"],
        [
          ['say "x", y', "-1.5"],
          ["=1+1", "-x"],
        ],
      ),
    ).to.equal('a,b\r\n"say ""x"", y",-1.5\r\n\'=1+1,\'-x');
  });
});

describe("the page's sum of all money", () => {
  it("counts what is traded at its last price, by quote, and what has no price as itself", () => {
    const balances = [
      { currency: "BTC", available: "0.5", held: "0.5" },
      { currency: "USD", available: "100.119999", held: "0" },
      { currency: "KCN", available: "3", held: "0" },
      { currency: "EUR", available: "0", held: "0" },
    ];
    const prices = [
      { base: "BTC", quote: "USD", last: "64000.10" },
      { base: "KCN", quote: "EUR", last: "" },
    ];
    expect(worthOf(balances, prices)).to.deep.equal(["64,100.21 USD", "3 KCN"]);
  });

  it("says what each open order holds, as far as that follows from its terms", () => {
    const terms = {
      asset: "BTC-USD",
      makerFeeBps: 10,
      takerFeeBps: 20,
      priceCollarPercent: null,
      referencePrice: null,
    };
    const known = { asset: BTC, terms: { ...terms, quoteDecimals: 6, baseDecimals: 8 } };
    const order = {
      asset: "BTC-USD",
      orderId: 7,
      side: "buy",
      quantity: "1",
      leavesQuantity: "0.5",
      price: "64000",
      hops: null,
    };
    const holds = [
      { ...order, key: "1" },
      { ...order, key: "2", side: "sell" },
      { ...order, key: "3", price: undefined as never },
      { ...order, key: "4", asset: "ETH-USD" },
    ];
    const lines = holdLines(holds, (name) => (name === "BTC-USD" ? known : null));
    expect(lines.map(({ key, holds }) => [key, holds])).to.deep.equal([
      ["1", "32,064 USD"],
      ["2", "0.5 BTC"],
      ["3", ""],
    ]);
  });
});

describe("the page's alarms", () => {
  it("ring once the price is there, from the side on which they were set", () => {
    const above = newAlarm(1, BTC, 6_500_000, 6_400_000);
    const below = newAlarm(2, BTC, 6_300_000, 6_400_000);
    expect([above.rings, below.rings, above.price]).to.deep.equal(["at or above", "at or below", "65000.00"]);
    const rungAt = (ticks: number, asset = "BTC-USD") => ringing([above, below], asset, ticks).rung.map(({ id }) => id);
    expect([rungAt(6_499_999), rungAt(6_500_000), rungAt(6_300_000), rungAt(9_000_000, "ETH-USD")]).to.deep.equal([
      [],
      [1],
      [2],
      [],
    ]);
    expect(ringing([above, below], "BTC-USD", 6_500_001).waiting).to.deep.equal([below]);
  });
});

describe("the page's hotkeys", () => {
  const pressed = { key: "b", ctrlKey: false, altKey: false, metaKey: false, isWriting: false };

  it("act while nobody writes, and leave the browser's own alone", () => {
    expect(actionOf(pressed)).to.equal("buy");
    expect(actionOf({ ...pressed, key: "S" })).to.equal("sell");
    expect(actionOf({ ...pressed, key: "x" })).to.equal(null);
    for (const change of [{ isWriting: true }, { ctrlKey: true }, { altKey: true }, { metaKey: true }])
      expect(actionOf({ ...pressed, ...change })).to.equal(null);
  });

  it("are each a key of their own", () => {
    expect(new Set(HOTKEYS.map(({ key }) => key)).size).to.equal(HOTKEYS.length);
  });
});
