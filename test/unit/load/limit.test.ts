import { expect } from "chai";
import { limitText } from "../../../tools/load/limit.js";

describe("what a search of the highest rate says", () => {
  const probes = [
    { ratePerSecond: 2_000, isMet: false },
    { ratePerSecond: 2_000, isMet: false },
    { ratePerSecond: 1_000, isMet: true },
  ];
  const found = { limitPerSecond: 1_000, probes, objectives: ["rate", "ack-p99-ms 10"], othersShare: 0.05 };

  it("is every rate that was tried, in their order, and the limit", () => {
    expect(limitText(found)).to.equal(
      "     1000/s  met 1\n     2000/s  missed 2\n1000 orders/s is the highest rate that meets: rate, ack-p99-ms 10",
    );
    expect(limitText({ ...found, limitPerSecond: null })).to.match(/\nno rate meets: rate, ack-p99-ms 10$/);
  });

  it("tells when others worked on the machine, since a limit is that of what was left", () => {
    expect(limitText({ ...found, othersShare: 0.42 })).to.match(
      /\(others used up to 42 % of the machine: not a fair measurement\)$/,
    );
  });
});
