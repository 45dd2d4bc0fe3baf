import { createEngine } from "@bourse/matching-core";
import { expect } from "chai";
import { RandomFlow } from "../../../packages/matching-core/test/support/random-flow.js";
import type { StoredSnapshot } from "../../../src/matching-engine/snapshot-store.js";
import { type Bus, ERROR_CODES } from "../../../src/shared/bus/bus.js";
import type { Asset, AssetRegistry } from "../../../src/shared/domain/assets.js";
import { streamSequence } from "../../../src/shared/domain/units.js";
import { eventually } from "../../support/eventually.js";
import type { ServiceForTest } from "../../support/service.js";
import { ASSET, EnginesUnderTest, OTHER, REGISTRY } from "./engines-under-test.js";

const ALWAYS = { everyCommands: 1, everyMs: 1e9 };
const TERMS = REGISTRY.assets.get(ASSET) as Asset;

/** A bus of which one method is another. */
function withMethod<Name extends keyof Bus>(bus: Bus, name: Name, method: Bus[Name]): Bus {
  return new Proxy(bus, {
    get(target, key) {
      const member = key === name ? method : (Reflect.get(target, key) as unknown);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

async function metric(service: ServiceForTest, name: string): Promise<number> {
  const lines = (await service.metrics.text()).split("\n");
  return Number(
    lines
      .find((line) => line.startsWith(`bourse_${name}`))
      ?.split(" ")
      .at(-1) ?? Number.NaN,
  );
}

describe("an engine's snapshots", () => {
  let engines: EnginesUnderTest;

  beforeEach(async () => {
    engines = await EnginesUnderTest.create();
  });
  afterEach(() => engines.stop());

  /** Leaves `count` snapshots behind, each of 100 commands more, and no engine. */
  async function leaveSnapshots(count: number): Promise<StoredSnapshot[]> {
    const service = await engines.start({ snapshots: ALWAYS });
    for (let taken = 0; taken < count; taken++) {
      await engines.command(100);
      await engines.snapshotOfAll();
    }
    await service.stop();
    return await engines.store.list(ASSET);
  }

  /** Starts an engine, which has to reach what one that never stopped would have reached. */
  async function expectToGoOn(): Promise<ServiceForTest> {
    await engines.command(100);
    const service = await engines.start({ snapshots: ALWAYS });
    const { events, stateHash } = engines.expected();
    expect(await engines.published()).to.deep.equal(events);
    expect(await engines.stateHashIn(await engines.snapshotOfAll())).to.equal(stateHash);
    expect(service.notReady()).to.deep.equal([]);
    return service;
  }

  async function replaceBy(stored: StoredSnapshot, change: (messages: Uint8Array[]) => Uint8Array[]): Promise<void> {
    const messages = (await engines.messages("SNAPSHOTS", stored.subject)).map(({ data }) => Uint8Array.from(data));
    await engines.bus.purge("SNAPSHOTS", stored.subject);
    for (const data of change(messages)) await engines.bus.publish(stored.subject, data, { deadlineMs: 30_000 });
  }

  it("are where it starts: what came before is not applied again", async () => {
    await leaveSnapshots(2);
    const service = await expectToGoOn();
    expect(await metric(service, "commands_total")).to.equal(100);
  });

  it("let it start where nothing came after them", async () => {
    await leaveSnapshots(1);
    const service = await engines.start({ snapshots: ALWAYS });
    await eventually("the engine is ready", () => (service.notReady().length === 0 ? true : null));
    await engines.command(100);
    expect(await engines.published()).to.deep.equal(engines.expected().events);
    expect(await metric(service, "commands_total")).to.equal(100);
  });

  it("are taken after a time, too, but not when nothing has changed", async () => {
    const service = await engines.start({ snapshots: { everyCommands: 1e9, everyMs: 50 } });
    await engines.command(10);
    const first = await engines.snapshotOfAll();
    await engines.command(10, OTHER);
    await engines.snapshotOfAll(OTHER);
    expect(await engines.store.list(ASSET)).to.deep.equal([first]);
    expect(await metric(service, `snapshot_command_sequence{asset="${ASSET}"`)).to.equal(10);
  });

  it("are taken after a long replay: who dies often does not replay ever more", async () => {
    const seldom = { everyCommands: 1e9, everyMs: 3_600_000 };
    const first = await engines.start({ snapshots: seldom });
    await engines.command(2_000);
    await engines.published();
    await engines.crash(first);
    expect(await engines.store.list(ASSET)).to.deep.equal([]);
    await engines.start({ snapshots: seldom });
    const stored = await engines.snapshotOfAll();
    expect(await engines.stateHashIn(stored)).to.equal(engines.expected().stateHash);
  });

  it("are kept three at most", async () => {
    const kept = await leaveSnapshots(5);
    expect(kept.map(({ commandSequence }) => commandSequence)).to.deep.equal([500, 400, 300]);
  });

  it("are passed over when a bit of them has changed", async () => {
    const [newest, second] = await leaveSnapshots(2);
    for (const at of [0, 1]) {
      await replaceBy((at === 0 ? newest : second) as StoredSnapshot, (messages) => {
        const message = messages[at] as Uint8Array;
        message[message.length >> 1] = (message[message.length >> 1] as number) ^ 4;
        return messages;
      });
    }
    expect(await metric(await expectToGoOn(), "commands_total")).to.equal(300);
  });

  it("are passed over when they are cut off, for the next one", async () => {
    const [newest] = await leaveSnapshots(2);
    await replaceBy(newest as StoredSnapshot, (messages) => messages.slice(0, -1));
    expect(await metric(await expectToGoOn(), "commands_total")).to.equal(200);
  });

  it("are passed over when their version is another", async () => {
    const [newest] = await leaveSnapshots(2);
    await replaceBy(newest as StoredSnapshot, ([header, first, ...rest]) => {
      new Int32Array((first as Uint8Array).buffer)[1] = 99;
      return [header as Uint8Array, first as Uint8Array, ...rest];
    });
    expect(await metric(await expectToGoOn(), "commands_total")).to.equal(200);
  });

  it("are passed over when they stand for more than the streams hold", async () => {
    await leaveSnapshots(1);
    const engine = createEngine(TERMS);
    const flow = new RandomFlow(99);
    for (let i = 0; i < 1_000; i++) engine.apply(flow.next());
    const places = { commandsThrough: streamSequence(50), executionsThrough: streamSequence(50) };
    const taken = {
      asset: ASSET,
      commandSequence: 1_000,
      takenAtMs: Date.now(),
      rulesVersion: 1,
      bytes: engine.snapshot(),
      ...places,
    };
    const future = await engines.store.store(taken);
    await engines.command(100);
    const service = await engines.start({ snapshots: ALWAYS });
    expect(await engines.published()).to.deep.equal(engines.expected().events);
    expect(await metric(service, "commands_total")).to.equal(100);
    await eventually("the next snapshot", async () => {
      const stored = await engines.store.list(ASSET);
      return stored.some(({ commandSequence }) => commandSequence === 200) ? true : null;
    });
    expect((await engines.store.list(ASSET))[0]).to.deep.equal(future);
  });

  it("are not needed: all deleted, the log gives the same", async () => {
    for (const stored of await leaveSnapshots(3)) await engines.store.remove(stored);
    expect(await metric(await expectToGoOn(), "commands_total")).to.equal(400);
  });

  it("stay when the engine dies before it removes the oldest, which the next one does", async () => {
    await leaveSnapshots(3);
    await engines.command(100);
    const purge = () => new Promise<void>(() => undefined);
    const doomed = await engines.start({ snapshots: ALWAYS, bus: (bus) => withMethod(bus, "purge", purge) });
    await eventually("a fourth snapshot, whole", async () => {
      const stored = await engines.store.list(ASSET);
      return stored.length === 4 && stored.every(({ isWhole }) => isWhole) ? true : null;
    });
    await engines.crash(doomed);
    await expectToGoOn();
    const kept = await eventually("the oldest are removed", async () => {
      const stored = await engines.store.list(ASSET);
      return stored.length === 3 ? stored : null;
    });
    expect(kept.map(({ commandSequence }) => commandSequence)).to.deep.equal([500, 400, 300]);
  });

  it("that a crash left half written are removed, and older whole ones stay until then", async () => {
    const [newest] = await leaveSnapshots(1);
    await engines.bus.publish(`snapshots.${ASSET}.150-3-abcdef`, new Uint8Array(8), { deadlineMs: 30_000 });
    await expectToGoOn();
    const kept = await eventually("the half one is gone", async () => {
      const stored = await engines.store.list(ASSET);
      return stored.every(({ isWhole }) => isWhole) ? stored : null;
    });
    expect(kept.map(({ commandSequence }) => commandSequence)).to.deep.equal([200, 100]);
    expect(kept[1]).to.deep.equal(newest);
  });

  it("that can't be stored don't stop it, and it tells for how long there has been none", async () => {
    const refused = { kind: "refused", errorCode: ERROR_CODES.STREAM_FULL, description: "full" } as const;
    const service = await engines.start({
      snapshots: ALWAYS,
      bus: (bus) =>
        withMethod(bus, "publish", (subject, payload, options) =>
          subject.startsWith("snapshots.") ? Promise.resolve(refused) : bus.publish(subject, payload, options),
        ),
    });
    await engines.command(100);
    await eventually("a snapshot has failed", async () =>
      (await service.metrics.text()).includes('outcome="failed"') ? true : null,
    );
    await engines.command(100);
    expect(await engines.published()).to.deep.equal(engines.expected().events);
    expect(service.notReady()).to.deep.equal([]);
    // Also while there has never been one.
    expect(await metric(service, `snapshot_age_seconds{asset="${ASSET}"`)).to.be.at.least(0);
  });

  it("are stored, and said to be, also where nobody can be told what may be trimmed", async () => {
    const failed: string[] = [];
    const service = await engines.start({
      snapshots: ALWAYS,
      bus: (bus) =>
        withMethod(bus, "publish", (subject, payload, options) => {
          if (!subject.startsWith("$KV.horizons.")) return bus.publish(subject, payload, options);
          failed.push(subject);
          return Promise.resolve({ kind: "unavailable" } as const);
        }),
    });
    await engines.command(100);
    await engines.snapshotOfAll();
    await eventually("it could not be said", () => (failed.length > 0 ? true : null));
    await engines.command(100);
    await engines.snapshotOfAll();
    const metrics = await service.metrics.text();
    expect(metrics).to.contain('outcome="stored"').and.not.contain('outcome="failed"');
  });

  it("don't hide from an engine of another rule that it is one: the asset halts, and no other", async () => {
    await leaveSnapshots(1);
    await engines.command(1_000);
    await engines.command(100, OTHER);
    const healthy = await engines.start();
    const before = await engines.published();
    await healthy.stop();
    const service = await engines.start({ registry: withDearLots(ASSET) });
    await eventually("the asset halts", () =>
      service.notReady().join().includes("the replay gave event") ? true : null,
    );
    expect(await metric(service, `stage_halted{asset="${ASSET}"`)).to.equal(1);
    await engines.command(100, OTHER);
    expect(await engines.published(OTHER)).to.deep.equal(engines.expected(OTHER).events);
    expect(await engines.messages("EXECUTIONS", `executions.${ASSET}`)).to.have.length.above(0);
    expect(await engines.published()).to.deep.equal(before);
  });

  it("leave every start something to compare, from an older one where nothing came after the newest", async () => {
    await leaveSnapshots(4);
    const before = await engines.published();
    const lastOld = before.findIndex(({ commandSequence }) => commandSequence > 200);
    const policy = { ...ALWAYS, comparedEventsMin: before.length - lastOld };
    const service = await engines.start({ registry: withDearLots(ASSET), snapshots: policy });
    await eventually("the asset halts", () =>
      service.notReady().join().includes("the replay gave event") ? true : null,
    );
    expect(await engines.published()).to.deep.equal(before);
  });

  it("are gone on from beside a message that can't be read: the asset halts at it, and nothing is applied again", async () => {
    await leaveSnapshots(2);
    await engines.put("COMMANDS", ASSET, Uint8Array.of(0xff, 0x00, 0x17));
    const service = await engines.start();
    await eventually("the asset halts", () => (service.notReady().join().includes("is halted") ? true : null));
    expect(await engines.applied(service, ASSET)).to.equal(0);
  });

  /** In which a quote budget buys next to nothing. */
  function withDearLots(asset: string): AssetRegistry {
    const assets = new Map(REGISTRY.assets).set(asset, {
      ...(REGISTRY.assets.get(asset) as Asset),
      quoteUnitsPerTickLot: 1e6,
    });
    return { ...REGISTRY, assets };
  }
});
