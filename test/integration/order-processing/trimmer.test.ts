import { expect } from "chai";
import type { StoredCommandsSource } from "../../../src/matching-engine/stored-commands-replay.js";
import { Trimmer } from "../../../src/order-processing/trimmer.js";
import type { Bus } from "../../../src/shared/bus/bus.js";
import { putOrdersForBackups, readTrimmed } from "../../../src/shared/bus/orders-for-backups.js";
import { readReplayHorizon } from "../../../src/shared/bus/replay-horizon.js";
import { type StreamName, subjectOf } from "../../../src/shared/bus/subjects.js";
import type { Command } from "../../../src/shared/domain/messages.js";
import { accountId } from "../../../src/shared/domain/units.js";
import { fixedShare } from "../../../src/shared/leases/asset-share.js";
import { eventually } from "../../support/eventually.js";
import { serviceForTest } from "../../support/service.js";
import { ASSET, EnginesUnderTest, OTHER } from "../matching-engine/engines-under-test.js";

const ALWAYS = { everyCommands: 1, everyMs: 1e9 };
const ALL = 1e9;

function bound(target: object, name: string | symbol): unknown {
  const member = Reflect.get(target, name) as unknown;
  return typeof member === "function" ? member.bind(target) : member;
}

describe("trimming the streams", () => {
  let engines: EnginesUnderTest;

  beforeEach(async () => {
    engines = await EnginesUnderTest.create();
  });
  afterEach(() => engines.stop());

  /** With the positions that the sinks have in Postgres, as messages of their input. */
  function trimmer(
    positions: { processed: number; settled: number },
    marginMessages = 1,
    service = serviceForTest("order-processing"),
  ): Trimmer {
    const rows = [
      { service: "order-processing", stream_sequence: positions.processed },
      { service: "trade-processing", stream_sequence: positions.settled },
    ];
    const database = { query: async <R>() => rows as R[] };
    const options = { intervalMs: 1e6, marginMessages };
    return new Trimmer(service, engines.bus, database, fixedShare([ASSET]), options);
  }

  const count = async (stream: StreamName, asset: string) =>
    (await engines.bus.subjectCounts(stream, subjectOf(stream, asset))).get(subjectOf(stream, asset)) ?? 0;

  /** As many snapshots as are kept, each of 100 commands more; the last one is the newest command. */
  async function fillAndSnapshot(): Promise<void> {
    const service = await engines.start({ snapshots: ALWAYS });
    for (let taken = 0; taken < 6; taken++) {
      await engines.command(100);
      await engines.snapshotOfAll();
    }
    await eventually("the engine has said what it may replay", async () => {
      const horizon = await readReplayHorizon(engines.bus, ASSET);
      return horizon !== null && horizon.commandsThrough >= 4 ? true : null;
    });
    await service.stop();
  }

  it("leaves everything that a kept snapshot is to be replayed with, and the engine goes on from there", async () => {
    await fillAndSnapshot();
    await trimmer({ processed: 0, settled: ALL }).trim(ASSET);
    expect(await count("COMMANDS", ASSET)).to.equal(4);
    await engines.command(100);
    const service = await engines.start();
    expect((await engines.published()).at(-1)).to.deep.equal(engines.expected().events.at(-1));
    expect(service.notReady()).to.deep.equal([]);
  });

  it("leaves what is not settled, and what is within the margin", async () => {
    await fillAndSnapshot();
    const before = await count("EXECUTIONS", ASSET);
    await trimmer({ processed: 0, settled: 0 }).trim(ASSET);
    await trimmer({ processed: 0, settled: ALL }, 1_000).trim(ASSET);
    expect(await count("EXECUTIONS", ASSET)).to.equal(before);
    expect(await count("COMMANDS", ASSET)).to.be.at.least(4);
    await trimmer({ processed: 0, settled: ALL }).trim(ASSET);
    expect(await count("EXECUTIONS", ASSET))
      .to.be.below(before)
      .and.above(0);
  });

  it("removes requests that are processed, and nothing of other assets", async () => {
    for (const asset of [ASSET, OTHER, ASSET, OTHER, ASSET]) await engines.put("ORDERS", asset, Buffer.from("request"));
    await trimmer({ processed: 5, settled: 0 }).trim(ASSET);
    expect([await count("ORDERS", ASSET), await count("ORDERS", OTHER)]).to.deep.equal([1, 2]);
  });

  it("removes no request that a kept backup of Postgres would replay, and says what it has removed", async () => {
    for (let at = 0; at < 6; at++) await engines.put("ORDERS", ASSET, Buffer.from("request"));
    const place = (processed: number) => ({ madeAtMs: processed, processed: { [ASSET]: processed } });
    await putOrdersForBackups(engines.bus, { oldest: place(3), newest: place(5) });
    await trimmer({ processed: 6, settled: 0 }).trim(ASSET);
    expect([await count("ORDERS", ASSET), await readTrimmed(engines.bus, ASSET)]).to.deep.equal([5, 2]);
    await putOrdersForBackups(engines.bus, { oldest: { madeAtMs: 1, processed: {} }, newest: place(5) });
    await trimmer({ processed: 6, settled: 0 }).trim(ASSET);
    expect(await count("ORDERS", ASSET)).to.equal(5);
    await putOrdersForBackups(engines.bus, null);
    await trimmer({ processed: 6, settled: 0 }).trim(ASSET);
    expect([await count("ORDERS", ASSET), await readTrimmed(engines.bus, ASSET)]).to.deep.equal([2, 5]);
  });

  it("says when the newest whole backup began, and nothing while there is none", async () => {
    const service = serviceForTest("order-processing");
    const trims = trimmer({ processed: 0, settled: 0 }, 1, service);
    const told = async (madeAtMs: number | null) => {
      const place = { madeAtMs, processed: {} };
      await putOrdersForBackups(engines.bus, { oldest: place, newest: place });
      await trims.trim(ASSET);
      return /^bourse_backup_made_at_seconds.* (\d+)$/m.exec(await service.metrics.text())?.[1] ?? null;
    };
    expect([await told(null), await told(2_000), await told(null)]).to.deep.equal([null, "2", null]);
  });

  it("leaves an asset alone whose engine has not said what it may replay", async () => {
    await engines.start();
    await engines.command(500);
    await engines.published();
    await trimmer({ processed: 0, settled: ALL }).trim(ASSET);
    expect(await count("COMMANDS", ASSET)).to.equal(5);
  });

  async function trimAndLoseSnapshots(): Promise<void> {
    await fillAndSnapshot();
    await trimmer({ processed: 0, settled: ALL }).trim(ASSET);
    for (const stored of await engines.store.list(ASSET)) await engines.store.remove(stored);
  }

  it("an engine whose snapshots are all gone after a trim comes back from order_log, and compares what is left", async () => {
    await trimAndLoseSnapshots();
    const before = await engines.messages("EXECUTIONS", subjectOf("EXECUTIONS", ASSET));
    const service = await engines.start({ storedCommands: engines.storedCommands, snapshots: ALWAYS });
    await engines.command(100);
    const stored = await engines.snapshotOfAll();
    expect(await engines.stateHashIn(stored)).to.equal(engines.expected().stateHash);
    const { events } = engines.expected();
    const published = await engines.published();
    expect(published).to.deep.equal(events.slice(-published.length));
    const after = await engines.messages("EXECUTIONS", subjectOf("EXECUTIONS", ASSET));
    expect(after.slice(0, before.length)).to.deep.equal(before);
    expect(service.notReady()).to.deep.equal([]);
  });

  it("says how far it has come meanwhile, and waits while order_log can't be read; other assets go on", async () => {
    await trimAndLoseSnapshots();
    let isAway = true;
    const storedCommands: StoredCommandsSource = async (asset, after, max) => {
      if (isAway) throw new Error("nobody there");
      return await engines.storedCommands(asset, after, max);
    };
    const service = await engines.start({ storedCommands });
    const why = await eventually("it says what it waits for", () =>
      service.notReady().find((reason) => reason.includes("waiting for Postgres")),
    );
    expect(why).to.match(/^rebuilding BTC-USD from order_log: 0 of \d+, waiting for Postgres: nobody there$/);
    await engines.command(100, OTHER);
    expect(await engines.published(OTHER)).to.deep.equal(engines.expected(OTHER).events);
    isAway = false;
    await eventually("it is back", () => (service.notReady().length === 0 ? true : null));
  });

  it("goes on with it when another asset sends the process back to its checkpoint", async () => {
    await trimAndLoseSnapshots();
    const asked: number[] = [];
    let goOn = (): void => undefined;
    const mayGoOn = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const storedCommands: StoredCommandsSource = async (asset, after) => {
      asked.push(after);
      if (after > 0) await mayGoOn;
      return await engines.storedCommands(asset, after, 100);
    };
    let failures = 2;
    const isTrouble = (subject: string) => subject === subjectOf("EXECUTIONS", OTHER) && failures-- > 0;
    const bus = (real: Bus): Bus => {
      const publish: Bus["publish"] = async (subject, ...message) => {
        if (isTrouble(subject)) throw new Error("trouble with the other asset");
        return await real.publish(subject, ...message);
      };
      return new Proxy(real, { get: (_, name) => (name === "publish" ? publish : bound(real, name)) });
    };
    const service = await engines.start({ storedCommands, bus });
    await eventually("it is on its way", () => (asked.includes(100) ? true : null));
    await engines.command(100, OTHER);
    expect(await engines.published(OTHER)).to.deep.equal(engines.expected(OTHER).events);
    expect(failures).to.be.below(1);
    goOn();
    await eventually("it is back", () => (service.notReady().length === 0 ? true : null));
    expect(asked.filter((after) => after === 0)).to.have.lengthOf(1);
    await engines.command(100);
    const published = await engines.published();
    expect(published).to.deep.equal(engines.expected().events.slice(-published.length));
  });

  for (const [what, spoil, expected] of [
    ["has a hole", (command: Command) => (command.commandSequence === 150 ? [] : command), /has no command 150/],
    ["ends too early", (command: Command) => (command.commandSequence < 150 ? command : []), /ends with command 149/],
    [
      "holds other commands than COMMANDS",
      (command: Command) => (command.commandSequence > 200 ? { ...command, accountId: accountId(77) } : command),
      /order_log and COMMANDS hold different commands/,
    ],
  ] as const)
    it(`an engine halts its asset where order_log ${what}`, async () => {
      await trimAndLoseSnapshots();
      const storedCommands: StoredCommandsSource = async (...page) =>
        (await engines.storedCommands(...page)).flatMap(spoil);
      const service = await engines.start({ storedCommands });
      const why = await eventually("the asset is halted", () =>
        service.notReady().find((reason) => reason.includes("halted")),
      );
      expect(why).to.match(expected);
    });

  it("an engine without order_log halts its asset, and says what is missing", async () => {
    await trimAndLoseSnapshots();
    const service = await engines.start();
    const why = await eventually("the asset is halted", () =>
      service.notReady().find((reason) => reason.includes("halted")),
    );
    expect(why).to.match(/COMMANDS begin with command \d+: bring back a snapshot/);
  });
});
