import { expect } from "chai";
import { takerOf } from "../../../src/launcher/shared-port.js";

const takers = (...places: number[]) => places.map((place) => ({ place }));
const ADDRESSES = Array.from({ length: 1_000 }, (_, at) => `192.0.${at >> 8}.${at & 255}`);

describe("a port that several processes share", () => {
  it("gives each process its share of the addresses, and an address always the same process", () => {
    const counts = [0, 0, 0, 0];
    for (const address of ADDRESSES) {
      const place = takerOf(address, takers(0, 1, 2, 3))?.place ?? -1;
      expect(takerOf(address, takers(3, 1, 0, 2))?.place).to.equal(place);
      counts[place] = (counts[place] ?? 0) + 1;
    }
    for (const count of counts) expect(count).to.be.within(180, 320);
  });

  it("moves only the addresses of a process that is gone, to all the others", () => {
    const moved = new Set<number | undefined>();
    for (const address of ADDRESSES) {
      const [before, after] = [takerOf(address, takers(0, 1, 2)), takerOf(address, takers(0, 2))];
      if (before?.place === 1) moved.add(after?.place);
      else expect(after?.place).to.equal(before?.place);
    }
    expect(moved).to.deep.equal(new Set([0, 2]));
    expect(takerOf("192.0.2.1", [])).to.equal(null);
  });
});
