import { RULES_VERSION } from "@bourse/matching-core";
import { expect } from "chai";
import type { Asset } from "../../../src/shared/domain/assets.js";
import { eventually } from "../../support/eventually.js";
import type { ServiceForTest } from "../../support/service.js";
import { ASSET, EnginesUnderTest, OTHER, REGISTRY, type StartOptions } from "./engines-under-test.js";

const PAIRS_MAX = 5;

/** Each of two processes runs one of the two assets, and follows the other one. */
interface Pair {
  /** Runs ASSET. */
  readonly active: ServiceForTest;
  /** Follows it. */
  readonly standby: ServiceForTest;
}

describe("a hot standby", () => {
  let engines: EnginesUnderTest;

  beforeEach(async () => {
    engines = await EnginesUnderTest.create();
  });
  afterEach(() => engines.stop());

  /** Of the asset, or of the process. */
  async function metric(service: ServiceForTest, name: string, asset = ASSET): Promise<number> {
    const found = (await service.metrics.text())
      .split("\n")
      .find((line) => line.startsWith(`bourse_${name}{asset="${asset}"`) || line.startsWith(`bourse_${name}{service=`));
    return Number(found?.split(" ").at(-1) ?? 0);
  }

  const follows = (standby: ServiceForTest, command: number) =>
    eventually(`the standby has followed command ${command}`, async () =>
      (await metric(standby, "standby_command_sequence")) === command ? true : null,
    );

  const taken = (service: ServiceForTest, atLeast: number) =>
    eventually(`${atLeast} snapshots of the process`, async () =>
      (await metric(service, "snapshots_total")) >= atLeast ? true : null,
    );

  async function pair(options: StartOptions = {}, standbyOptions: StartOptions = options): Promise<Pair> {
    const one = await shared(options, standbyOptions);
    for (const asset of [ASSET, OTHER]) {
      await engines.command(100, asset);
      await engines.published(asset);
    }
    return one;
  }

  /** Which asset the first process keeps depends on who sees whom first; where it is the other one, both begin again. */
  async function shared(options: StartOptions, standbyOptions: StartOptions): Promise<Pair> {
    for (let tries = 1; tries <= PAIRS_MAX; tries++) {
      const standby = await engines.start({ ...standbyOptions, instance: "standby" });
      const active = await engines.start({ ...options, instance: "active" });
      const isShared = (ofActive: string, ofStandby: string) =>
        engines.runs(active, ofActive) && engines.runs(standby, ofStandby) && engines.share(standby) === 1;
      const isAsMeant = await eventually("each has its share", () =>
        isShared(ASSET, OTHER) || isShared(OTHER, ASSET) ? isShared(ASSET, OTHER) : null,
      );
      if (isAsMeant) return { active, standby };
      await engines.stop();
      engines = await EnginesUnderTest.create();
    }
    throw new Error(`the first process kept ${ASSET} ${PAIRS_MAX} times`);
  }

  it("goes as far as what is published, and takes over from there without applying it again", async () => {
    const { active, standby } = await pair();
    await engines.command(1_900);
    await follows(standby, 2_000);
    expect(await standby.metrics.text()).to.match(/^bourse_standby_lag_seconds\{asset="BTC-USD".*\} 0$/m);
    await engines.crash(active);
    await engines.command(100);
    expect(await engines.published()).to.deep.equal(engines.expected().events);
    expect(await engines.applied(standby, ASSET)).to.equal(100);
  });

  it("leaves to its process what is not published: the commands of a dead one are applied once", async () => {
    const { active, standby } = await pair();
    await follows(standby, 100);
    await engines.crash(active);
    await engines.command(1_000);
    await engines.start({ instance: "active" });
    expect(await engines.published()).to.deep.equal(engines.expected().events);
    expect(standby.notReady()).to.deep.equal([]);
  });

  it("takes the snapshots, and the engine's own process takes them when it is gone", async () => {
    const snapshots = { everyCommands: 100, everyMs: 1e9, graceMs: 5_000 };
    const { active, standby } = await pair({ snapshots });
    for (let round = 0; round < 3; round++) {
      await engines.command(200);
      expect(await engines.stateHashIn(await engines.snapshotOfAll())).to.equal(engines.expected().stateHash);
    }
    await taken(standby, 3);
    expect(await metric(active, "snapshots_total")).to.equal(0);
    await engines.crash(standby);
    await engines.command(200);
    expect(await engines.stateHashIn(await engines.snapshotOfAll())).to.equal(engines.expected().stateHash);
    await taken(active, 1);
  });

  it("is not relied on: where it takes no snapshots, the engine's own process does after a while", async () => {
    const snapshots = { everyCommands: 100, everyMs: 1e9, graceMs: 500 };
    const never = { everyCommands: 1e9, everyMs: 1e9 };
    const { active } = await pair({ snapshots }, { snapshots: never });
    await engines.command(100);
    await engines.snapshotOfAll();
    await taken(active, 1);
  });

  it("of another rules version does not follow, says why, and harms nobody", async () => {
    const standby = await engines.start({ rulesVersion: RULES_VERSION + 1, instance: "standby" });
    const active = await engines.start({ instance: "active" });
    await eventually("each has its share", async () =>
      (await metric(standby, "leases")) === 1 && (await metric(active, "leases")) === 1 ? true : null,
    );
    await engines.command(100);
    const why = await eventually("the standby says so", () =>
      standby.notReady().find((reason) => reason.includes("can't be followed")),
    );
    expect(why).to.include(`rules version ${RULES_VERSION}, and this build applies version ${RULES_VERSION + 1}`);
    await engines.command(100);
    expect(await engines.published()).to.deep.equal(engines.expected().events);
    expect(await metric(active, "stage_halted")).to.equal(0);
  });

  it("that comes to something else halts the asset in its process, raises the alarm, and no other asset stops", async () => {
    const dearLots = { ...(REGISTRY.assets.get(ASSET) as Asset), quoteUnitsPerTickLot: 1e6 };
    const registry = { ...REGISTRY, assets: new Map(REGISTRY.assets).set(ASSET, dearLots) };
    const { active, standby } = await pair({}, { registry });
    await engines.command(1_000);
    const halted = await eventually("the asset is halted where it runs", () =>
      active.notReady().find((reason) => reason.includes("standby follows it and differs")),
    );
    expect(halted).to.match(/BTC-USD is halted: .*the replay gave event \d+/);
    expect(standby.notReady().join()).to.include(`${ASSET} is not followed any more`);
    expect(await metric(standby, "standby_differing")).to.equal(1);
    expect(await metric(active, "stage_halted")).to.equal(1);
    await engines.command(100, OTHER);
    expect(await engines.published(OTHER)).to.deep.equal(engines.expected(OTHER).events);
  });
});
