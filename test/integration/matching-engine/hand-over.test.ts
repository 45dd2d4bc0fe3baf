import { expect } from "chai";
import { SNAPSHOT_POLICY } from "../../../src/matching-engine/snapshotter.js";
import { until } from "../../support/eventually.js";
import { patience } from "../../support/machine.js";
import { EnginesUnderTest } from "./engines-under-test.js";
import { registryOf, SteadyOrders } from "./steady-orders.js";

const ASSETS = Array.from({ length: 20 }, (_, index) => `A${index}-USD`);
/** HAND_OVER_ORDERS=30000 npx mocha … prints the pauses with other books. */
const ORDERS_EACH = Number(process.env["HAND_OVER_ORDERS"] ?? 3_000);
/** A machine that is busy with something else stops everybody for a while: the best one counts. */
const ROUNDS = 3;
const PAUSE_MAX_MS = 500;

describe("a hand-over of many assets", () => {
  let engines: EnginesUnderTest;
  let orders: SteadyOrders;

  beforeEach(async () => {
    engines = await EnginesUnderTest.create();
    orders = new SteadyOrders(engines, ASSETS);
  });
  afterEach(async () => {
    await orders.stop();
    await engines.stop();
  });

  const start = (instance: string) =>
    engines.start({ instance, assets: ASSETS, registry: registryOf(ASSETS), snapshots: SNAPSHOT_POLICY });
  const once = (what: string, isSo: () => boolean) => until(what, () => isSo(), 20_000);

  it("ten of twenty at once pauses none for more than 500 ms, nor does giving them back", async () => {
    const first = await start("first");
    await orders.fill(ORDERS_EACH);
    orders.start();
    const [joined, left]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const second = await start("second");
      await once("both have ten", () => engines.share(first) === 10 && engines.share(second) === 10);
      await orders.roundTrip();
      joined.push(orders.takeWorstMs());
      await second.stop();
      await once("the first one has all again", () => engines.share(first) === ASSETS.length);
      await orders.roundTrip();
      left.push(orders.takeWorstMs());
    }
    if (process.env["HAND_OVER_ORDERS"] !== undefined) console.log({ joined, left });
    expect(Math.min(...joined)).to.be.below(patience(PAUSE_MAX_MS));
    expect(Math.min(...left)).to.be.below(patience(PAUSE_MAX_MS));
  }).timeout(60_000);
});
