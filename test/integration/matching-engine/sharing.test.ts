import { expect } from "chai";
import { Fenced } from "../../../src/shared/domain/errors.js";
import { LEASE_TIMES } from "../../../src/shared/leases/lease-times.js";
import { eventually } from "../../support/eventually.js";
import { patience } from "../../support/machine.js";
import type { ServiceForTest } from "../../support/service.js";
import { ASSET, EnginesUnderTest, OTHER } from "./engines-under-test.js";

const NOT_STARTED = 0;

describe("engines that share the assets", () => {
  let engines: EnginesUnderTest;

  beforeEach(async () => {
    engines = await EnginesUnderTest.create();
  });
  afterEach(() => engines.stop());

  async function commandAll(): Promise<void> {
    await engines.command(100, ASSET);
    await engines.command(100, OTHER);
  }

  /** Every command had its effect once, whoever applied it. */
  async function expectExactlyOnce(): Promise<void> {
    for (const asset of [ASSET, OTHER])
      expect(await engines.published(asset)).to.deep.equal(engines.expected(asset).events);
  }

  const appliedBy = async (service: ServiceForTest) =>
    (await engines.applied(service, ASSET)) + (await engines.applied(service, OTHER));

  /** How long commands of both assets are without their events, in ms. */
  async function answerTime(): Promise<number> {
    const startedMs = performance.now();
    await commandAll();
    for (const asset of [ASSET, OTHER]) await engines.published(asset);
    return performance.now() - startedMs;
  }

  it("a second one takes over half of them while commands come in, and nothing is late by more than 500 ms", async () => {
    await engines.start({ instance: "first" });
    await answerTime();
    const second = await engines.start({ instance: "second" });
    const times: number[] = [];
    await eventually("the second one works", async () => {
      times.push(await answerTime());
      return (await appliedBy(second)) > NOT_STARTED ? true : null;
    });
    expect(Math.max(...times)).to.be.below(patience(500));
    await expectExactlyOnce();
  });

  it("one that stops in order hands over what it has", async () => {
    const first = await engines.start({ instance: "first" });
    const second = await engines.start({ instance: "second" });
    await eventually("both work", async () => {
      await answerTime();
      return (await appliedBy(first)) > NOT_STARTED && (await appliedBy(second)) > NOT_STARTED ? true : null;
    });
    await first.stop();
    expect(await answerTime()).to.be.below(patience(500));
    await expectExactlyOnce();
  });

  it("one that dies is followed in time", async () => {
    const first = await engines.start({ instance: "first" });
    await answerTime();
    await engines.start({ instance: "second" });
    await engines.crash(first);
    expect(await answerTime()).to.be.below(patience(LEASE_TIMES.followedWithinMs));
    await expectExactlyOnce();
  });

  it("two that work on the same assets do no harm: what one of them loses to the fence, it has not written", async () => {
    const ends: unknown[] = [];
    let isOver = false;
    let lastStart: Promise<unknown> = Promise.resolve();
    const start = async () => {
      const service = await engines.start();
      service.failed.catch((err: unknown) => {
        ends.push(err);
        if (!isOver) lastStart = Promise.all([lastStart, start()]); // as the launcher does
      });
    };
    await start();
    await start();
    try {
      for (let round = 0; round < 20; round++) await commandAll();
      await expectExactlyOnce();
    } finally {
      isOver = true;
      await lastStart;
    }
    for (const err of ends) expect((err as Error).cause ?? err).to.be.instanceOf(Fenced);
  });
});
