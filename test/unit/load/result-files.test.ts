import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Latencies } from "../../../tools/load/latencies.js";
import { pictureHtml } from "../../../tools/load/latency-picture.js";
import type { Measured } from "../../../tools/load/measured-run.js";
import { OrderTiming } from "../../../tools/load/order-timing.js";
import { compareResults, writeResults } from "../../../tools/load/result-files.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

/** A run of 10,000 orders, of which the n-th took n microseconds times `factor`. */
function measured(factor: number): Measured {
  const timing = new OrderTiming({ orders: 10_000, measureFrom: 0 });
  for (let order = 0; order < 10_000; order++) {
    timing.sent(order, 0, 0);
    timing.answered(order, ((order + 1) * factor) / 1_000);
  }
  const options = {
    ratePerSecond: 1_000,
    seconds: 10,
    connections: 4,
    assets: [],
    accounts: ["a", "b"],
    isText: false,
    seed: 1,
  };
  const outcome = { timing, rejected: new Map([["300 BUSY", 2]]), measuredMs: 10_000 };
  const cpu = { seconds: 10, use: [], shareOfMachine: 0, machineBusy: 0 };
  return { options, outcome, cpu, settlement: null, messages: [], broken: ["a <b> & c"] } as unknown as Measured;
}

describe("the files of a load run", () => {
  const folder = temporaryFolder();
  const text = (file: string) => readFileSync(join(folder, file), "utf8");

  it("are a distribution for HdrHistogram's tools, JSON, and a picture", () => {
    const verdict = { objective: "rate", limit: 1_000, value: 1_000, isMet: true };
    const files = writeResults(folder, measured(1), [verdict]);
    expect(files).to.deep.equal(
      ["ack.hgrm", "lateness.hgrm", "result.json", "latency.html"].map((name) => join(folder, name)),
    );
    expect(text("ack.hgrm")).to.match(/^ +Value +Percentile +TotalCount +1\/\(1-Percentile\)\n/);
    expect(text("ack.hgrm")).to.match(/#\[Buckets =/);
    const result = JSON.parse(text("result.json"));
    expect(result.rejected).to.deep.equal({ "300 BUSY": 2 });
    expect(result.verdicts).to.deep.equal([verdict]);
    expect(result.ackMs.p9999).to.be.closeTo(10, 0.05);
    const picture = text("latency.html");
    expect(picture)
      .to.include("<svg ")
      .and.include("a &#60;b&#62; &#38; c")
      .and.not.match(/src=|href=|https?:/);
  });

  it("are compared in one picture, and as figures", () => {
    const other = temporaryFolder();
    writeResults(folder, measured(1), []);
    writeResults(other, measured(2), []);
    const both = [folder, other].map((where) => join(where, "result.json"));
    const printed = compareResults(both, other);
    expect(printed).to.match(/order → ACK, p50 +\| 5\.0\d +\| 10\.0\d? +\| \+100 % /);
    expect(readFileSync(join(other, "comparison.html"), "utf8").match(/<polyline /g)).to.have.length(2);
    expect(() => compareResults(both.slice(1), other)).to.throw("takes two result.json files, and not 1");
    expect(() => compareResults([join(folder, "ack.hgrm"), ...both.slice(1)], other)).to.throw("is no result.json");
  });

  it("have in the picture's table the figures of the curve", () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 10_000; ms++) latencies.record(ms);
    const html = pictureHtml({ title: "t", about: [], curves: [{ name: "c", points: latencies.points() }] });
    const cells = [...html.matchAll(/<td>(\d[\d.]*)<\/td>/g)].map(([, cell]) => Number(cell));
    const { p50, p90, p99, p999, p9999 } = latencies.summary();
    for (const [at, value] of [p50, p90, p99, p999, p9999].entries())
      expect(cells[at]).to.be.closeTo(value, value / 100);
  });
});
