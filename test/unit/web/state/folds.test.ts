import { expect } from "chai";
import { assetOf, priceText, quantityText, shortQuantityText, stepsOf } from "../../../../web/state/asset.js";
import { Balances } from "../../../../web/state/balances.js";
import { BookSide } from "../../../../web/state/book-side.js";
import { depthCurve } from "../../../../web/state/depth-curve.js";
import { arrowOf, changeText, durationText, timeText, withThousands } from "../../../../web/state/formats.js";
import { groupingSteps, groupRows } from "../../../../web/state/grouping.js";
import { hopsText } from "../../../../web/state/hops.js";
import { Liveness } from "../../../../web/state/liveness.js";
import { Tape } from "../../../../web/state/tape.js";

const sideOf = (kind: "bids" | "asks", levels: readonly (readonly [number, number])[]) => {
  const side = new BookSide(kind);
  for (const [price, quantity] of levels) side.set(price, quantity);
  return side;
};

describe("the page's numbers", () => {
  const asset = assetOf({ asset: "X-Y", base: "X", quote: "Y", tickSize: "0.05", lotSize: "0.001" });

  it("are whole steps of the asset, and the same text again", () => {
    expect(stepsOf("64000.10", asset.tick)).to.equal(1280002);
    expect(priceText(asset, 1280002)).to.equal("64000.10");
    expect([quantityText(asset, 500), shortQuantityText(asset, 500)]).to.deep.equal(["0.500", "0.5"]);
    expect([stepsOf("0", asset.lot), stepsOf("0.00", asset.lot)]).to.deep.equal([0, 0]);
    expect(() => stepsOf("0.01", asset.tick)).to.throw(RangeError, "off step");
  });

  it("are cut into threes, changes have a sign and an arrow, durations a unit", () => {
    expect(["1234567.5", "999", "-1000.00"].map(withThousands)).to.deep.equal(["1,234,567.5", "999", "-1,000.00"]);
    expect([changeText(100, 101.25), changeText(100, 99), changeText(100, 100), changeText(0, 1)]).to.deep.equal([
      "+1.25 %",
      "−1.00 %",
      "±0.00 %",
      "",
    ]);
    expect([2, -1, 0].map(arrowOf)).to.deep.equal(["▲", "▼", "■"]);
    expect([850, 2_100, 250_000, 1_500_000].map(durationText)).to.deep.equal(["850 µs", "2.1 ms", "250 ms", "1.50 s"]);
    expect(timeText(0)).to.match(/^\d\d:\d\d:00$/);
  });

  it("say how long an order took as far as that is known", () => {
    const hops = { receivedAtUs: 1_000, matchedAtUs: 3_100, toldAtUs: 4_000 };
    expect(hopsText(hops)).to.equal("2.1 ms to match + 900 µs to here = 3.0 ms");
    expect(hopsText({ ...hops, toldAtUs: null })).to.equal("2.1 ms to match");
    expect(hopsText({ ...hops, toldAtUs: 3_000 })).to.equal("2.1 ms to match, this clock is behind");
    expect(hopsText(null)).to.equal("");
  });
});

describe("the page's grouping", () => {
  const bids = sideOf("bids", [
    [104, 1],
    [103, 2],
    [99, 4],
    [95, 8],
  ]);

  it("sums what rests in each step, at the step's worse end, with totals from the best one on", () => {
    expect(groupRows(bids, "bids", 5, 10)).to.deep.equal([
      { priceTicks: 100, quantityLots: 3, totalLots: 3 },
      { priceTicks: 95, quantityLots: 12, totalLots: 15 },
    ]);
    const asks = sideOf("asks", [
      [101, 1],
      [105, 2],
      [106, 4],
    ]);
    expect(groupRows(asks, "asks", 5, 10).map(({ priceTicks, totalLots }) => [priceTicks, totalLots])).to.deep.equal([
      [105, 3],
      [110, 7],
    ]);
    expect(groupRows(bids, "bids", 1, 2).map(({ priceTicks }) => priceTicks)).to.deep.equal([104, 103]);
  });

  it("offers steps up to a hundredth of the price", () => {
    expect(groupingSteps(6_400_000)).to.deep.equal([1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000]);
    expect(groupingSteps(10)).to.deep.equal([1]);
  });
});

