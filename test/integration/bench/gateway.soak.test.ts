import { expect } from "chai";
import { gatewayFigures } from "../../../bench/gateway/figures.js";
import { readEndpoints } from "../../../src/shared/process/endpoints.js";
import { startOwnPipeline } from "../../../tools/load/own-pipeline.js";

describe("The gateway's figures", function () {
  this.timeout(180_000);

  it("come out on a small load, with nothing refused, lost or missing", async () => {
    const own = await startOwnPipeline();
    try {
      const { gatewayUrl: url } = readEndpoints(own.dataDir, "it was just started");
      const figures = gatewayFigures({ url, ratePerSecond: 40, seconds: 1, warmupSeconds: 0, times: 5 });
      for (const { name, bounds, run } of figures) {
        const { values, broken } = await run(own.target);
        expect(broken, name).to.deep.equal([]);
        expect(values, name).to.have.length(bounds.length);
        for (const value of values) expect(value, name).to.be.within(-60_000, 60_000);
        if (name.includes("balance")) expect(values).to.deep.equal([0]);
      }
    } finally {
      await own.stop();
    }
  });
});
