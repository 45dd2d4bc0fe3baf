import { setImmediate } from "node:timers/promises";
import { expect } from "chai";
import type { Bus } from "../../../../src/shared/bus/bus.js";
import type { BusReader, ReaderOptions } from "../../../../src/shared/bus/reader.js";
import { streamSequence } from "../../../../src/shared/domain/units.js";
import type { AssetShare } from "../../../../src/shared/leases/asset-share.js";
import { nowUs } from "../../../../src/shared/process/clock.js";
import { BadInput } from "../../../../src/shared/stage/dead-letters.js";
import type { Stage } from "../../../../src/shared/stage/stage.js";
import { runStage } from "../../../../src/shared/stage/stage-loop.js";
import { eventually, until } from "../../../support/eventually.js";
import { patience } from "../../../support/machine.js";
import { serviceForTest } from "../../../support/service.js";

const OPTIONS = {
  pendingMessagesMax: 1,
  batchMessagesMax: 1,
  gatherMs: 0,
  batchIntervalMs: 0,
  batchIntervalMaxMs: 0,
};

/** The age at least of what there is to take. */
const QUEUED_US = 3_000_000;

const emptyBus = {
  passOn: () => undefined,
  streamBounds: async () => ({ first: streamSequence(1), last: streamSequence(0) }),
  read: () => ({ pendingMessages: 0, close: async () => undefined }) as BusReader,
} as unknown as Bus;

/** There is always one message of each asset. */
const fullBus = {
  ...emptyBus,
  publish: async () => ({ kind: "stored", streamSequence: streamSequence(1), duplicate: false }),
  read: ({ subject }: ReaderOptions) => {
    const storedAtUs = nowUs() - QUEUED_US;
    const take = () => [{ subject, streamSequence: streamSequence(1), storedAtUs, data: new Uint8Array(0) }];
    const held = { pendingMessages: 1, fill: 1, oldestStoredAtUs: storedAtUs };
    return { ...held, take, close: async () => undefined } as unknown as BusReader;
  },
} as unknown as Bus;

class ShareForTest implements AssetShare {
  readonly letGoOf: string[] = [];
  readonly #leaving = new Set<string>();
  #assets = new Set<string>();
  #listener: () => void = () => undefined;

  assets(): ReadonlySet<string> {
    return this.#assets;
  }

  leaving(): ReadonlySet<string> {
    return this.#leaving;
  }