describe("the page's depth curve", () => {
  it("sums outwards from the best levels, within the part of the price that is shown", () => {
    const curve = depthCurve(
      sideOf("bids", [
        [990, 1],
        [900, 2],
        [400, 9],
      ]),
      sideOf("asks", [[1010, 3]]),
      0.2,
    );
    expect(curve).to.deep.equal({
      lowTicks: 800,
      highTicks: 1200,
      topLots: 3,
      bids: [
        { priceTicks: 990, totalLots: 1 },
        { priceTicks: 900, totalLots: 3 },
      ],
      asks: [{ priceTicks: 1010, totalLots: 3 }],
    });
  });

  it("is none where a side is empty", () => {
    expect(depthCurve(sideOf("bids", []), sideOf("asks", [[1, 1]]), 0.1)).to.equal(null);
  });
});

describe("the page's tape", () => {
  const trade = (tradeId: number) => ({
    tradeId,
    price: "1",
    quantity: "1",
    takerSide: "buy" as const,
    executedAtUs: 0,
  });

  it("has the newest first, each once, and says when some are missing", () => {
    const tape = new Tape(3);
    expect(tape.take([1, 2, 3, 4].map(trade))).to.equal(true);
    expect(tape.take([3, 4, 5].map(trade))).to.equal(true);
    expect([0, 1, 2, 3].map((place) => tape.at(place)?.tradeId)).to.deep.equal([5, 4, 3, undefined]);
    expect(tape.take([trade(7)])).to.equal(false);
    expect(new Tape(3).at(0)).to.equal(undefined);
  });
});

describe("the page's balances", () => {
  it("are those of the answer, changed by each event, by name", () => {
    const balances = new Balances();
    balances.begin([{ currency: "USD", available: "1", held: "0" }]);
    balances.take({ currency: "BTC", available: "2", held: "0" });
    balances.take({ currency: "USD", available: "0.5", held: "0.5" });
    expect(balances.all.map(({ currency, available }) => [currency, available])).to.deep.equal([
      ["BTC", "2"],
      ["USD", "0.5"],
    ]);
  });
});

describe("the page's liveness", () => {
  const looks = (liveness: Liveness, fromMs: number, toMs: number) => {
    let last = liveness.look(fromMs);
    for (let nowMs = fromMs + 250; nowMs <= toMs; nowMs += 250) last = liveness.look(nowMs);
    return last.health;
  };

  it("connects first, and is gone when the connection is", () => {
    const liveness = new Liveness();
    expect(liveness.look(0).health).to.equal("connecting");
    liveness.connected(100);
    expect(liveness.look(200)).to.deep.equal({ health: "live", ask: false });
    liveness.disconnected();
    expect(liveness.look(300).health).to.equal("gone");
    liveness.connected(400);
    expect(liveness.look(500).health).to.equal("live");
  });

  it("asks once in each second of silence, and is stale before three are over", () => {
    const liveness = new Liveness();
    liveness.connected(0);
    const asks = [0, 250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000].filter((nowMs) => liveness.look(nowMs).ask);
    expect(asks).to.deep.equal([1_000, 2_000]);
    expect(looks(liveness, 2_250, 2_750)).to.equal("stale");
    liveness.heard(2_800);
    expect(looks(liveness, 2_800, 3_000)).to.equal("live");
  });

  it("does not take its own sleep for the server's silence", () => {
    const liveness = new Liveness();
    liveness.connected(0);
    expect(liveness.look(250).health).to.equal("live");
    expect(liveness.look(60_000)).to.deep.equal({ health: "live", ask: true });
    expect(looks(liveness, 60_250, 62_250)).to.equal("stale", "asked, and not answered");
  });
});
