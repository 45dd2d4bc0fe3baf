import { expect } from "chai";
import { encodeCommandBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { patience } from "../../support/machine.js";
import type { ServiceForTest } from "../../support/service.js";
import { EnginesUnderTest } from "./engines-under-test.js";
import { registryOf, restingOrder, SteadyOrders } from "./steady-orders.js";

const [TROUBLED, NEIGHBOUR] = ["BTC-USD", "ETH-USD"];
const GARBAGE = Uint8Array.of(0xff, 0x00, 0x17, 0x2a);
/** Commands before the trouble, so that to begin again is to replay. */
const FILLED = 2_000;
const ORDERS_MEASURED = 30;
/** Messages that are in one batch with the one that can't be read: it is halved five times. */
const BESIDE_GARBAGE = 31;

describe("the neighbour of an asset in trouble", () => {
  let engines: EnginesUnderTest;
  let neighbour: SteadyOrders;
  let service: ServiceForTest;

  beforeEach(async () => {
    engines = await EnginesUnderTest.create();
    service = await engines.start({ registry: registryOf([TROUBLED, NEIGHBOUR]) });
    neighbour = new SteadyOrders(engines, [NEIGHBOUR]);
    await neighbour.fill(FILLED);
    const others = new SteadyOrders(engines, [TROUBLED]);
    await others.fill(FILLED);
    await others.stop();
  });
  afterEach(async () => {
    await neighbour.stop();
    await engines.stop();
  });

  const isHalted = () => service.notReady().some((why) => why.includes(`${TROUBLED} is halted`));

  /** How long nine of ten orders were at most without their events, of those sent until it is so, and of some at least. */
  async function latencyUntil(isOver: () => boolean): Promise<{ readonly p90Ms: number; readonly orders: number }> {
    const latencies: number[] = [];
    while (latencies.length < ORDERS_MEASURED || !isOver()) {
      await neighbour.roundTrip();
      latencies.push(neighbour.takeWorstMs());
    }
    latencies.sort((a, b) => a - b);
    return { p90Ms: latencies[Math.floor(0.9 * latencies.length)] as number, orders: latencies.length };
  }

  async function expectNoneOfIt(trouble: () => Promise<void>): Promise<void> {
    const quiet = await latencyUntil(() => true);
    await trouble();
    const meanwhile = await latencyUntil(isHalted);
    expect(meanwhile.p90Ms, `ms of nine of ten orders; in quiet ${quiet.p90Ms}`).to.be.below(
      3 * quiet.p90Ms + patience(5),
    );
    const sent = FILLED + quiet.orders + meanwhile.orders;
    expect(await engines.applied(service, NEIGHBOUR), "commands applied, none again").to.equal(sent);
  }

  it("is as quick as in quiet while it halts, and nothing of it is replayed", async () => {
    await expectNoneOfIt(() => engines.put("COMMANDS", TROUBLED, GARBAGE));
  });

  it("is as quick as in quiet while a batch that can't be read is halved, and nothing of it is replayed", async () => {
    await expectNoneOfIt(async () => {
      const messages = Array.from({ length: BESIDE_GARBAGE }, (_, index) =>
        encodeCommandBatch([restingOrder(FILLED + 1 + index)]),
      );
      await Promise.all([...messages, GARBAGE].map((message) => engines.put("COMMANDS", TROUBLED, message)));
    });
  });
});
