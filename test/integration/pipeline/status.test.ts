/** The channel `status`: what was decided, as the book has it, through engine and settlement to the subscribers. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Socket } from "socket.io-client";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { until } from "../../support/eventually.js";
import { type NotifierUnderTest, startNotifier } from "../market-data-notifier/notifier-under-test.js";
import { ask } from "../market-data-notifier/subscriber.js";
import { allDifferences } from "./all-differences.js";
import { spoil } from "./failing-publishes.js";
import { ANN, buy, PipelineUnderTest } from "./pipeline-under-test.js";

const MIGRATION = readFileSync(`${projectRoot}sql/14_book_states.sql`, "utf8");

interface Status {
  readonly asset: string;
  readonly state: string;
  readonly sinceUs: number | null;
  readonly madeBy: string | null;
  readonly why: string | null;
}

describe("the status of assets", () => {
  let pipeline: PipelineUnderTest;
  let notifier: NotifierUnderTest;
  const servers = () => ({ natsUrl: pipeline.nats.url, databaseUrl: pipeline.databaseUrl });

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    notifier = await startNotifier(servers());
  });
  afterEach(async () => {
    await notifier.stop();
    await pipeline.stop();
  });

  const decide = (asset: string | null, state: string, why: string) =>
    pipeline.rows("select set_asset_state($1, $2, 'op', $3)", asset, state, why);

  async function subscribed(): Promise<{ socket: Socket; statuses: readonly Status[]; told: Status[] }> {
    const socket = notifier.connect();
    const told: Status[] = [];
    socket.on("status", (status: Status) => told.push(status));
    const { statuses } = (await ask(socket, "subscribe", { channel: "status" })) as unknown as { statuses: Status[] };
    return { socket, statuses, told };
  }
  const brief = (statuses: readonly Status[], asset: string) =>
    statuses.filter((one) => one.asset === asset).map(({ state, madeBy, why }) => [state, madeBy, why]);

  it("is told when the book has it, with who decided it and why, and is the same after restarts", async () => {
    const { statuses, told } = await subscribed();
    expect(statuses.map(({ asset, state }) => [asset, state])).to.deep.equal(
      [...pipeline.registry.assets.keys()].map((asset) => [asset, "open"]),
    );
    await decide("BTC-USD", "halted", "a look");
    await until("the halt is told", () => told.length === 1);
    expect(brief(told, "BTC-USD")).to.deep.equal([["halted", "op", "a look"]]);
    await pipeline.log("BTC-USD", buy(ANN, 1, 100));
    await pipeline.rowsOnce(1, "select 1 from execution_reports where reason like 'asset_halted%'");
    await decide(null, "cancel_only", "all of them");
    await until("every asset is told", () => told.length === 1 + pipeline.registry.assets.size);
    await decide("BTC-USD", "open", "on we go");
    await until("the opening is told", () => brief(told, "BTC-USD").length === 3);
    expect(brief(told, "BTC-USD").slice(1)).to.deep.equal([
      ["cancel_only", "op", "all of them"],
      ["open", "op", "on we go"],
    ]);

    await notifier.stop();
    for (const stage of ["trade-processing", "matching-engine"] as const) await pipeline.restart(stage);
    notifier = await startNotifier(servers());
    const again = await subscribed();
    expect(brief(again.statuses, "BTC-USD")).to.deep.equal([["open", "op", "on we go"]]);
    expect(brief(again.statuses, "ETH-USD")).to.deep.equal([["cancel_only", "op", "all of them"]]);
    const since = told.findLast(({ asset }) => asset === "BTC-USD")?.sinceUs;
    expect(again.statuses.find(({ asset }) => asset === "BTC-USD")?.sinceUs).to.equal(since);
    await decide("ETH-USD", "open", "later");
    await until("it goes on", () => again.told.length === 1);
    expect(await allDifferences(pipeline.databaseUrl)).to.deep.equal([]);
  });

  it("begins with what was decided where books have none stored, as after an update", async () => {
    await decide("BTC-USD", "halted", "a look");
    await decide(null, "cancel_only", "all of them");
    const states = "select asset, state, made_by, why from book_states order by asset";
    await pipeline.rowsOnce(pipeline.registry.assets.size, `select 1 from book_states where state = 'cancel_only'`);
    const stored = await pipeline.rows(states);
    await pipeline.rows("delete from book_states");
    await pipeline.rows(/^insert into book_states\n[^;]*/m.exec(MIGRATION)?.[0] as string);
    expect(await pipeline.rows(states)).to.deep.equal(stored);
  });

  it("is told from Postgres where its notification was not stored", async () => {
    const { told } = await subscribed();
    await pipeline.stopStage("trade-processing");
    await pipeline.start(
      "trade-processing",
      spoil("NOTIFICATIONS", async () => ({ kind: "unavailable" })),
    );
    await decide("BTC-USD", "halted", "a look");
    await until("the halt is told", () => told.length > 0);
    expect(brief(told, "BTC-USD")).to.deep.equal([["halted", "op", "a look"]]);
  });
});
