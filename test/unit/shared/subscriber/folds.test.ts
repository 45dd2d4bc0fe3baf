import { expect } from "chai";
import { Balances } from "../../../../src/shared/subscriber/balances.js";
import { Liveness } from "../../../../src/shared/subscriber/liveness.js";
import { Tape } from "../../../../src/shared/subscriber/tape.js";

describe("a subscriber's tape", () => {
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

describe("a subscriber's balances", () => {
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

describe("a subscriber's liveness", () => {
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
    liveness.connecting();
    expect(liveness.look(600).health).to.equal("connecting");
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
