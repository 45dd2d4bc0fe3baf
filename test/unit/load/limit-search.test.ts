import { expect } from "chai";
import { findLimit, type Probe } from "../../../tools/load/limit-search.js";
import { randomOf } from "../../../tools/load/order-flow.js";

describe("the search of the highest rate", () => {
  async function search(isMetAt: (rate: number) => boolean, startPerSecond = 1_000) {
    const probes: Probe[] = [];
    const limit = await findLimit({
      startPerSecond,
      maxPerSecond: 100_000,
      isMetAt: async (rate) => isMetAt(rate),
      onProbe: (probe) => probes.push(probe),
    });
    return { limit, probes };
  }

  it("ends at it, wherever it begins", async () => {
    for (const truth of [15, 130, 999, 1_000, 5_432, 64_000]) {
      const { limit, probes } = await search((rate) => rate <= truth);
      expect(limit, `of ${truth}`).to.be.within(truth / 1.04, truth * 1.04);
      expect(probes).to.have.length.below(36);
    }
  });

  it("tells nearly the same each time while others disturb the runs", async () => {
    const seed = Number(process.env["LIMIT_SEED"] ?? 1);
    const random = randomOf(seed);
    const chance = (of: number) => random(1_000) < of * 1_000;
    // Where half of the runs meet it is the limit; one in eight is disturbed by somebody else.
    const truth = 2_300;
    const isMetAt = (rate: number) => !chance(1 / 8) && chance(1 / (1 + Math.exp((rate / truth - 1) / 0.025)));
    const limits: number[] = [];
    for (let search_ = 0; search_ < 200; search_++) limits.push((await search(isMetAt)).limit ?? 0);
    limits.sort((one, other) => one - other);
    const [low = 0, high = 0] = [limits[10], limits[189]];
    expect(low, `the lowest of nine in ten, seed ${seed}`).to.be.above(truth * 0.9);
    expect(high / low, `between nine in ten, seed ${seed}`).to.be.below(1.12);
  });

  it("goes back to where runs were misled at first", async () => {
    let runs = 0;
    const { limit } = await search((rate) => ++runs > 3 && rate <= 5_000);
    expect(limit).to.be.within(4_000, 5_500);
  });

  it("finds none, or the highest that can be sent", async () => {
    expect((await search(() => false)).limit).to.equal(null);
    expect((await search(() => true)).limit).to.equal(100_000);
  });
});
