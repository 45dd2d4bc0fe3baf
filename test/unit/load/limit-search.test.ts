import { expect } from "chai";
import { findLimit, type Probe } from "../../../tools/load/limit-search.js";

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

  it("ends just below it, wherever it begins", async () => {
    for (const truth of [15, 130, 999, 1_000, 5_432, 64_000]) {
      const { limit, probes } = await search((rate) => rate <= truth);
      expect(limit, `of ${truth}`).to.be.within(truth / 1.05, truth);
      expect(probes).to.have.length.below(16);
    }
  });

  it("tries a rate that was missed once more", async () => {
    const tried = new Set<number>();
    const { limit } = await search((rate) => {
      const isSecond = tried.has(rate);
      tried.add(rate);
      return rate <= 5_000 && isSecond;
    });
    expect(limit).to.be.within(4_750, 5_000);
  });

  it("finds none, or the highest that can be sent", async () => {
    expect((await search(() => false)).limit).to.equal(null);
    expect((await search(() => true)).limit).to.equal(100_000);
  });
});
