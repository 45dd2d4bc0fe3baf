/** npm run replay, against streams that an engine has written, and against a whole pipeline with Postgres. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Database } from "../../../src/shared/database/database.js";
import type { Asset } from "../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { RecordedAsset } from "../../../tools/replay/recorded-asset.js";
import { Difference } from "../../../tools/replay/replay-run.js";
import { replayRecorded, replayWindow } from "../../../tools/replay/replays.js";
import { readWindow } from "../../../tools/replay/window-file.js";
import { DUE_NEWS } from "../../support/due-news.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { ASSET, EnginesUnderTest, REGISTRY } from "../matching-engine/engines-under-test.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "../pipeline/pipeline-under-test.js";

const TERMS = REGISTRY.assets.get(ASSET) as Asset;
const ALL = {
  from: 1,
  to: Number.POSITIVE_INFINITY,
  source: "commands",
  usesSnapshots: true,
  exportFile: null,
} as const;

const EMPTY_DATABASE: Database = {
  query: () => Promise.resolve([]),
  copy: () => Promise.resolve([]),
  transaction: () => Promise.reject(new Error("a replay writes nothing")),
  news: () => DUE_NEWS,
  whyNotReady: () => null,
  close: () => Promise.resolve(),
};

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe("a replay", () => {
  let engines: EnginesUnderTest;
  let recorded: RecordedAsset;

  before(async () => {
    engines = await EnginesUnderTest.create();
    const service = await engines.start({ snapshots: { everyCommands: 100, everyMs: 1e9 } });
    for (let hundred = 0; hundred < 5; hundred++) {
      await engines.command(100);
      await engines.snapshotOfAll();
    }
    await service.stop();
    recorded = new RecordedAsset(engines.bus, EMPTY_DATABASE, TERMS);
  });
  after(() => engines.stop());

  it("of all that there is gives the same events, the same state, and that of each snapshot", async () => {
    const summary = await replayRecorded(recorded, TERMS, ALL);
    const { events, stateHash } = engines.expected();
    expect(summary).to.include({ from: 1, to: 500, comparedThrough: 500, hashes: 3, stateHash });
    expect(summary.counts).to.include({ commands: 500, events: events.length });
    expect(summary.counts.trades).to.be.above(10);
  });

  it("of a window starts from the snapshot before it, and from the log when there is to be none", async () => {
    const window = { ...ALL, from: 420, to: 450 };
    const [one, other] = [
      await replayRecorded(recorded, TERMS, window),
      await replayRecorded(recorded, TERMS, { ...window, usesSnapshots: false }),
    ];
    expect(one).to.include({ from: 420, to: 450, comparedThrough: 450, stateHash: other.stateHash });
    expect(one.counts).to.include({ commands: 31 }).and.deep.equal(other.counts);
  });

  it("of a window that was written to a file needs nothing else", async () => {
    const exportFile = join(temporaryFolder(), "window");
    const { stateHash, counts } = await replayRecorded(recorded, TERMS, { ...ALL, from: 250, to: 480, exportFile });
    const again = await replayWindow(readWindow(exportFile));
    expect(again).to.include({ from: 250, to: 480, comparedThrough: 480, stateHash });
    expect(again.counts).to.deep.equal(counts);
  });

  it("shows the first event that differs, and writes it to the file, where it differs again", async () => {
    const exportFile = join(temporaryFolder(), "window");
    const terms = { ...TERMS, quoteUnitsPerTickLot: 1e6 };
    const changed = new RecordedAsset(engines.bus, EMPTY_DATABASE, terms);
    const [difference, again] = [
      await failureOf(replayRecorded(changed, terms, { ...ALL, usesSnapshots: false, exportFile })),
      await failureOf(Promise.resolve().then(() => replayWindow(readWindow(exportFile)))),
    ];
    expect(difference).to.be.instanceOf(Difference);
    expect((difference as Error).message).to.match(/the replay gave event \d+ of .*but published was event/);
    expect((again as Error).message).to.equal((difference as Error).message);
  });

  it("says so when there are no such commands", async () => {
    const failure = await failureOf(replayRecorded(recorded, TERMS, { ...ALL, from: 600 }));
    expect((failure as Error).message).to.equal("there is no command 600; the last one is 500");
  });
});

describe("a replay of a pipeline", () => {
  let pipeline: PipelineUnderTest;

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    for (let trade = 0; trade < 20; trade++) {
      await pipeline.log(ASSET, sell(ANN, 3, 100 + trade), buy(BOB, 2, 100 + trade));
    }
    const settled = "select 1 from consumer_positions where service = 'trade-processing' and command_sequence = 40";
    await pipeline.rowsOnce(1, settled);
  });
  after(() => pipeline.stop());

  it("gives the trades that Postgres holds, from COMMANDS and from the stored commands", async () => {
    const recorded = new RecordedAsset(pipeline.bus, pipeline.database, TERMS);
    const fromCommands = await replayRecorded(recorded, TERMS, ALL);
    const fromStored = await replayRecorded(recorded, TERMS, { ...ALL, source: "stored-commands" });
    expect(fromCommands).to.include({ to: 40, comparedThrough: 40 });
    const [trades] = await pipeline.rows("select count(*) as count from trades");
    expect(fromCommands.counts).to.include({ commands: 40, trades: trades?.["count"] });
    expect(trades?.["count"]).to.be.above(10);
    expect(fromStored).to.include({ to: 40, comparedThrough: 40, stateHash: fromCommands.stateHash });
  });

  it("shows the first trade that Postgres holds otherwise", async () => {
    const query = async (sql: string, values?: readonly unknown[]) => {
      const rows = await pipeline.database.query<Record<string, number>>(sql, values);
      return rows.map((row) => (row["trade_id"] === 7 ? { ...row, price_ticks: 1 } : row));
    };
    const recorded = new RecordedAsset(pipeline.bus, { ...EMPTY_DATABASE, query: query as Database["query"] }, TERMS);
    const failure = await failureOf(replayRecorded(recorded, TERMS, ALL));
    expect((failure as Error).message)
      .to.include('"tradeId":7')
      .and.include("but Postgres holds");
  });

  it("is a command that finds the pipeline by itself, and says what it found with its exit code", async () => {
    const folder = temporaryFolder();
    const { nats, databaseUrl } = pipeline;
    const endpoints = {
      natsUrl: nats.url,
      databaseUrl,
      orderHandler: { host: "127.0.0.1", port: 1 },
      notifierUrl: "http://127.0.0.1:1",
    };
    writeFileSync(join(folder, "endpoints.json"), JSON.stringify({ ...endpoints, services: [] }));
    const good = await replayCommand("--asset", ASSET, "--data-dir", folder, "--from", "11", "--to", "30");
    expect(good).to.include({ exitCode: 0 });
    expect(good.output).to.include("commands 11 to 30: ").and.include("all the same");
    servers = { NATS_URL: nats.url, DATABASE_URL: databaseUrl };
    const named = await replayCommand("--asset", ASSET);
    expect(named.output).to.include("commands 1 to 40: ").and.include("all the same");
    const nowhere = await replayCommand("--asset", ASSET, "--data-dir", join(folder, "none"));
    expect(nowhere).to.include({ exitCode: 2 });
    expect(nowhere.output).to.include("run npm start first, or set NATS_URL");
    const unknown = await replayCommand("--asset", "NO-SUCH", "--data-dir", folder);
    expect(unknown).to.include({ exitCode: 2 });
    expect(unknown.output).to.include("replay: NO-SUCH is not in");
  });

  let servers: NodeJS.ProcessEnv = {};

  async function replayCommand(...args: string[]): Promise<{ exitCode: number; output: string }> {
    const file = join(projectRoot, "tools/replay/main.ts");
    const child = spawn(process.execPath, ["--import", "tsx", file, ...args], {
      cwd: projectRoot,
      env: { ...process.env, ...servers },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (bytes: Buffer) => (output += bytes.toString()));
    const [exitCode] = (await once(child, "close")) as [number];
    return { exitCode, output };
  }
});