  letGo(asset: string): void {
    if (this.#leaving.delete(asset)) this.letGoOf.push(asset);
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  is(assets: readonly string[], leaving: readonly string[] = []): void {
    this.#assets = new Set(assets);
    for (const asset of leaving) this.#leaving.add(asset);
    this.#listener();
  }
}

describe("a stage that shares its assets", () => {
  const recovered: string[] = [];
  const released: string[] = [];
  const stage: Stage = {
    name: "matching-engine",
    async recover(asset) {
      recovered.push(asset);
      return { afterSequence: streamSequence(0) };
    },
    handle: async () => undefined,
    release: async (asset) => void released.push(asset),
  };

  it("lets go of what it has to give away again before it took it up", async () => {
    const service = serviceForTest("stage");
    const share = new ShareForTest();
    share.is(["A", "B"]);
    const loop = runStage(service, emptyBus, stage, { ...OPTIONS, share });
    await until("both are taken up", () => recovered.length === 2);
    share.is(["A"], ["B", "C"]);
    await until("two are let go of", () => share.letGoOf.length === 2);
    expect(new Set(share.letGoOf)).to.deep.equal(new Set(["B", "C"]));
    expect(released).to.include("B").and.not.include("A");
    await service.stop();
    await loop;
  });

  for (const mayBeside of [true, false])
    it(`${mayBeside ? "goes on with" : "leaves"} the others' input while it takes one up that may ${mayBeside ? "" : "not "}be beside them`, async () => {
      const service = serviceForTest("stage");
      const share = new ShareForTest();
      share.is(["A"]);
      const answers: ((failure: Error | null) => void)[] = [];
      const recoveries = { A: 0, B: 0 };
      let handled = 0;
      const slow: Stage = {
        ...stage,
        ...(mayBeside && { keepsAssetsApart: true as const }),
        async recover(asset) {
          recoveries[asset as "A" | "B"]++;
          const failure = asset === "B" ? await new Promise<Error | null>((resolve) => answers.push(resolve)) : null;
          if (failure !== null) throw failure;
          return { afterSequence: streamSequence(0) };
        },
        async handle() {
          handled++;
          await setImmediate();
        },
      };
      const loop = runStage(service, fullBus, slow, { ...OPTIONS, share });
      await until("input is handled", () => handled > 0);
      share.is(["A", "B"]);
      await until("B is being taken up", () => answers.length === 1);
      const handledBefore = handled;
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      expect(handled > handledBefore).to.equal(mayBeside);
      answers[0]?.(new Error("nothing answers"));
      await until("that one begins again", () => answers.length === 2);
      expect(recoveries).to.deep.equal({ A: 1, B: 2 });
      answers[1]?.(null);
      const handledThen = handled;
      await until("input is handled again", () => handled > handledThen);
      await service.stop();
      await loop;
    });

  for (const keepsAssetsApart of [true, undefined])
    it(`halts one whose input can't be read, and ${keepsAssetsApart ? "leaves the others where they are" : "sends those of its batch back once"}`, async () => {
      const service = serviceForTest("stage");
      const share = new ShareForTest();
      share.is(["A", "B"]);
      const recoveries = { A: 0, B: 0 };
      let handledOfB = 0;
      const spoilt: Stage = {
        ...stage,
        ...(keepsAssetsApart && { keepsAssetsApart }),
        async recover(asset) {
          recoveries[asset as "A" | "B"]++;
          return { afterSequence: streamSequence(0) };
        },
        async handle(inputs) {
          await setImmediate();
          if (inputs.some(({ asset }) => asset === "A")) throw new BadInput("A", new Error("garbage"));
          handledOfB++;
        },
      };
      const loop = runStage(service, fullBus, spoilt, { ...OPTIONS, share });
      await until("A is halted", () => service.notReady().some((why) => why.includes("A is halted")));
      const handledBefore = handledOfB;
      await until("B goes on", () => handledOfB > handledBefore);
      expect(recoveries).to.deep.equal({ A: 2, B: keepsAssetsApart ? 1 : 2 });
      await service.stop();
      await loop;
    });

  it("measures how old the oldest message of each batch was when it was taken", async () => {
    const service = serviceForTest("stage");
    const share = new ShareForTest();
    share.is(["A", "B"]);
    let batches = 0;
    const counting: Stage = {
      ...stage,
      async handle() {
        batches++;
        await setImmediate();
      },
    };
    const loop = runStage(service, fullBus, counting, { ...OPTIONS, share });
    await until("some batches", () => batches >= 3);
    await service.stop();
    await loop;
    const figure = async (of: string) =>
      Number(new RegExp(`^bourse_stage_queue_seconds_${of}{.*} (.*)$`, "m").exec(await service.metrics.text())?.[1]);
    expect(await figure("count")).to.equal(batches);
    expect((await figure("sum")) / batches).to.be.within(QUEUED_US / 1e6, QUEUED_US / 1e6 + patience(1));
  });

  it("tells how far an asset is behind, also while that can't be handled, until it is another process's", async () => {
    const service = serviceForTest("stage");
    const share = new ShareForTest();
    share.is(["A"]);
    let batches = 0;
    const handle = async () => {
      batches++;
      throw new Error("Postgres is away");
    };
    const loop = runStage(service, fullBus, { ...stage, handle }, { ...OPTIONS, share });
    const lag = async () => /^bourse_stage_lag_seconds{asset="A".*} (.*)$/m.exec(await service.metrics.text())?.[1];
    await until("a batch was sent back twice", () => batches === 2);
    expect(Number(await lag())).to.be.within(QUEUED_US / 1e6, QUEUED_US / 1e6 + patience(5));
    share.is([]);
    await eventually("it is released", async () => ((await lag()) === undefined ? true : null));
    await service.stop();
    await loop;
  });

  it("stops at once, also while it waits to try again", async () => {
    const service = serviceForTest("stage");
    const share = new ShareForTest();
    share.is(["A"]);
    let attempts = 0;
    const failing: Stage = {
      ...stage,
      async recover() {
        attempts++;
        throw new Error("nothing answers");
      },
    };
    const loop = runStage(service, emptyBus, failing, { ...OPTIONS, share });
    await until("the next attempt is 1.6 s away", () => attempts === 5);
    const startedMs = performance.now();
    await service.stop();
    await loop;
    expect(performance.now() - startedMs).to.be.below(patience(1_000));
  });
});
