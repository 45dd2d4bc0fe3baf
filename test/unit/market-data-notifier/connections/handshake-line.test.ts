import { expect } from "chai";
import { HandshakeLine } from "../../../../src/market-data-notifier/connections/handshake-line.js";
import { until } from "../../../support/eventually.js";

describe("the line of handshakes", () => {
  it("serves addresses by turns: who floods stands in his own line", async () => {
    const line = new HandshakeLine({ handshakesPerSecondMax: 1_000_000 });
    const begun: string[] = [];
    for (let n = 0; n < 500; n++) line.enter("flood", () => begun.push("flood"));
    line.enter("honest", () => begun.push("honest"));
    await until("the honest one is served", () => begun.includes("honest"));
    expect(begun.indexOf("honest")).to.be.below(3);
    await until("all are served", () => begun.length === 501);
  });

  it("begins no more of one address a second than its rate; the others wait", async () => {
    const line = new HandshakeLine({ handshakesPerSecondMax: 50 });
    const sinceMs = performance.now();
    let begun = 0;
    for (let n = 0; n < 75; n++)
      line.enter("flood", () => {
        begun += 1;
      });
    await until("all are served", () => begun === 75);
    expect(performance.now() - sinceMs).to.be.at.least(490);
  });

  it("refuses those of an address for which too many wait, and nobody else", () => {
    const line = new HandshakeLine({ handshakesPerSecondMax: 1 });
    const entered = Array.from({ length: 2_000 }, () => line.enter("flood", () => undefined));
    expect(entered.filter((is) => is)).to.have.length(1_024);
    expect(line.enter("honest", () => undefined)).to.equal(true);
  });
});
