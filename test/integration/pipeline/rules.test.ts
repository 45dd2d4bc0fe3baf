/** What engines decide by comes with their commands: from the assets file by order-processing, and from build to build. */
import { RULES_VERSION } from "@bourse/matching-core";
import { expect } from "chai";
import { SnapshotStore } from "../../../src/matching-engine/snapshot-store.js";
import type { Asset } from "../../../src/shared/domain/assets.js";
import { RecordedAsset } from "../../../tools/replay/recorded-asset.js";
import { replayRecorded } from "../../../tools/replay/replays.js";
import { eventually } from "../../support/eventually.js";
import { ANN, buy, PipelineUnderTest } from "./pipeline-under-test.js";

const ASSET = "BTC-USD";
const ALL = { from: 1, to: Number.POSITIVE_INFINITY, usesSnapshots: false, exportFile: null } as const;

describe("rules of an asset", () => {
  let pipeline: PipelineUnderTest;

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
  });
  afterEach(() => pipeline.stop());

  const terms = () => pipeline.registry.assets.get(ASSET) as Asset;
  const rules = () => pipeline.rows("select rules from order_log where kind = 'set_rules' and asset = $1", ASSET);
  const reports = (count: number, event: string) =>
    pipeline.rowsOnce(count, "select reason from execution_reports where asset = $1 and event = $2", ASSET, event);

  /** What is written in the assets file from now on. */
  function configure(openOrdersMax: number): void {
    const asset = { ...terms(), rules: { ...terms().rules, openOrdersMax } };
    pipeline.registry = { ...pipeline.registry, assets: new Map(pipeline.registry.assets).set(ASSET, asset) };
  }

  async function rest(orders: number): Promise<void> {
    for (let order = 0; order < orders; order++) await pipeline.log(ASSET, buy(ANN, 1, 100));
  }

  it("change by a command, once, and what was decided before is decided again as it was", async () => {
    await rest(3);
    await reports(3, "accepted");
    expect(await rules()).to.deep.equal([]);
    configure(2);
    await pipeline.restart("order-processing");
    await rest(1);
    expect((await reports(1, "rejected"))[0]).to.include({ reason: "book_full" });
    expect((await rules()).map((row) => JSON.parse(row["rules"] as string))).to.deep.equal([
      { ...terms().rules, openOrdersMax: 2, version: RULES_VERSION },
    ]);
    await pipeline.restart("order-processing");
    await pipeline.stopStage("matching-engine");
    configure(4);
    await pipeline.start("matching-engine"); // without a snapshot: from the first command on
    await rest(1);
    expect((await reports(2, "rejected"))[1]).to.include({ reason: "book_full" });
    expect(await rules()).to.have.length(1);
    const recorded = new RecordedAsset(pipeline.bus, pipeline.database, terms());
    const [fromCommands, fromLog] = [
      await replayRecorded(recorded, terms(), { ...ALL, source: "commands" }),
      await replayRecorded(recorded, terms(), { ...ALL, source: "stored-commands" }),
    ];
    expect(fromCommands).to.include({ to: 6, comparedThrough: 6 });
    expect(fromLog).to.include({ to: 6, stateHash: fromCommands.stateHash });
  });

  it("pass from one build to another as docs/operations.md says, and no event is decided by the wrong one", async () => {
    await rest(2);
    await reports(2, "accepted");
    const [next, now] = [RULES_VERSION + 1, RULES_VERSION];
    // 1. order-processing of the new build: what it logs first is for engines of the new build.
    await pipeline.stopStage("order-processing");
    pipeline.rulesVersion = next;
    const engine = pipeline.running("matching-engine");
    await pipeline.start("order-processing");
    await rest(1);
    // 2. The engines of the old build halt, and have left a snapshot of all that was theirs to decide.
    const why = await eventually("the old build halts", () =>
      engine.notReady().find((reason) => reason.includes(`${ASSET} is halted`)),
    );
    expect(why).to.include(`rules version ${next}, and this build applies version ${now}`);
    const [snapshot] = await new SnapshotStore(pipeline.bus).list(ASSET);
    expect(snapshot).to.include({ commandSequence: 2, isWhole: true });
    expect(await reports(2, "accepted")).to.have.length(2);
    // 3. Engines of the new build go on from there.
    await pipeline.restart("matching-engine");
    await reports(3, "accepted");
    expect(pipeline.running("matching-engine").notReady()).to.deep.equal([]);
    // Back again is the same way.
    await pipeline.stopStage("order-processing");
    pipeline.rulesVersion = now;
    await pipeline.start("order-processing");
    await eventually("the new build halts", () =>
      pipeline
        .running("matching-engine")
        .notReady()
        .find((reason) => reason.includes(`${ASSET} is halted`)),
    );
    await pipeline.restart("matching-engine");
    await rest(1);
    await reports(4, "accepted");
  });
});
