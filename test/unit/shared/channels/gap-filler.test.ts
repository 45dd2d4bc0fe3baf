import { expect } from "chai";
import { type Gap, GapFiller } from "../../../../src/shared/channels/gap-filler.js";
import { createLogger } from "../../../../src/shared/process/log.js";
import { until } from "../../../support/eventually.js";

describe("a gap filler", () => {
  /** Sequences with holes, and a database that a test makes answer or fail. */
  class Stage {
    readonly open = new Map<string, number>();
    readonly fills: (readonly string[])[] = [];
    readonly startedMs: number[] = [];
    /** What a fill does to the sequences. */
    onFill: (keys: readonly string[]) => Promise<void> | void = (keys) => {
      for (const key of keys) this.open.delete(key);
    };
    filled = 0;
    readonly filler: GapFiller<string>;

    constructor(options: { holeWaitMs?: number; retryMs?: number; keysInFillMax?: number } = {}) {
      this.filler = new GapFiller<string>({
        channel: "test",
        gaps: () => this.#gaps(),
        fill: async (keys) => {
          this.fills.push(keys);
          this.startedMs.push(performance.now());
          await this.onFill(keys);
        },
        holeWaitMs: 20,
        checkIntervalMs: 1,
        retryMs: 60,
        keysInFillMax: 100,
        ...options,
        log: createLogger("test", "silent"),
        onFilled: (keys) => {
          this.filled += keys;
        },
      });
      void this.filler.run();
    }

    *#gaps(): Generator<Gap<string>> {
      for (const [key, after] of this.open) yield { key, after };
    }
  }

  let stage: Stage;
  afterEach(() => stage.filler.stop());

  it("gives a hole time to close by itself", async () => {
    stage = new Stage({ holeWaitMs: 50 });
    const sinceMs = performance.now();
    stage.open.set("a", 5);
    await until("it is filled", () => stage.filled === 1);
    expect((stage.startedMs[0] ?? 0) - sinceMs).to.be.at.least(49);
  });

  it("reads many holes at once, no more than its limit, the oldest first", async () => {
    stage = new Stage({ keysInFillMax: 3 });
    for (const key of ["a", "b", "c", "d", "e"]) stage.open.set(key, 1);
    await until("all are filled", () => stage.filled === 5);
    expect(stage.fills).to.deep.equal([
      ["a", "b", "c"],
      ["d", "e"],
    ]);
  });

  it("goes on at once with a hole of which a part was read", async () => {
    stage = new Stage({ holeWaitMs: 20, retryMs: 60_000 });
    stage.onFill = ([key = ""]) => {
      const after = (stage.open.get(key) ?? 0) + 1_000;
      if (after < 20_000) stage.open.set(key, after);
      else stage.open.delete(key);
    };
    stage.open.set("a", 0);
    await until("all of it is read", () => stage.filled === 20);
  });

  it("waits before it reads again what did not come, or could not be read", async () => {
    for (const onFill of [() => undefined, () => Promise.reject(new Error("Postgres is away"))]) {
      stage = new Stage({ retryMs: 60 });
      stage.onFill = onFill;
      stage.open.set("a", 5);
      await until("it was tried twice", () => stage.fills.length === 2);
      stage.filler.stop();
      const [first = 0, second = 0] = stage.startedMs;
      expect(second - first).to.be.at.least(59);
    }
  });
});
