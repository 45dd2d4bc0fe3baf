/** The benchmark in its smallest size: that it runs, and that all engines in it trade alike. Its figures mean nothing. */
import { expect } from "chai";
import { BourseEngine } from "../../../bench/bourse-engine.js";
import { measureCodecs } from "../../../bench/codecs.js";
import { measureDepth } from "../../../bench/depth.js";
import { measureHostile } from "../../../bench/hostile.js";
import { measureMatching, measureServiceTime } from "../../../bench/matching.js";
import { type Measurement, SMOKE } from "../../../bench/measurement.js";
import { measureGarbage, measureMemory, measureSnapshot } from "../../../bench/memory.js";
import { NodejsOrderBook } from "../../../bench/nodejs-order-book.js";
import { tableOf } from "../../../bench/report.js";
import { makeStream } from "../../../bench/streams.js";

describe("The benchmark", () => {
  for (const name of ["mix", "ecore", "mex"] as const)
    it(`sees every engine trade as the stream ${name} says`, () => {
      const stream = makeStream(name, SMOKE.commands);
      const hashes = [new BourseEngine(), new NodejsOrderBook()].map((engine) => engine.hashOf(stream));
      expect(hashes).to.deep.equal([stream.hash, stream.hash]);
    });

  it("runs the engines in processes of their own, and sees what they trade", async () => {
    const stream = makeStream("mix", SMOKE.commands);
    const found = await measureMatching(stream, SMOKE);
    expect(found.filter(({ hash }) => hash !== null).map(({ engine, hash }) => [engine, hash])).to.deep.equal([
      ["bourse", stream.hash],
      ["nodejs-order-book", stream.hash],
    ]);
    for (const { value, unit } of found) expect(value, unit).to.be.greaterThan(0);
  });

  it("draws the same stream as ever", () => {
    const stream = makeStream("mix", 20_000);
    expect([stream.trades, stream.lots, stream.hash]).to.deep.equal([5511, 141695, 525412727]);
  });

  it("restores what it has written in a snapshot", () => {
    for (const { hash } of measureSnapshot(SMOKE)) expect(hash).not.to.equal("another");
  });

  it("measures everything else", async () => {
    const stream = makeStream("mix", SMOKE.commands);
    const found: Measurement[] = [
      ...measureServiceTime(stream, SMOKE),
      ...measureDepth(stream, SMOKE),
      ...measureMemory(SMOKE),
      ...(await measureGarbage(stream)),
      ...measureHostile(SMOKE),
      ...measureCodecs(SMOKE),
    ];
    for (const { value, unit } of found) expect(value, unit).to.satisfy(Number.isFinite);
    expect(tableOf(found, true).split("\n")).to.have.lengthOf(found.length + 2);
  });
});
