import { getEventListeners } from "node:events";
import { expect } from "chai";
import { Trimmer } from "../../../src/order-processing/trimmer.js";
import type { Bus } from "../../../src/shared/bus/bus.js";
import { fixedShare } from "../../../src/shared/leases/asset-share.js";
import { until } from "../../support/eventually.js";
import { serviceForTest } from "../../support/service.js";

const INTERVALS = 20;

describe("Trimmer", () => {
  it("leaves nothing behind at the signal to stop, however often it has waited", async () => {
    const service = serviceForTest("order-processing");
    let trims = 0;
    const database = { query: async () => [] };
    const noHorizon = async () => {
      trims++;
      return null;
    };
    const bus = { lastMessage: noHorizon } as unknown as Bus;
    const trimmer = new Trimmer(service, bus, database, fixedShare(["A"]), { intervalMs: 1, marginMessages: 0 });
    const running = trimmer.run();
    await until("it has trimmed often", () => trims >= INTERVALS);
    expect(getEventListeners(service.stopping, "abort")).to.have.length.at.most(1);
    await service.stop();
    await running;
  });
});
