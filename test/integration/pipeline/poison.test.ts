/** Input that can't be processed: where its bytes go, who is told, and who goes on. */
import { expect } from "chai";
import { connect } from "nats";
import { type StreamName, subjectOf } from "../../../src/shared/bus/subjects.js";
import { Column } from "../../../src/shared/database/columns.js";
import type { Database, Statement } from "../../../src/shared/database/database.js";
import { decodeCommandBatch, decodeExecutionBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { databaseWith } from "../../support/database-with.js";
import { eventually } from "../../support/eventually.js";
import type { ServiceForTest } from "../../support/service.js";
import { ANN, BOB, buy, PipelineUnderTest, type Sabotage, type StageName, sell } from "./pipeline-under-test.js";

const ASSET = "BTC-USD";
const OTHER = "ETH-USD";
const GARBAGE = Uint8Array.of(0xff, 0x00, 0x17, 0x2a);

/** A database that refuses, as Postgres would, a transaction that holds the text. */
function refusing(text: string): Sabotage {
  const textOf = (value: unknown) => String(value instanceof Column ? value.toPostgres() : value);
  const isHit = ({ values = [] }: Statement) => values.some((value) => textOf(value).includes(text));
  return {
    database: (database): Database =>
      databaseWith(database, {
        async transaction(statements) {
          if (statements.some(isHit)) await database.query("select 1 / 0");
          return await database.transaction(statements);
        },
      }),
  };
}

describe("input that can't be processed", () => {
  let pipeline: PipelineUnderTest;

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
  });
  afterEach(() => pipeline.stop());

  async function put(stream: StreamName, data: Uint8Array): Promise<number> {
    const outcome = await pipeline.bus.publish(subjectOf(stream, ASSET), data, { deadlineMs: 30_000 });
    return outcome.kind === "stored" ? outcome.streamSequence : Number.NaN;
  }

  async function tradeIn(asset: string): Promise<void> {
    await pipeline.log(asset, sell(ANN, 1, 100));
    await pipeline.log(asset, buy(BOB, 1, 100));
  }

  /** The last dead letter: its bytes and its headers. */
  async function deadLetterOf(service: StageName) {
    const connection = await connect({ servers: pipeline.nats.url });
    try {
      const manager = await connection.jetstreamManager();
      const last_by_subj = subjectOf("DEAD_LETTERS", service);
      const { data, header } = await eventually("a dead letter", () =>
        manager.streams.getMessage("DEAD_LETTERS", { last_by_subj }).catch(() => null),
      );
      const of = (name: string) => header.get(name);
      return { data, asset: of("asset"), stream: of("stream"), sequence: Number(of("sequence")), reason: of("reason") };
    } finally {
      await connection.close();
    }
  }

  async function commandsOut(asset: string, last: number): Promise<void> {
    await eventually(`${last} commands of ${asset}`, async () => {
      const message = await pipeline.bus.lastMessage("COMMANDS", subjectOf("COMMANDS", asset));
      return message !== null && decodeCommandBatch(message.data).at(-1)?.commandSequence === last ? true : null;
    });
  }

  async function eventsOut(asset: string, throughCommand: number): Promise<void> {
    await eventually(`events of ${throughCommand} commands of ${asset}`, async () => {
      const message = await pipeline.bus.lastMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset));
      return message !== null && decodeExecutionBatch(message.data).throughCommand === throughCommand ? true : null;
    });
  }

  async function halted(service: ServiceForTest): Promise<string> {
    return await eventually("the asset is halted", () => service.notReady().find((why) => why.includes("is halted")));
  }

  it("in the order log is kept and skipped: the orders around it go on", async () => {
    await tradeIn(ASSET);
    const sequence = await put("ORDERS", GARBAGE);
    await tradeIn(ASSET);
    await pipeline.startAll();
    await pipeline.rowsOnce(2, "select 1 from trades where asset = $1", ASSET);
    const { data, reason, ...from } = await deadLetterOf("order-processing");
    expect([...data]).to.deep.equal([...GARBAGE]);
    expect(from).to.deep.equal({ asset: ASSET, stream: "ORDERS", sequence });
    expect(reason).to.be.a("string").and.not.equal("");
  });

  it("among the commands halts its asset, after everything before it, and no other", async () => {
    await pipeline.start("order-processing");
    await tradeIn(ASSET);
    await pipeline.rowsOnce(2, "select 1 from order_log");
    await commandsOut(ASSET, 2);
    const sequence = await put("COMMANDS", GARBAGE);
    const engine = await pipeline.start("matching-engine");
    await pipeline.start("trade-processing");
    expect(await halted(engine)).to.include(ASSET);
    expect(await deadLetterOf("matching-engine")).to.include({ asset: ASSET, stream: "COMMANDS", sequence });
    await tradeIn(OTHER);
    await pipeline.rowsOnce(2, "select asset from trades");
    const trades = await pipeline.rows("select asset from trades order by asset");
    expect(trades).to.deep.equal([{ asset: ASSET }, { asset: OTHER }]);
  });

  it("among the executions halts its asset, and no other: a trade is never skipped", async () => {
    await pipeline.start("order-processing");
    await pipeline.start("matching-engine");
    await tradeIn(ASSET);
    await eventsOut(ASSET, 2);
    const sequence = await put("EXECUTIONS", GARBAGE);
    const settlement = await pipeline.start("trade-processing");
    expect(await halted(settlement)).to.include(ASSET);
    expect(await deadLetterOf("trade-processing")).to.include({ asset: ASSET, stream: "EXECUTIONS", sequence });
    await tradeIn(OTHER);
    await pipeline.rowsOnce(2, "select 1 from trades");
  });

  it("of one order that Postgres refuses is refused to its owner; those beside it are taken", async () => {
    await pipeline.start("order-processing", refusing("spoilt"));
    await pipeline.start("matching-engine");
    await pipeline.start("trade-processing");
    await pipeline.log(OTHER, buy(ANN, 1, 100));
    const ids = ["first", "spoilt", "third"].map((id) => buy(ANN, 1, 100, id));
    const [first, spoilt, third] = await pipeline.log(ASSET, ...ids);
    await pipeline.log(ASSET, buy(ANN, 1, 100, "later"));
    const reports = await pipeline.rowsOnce(
      4,
      "select order_id, event, reason from execution_reports where asset = $1 order by order_id",
      ASSET,
    );
    expect(reports.slice(0, 3)).to.deep.equal([
      { order_id: first, event: "accepted", reason: null },
      { order_id: spoilt, event: "rejected", reason: "unsupported" },
      { order_id: third, event: "accepted", reason: null },
    ]);
    expect(reports[3]).to.include({ event: "accepted" });
    expect(await deadLetterOf("order-processing")).to.include({ asset: ASSET, reason: "division by zero" });
    await pipeline.rowsOnce(1, "select 1 from execution_reports where asset = $1", OTHER);
  });

  it("of a trade that Postgres refuses halts its asset; what came before is settled, and so are the others", async () => {
    await pipeline.start("order-processing");
    await pipeline.start("matching-engine");
    await tradeIn(ASSET);
    await eventsOut(ASSET, 2); // so that what follows is in a message of its own
    await pipeline.log(ASSET, buy(ANN, 1, 100, "spoilt"));
    await tradeIn(OTHER);
    await eventsOut(ASSET, 3);
    await eventsOut(OTHER, 2);
    const settlement = await pipeline.start("trade-processing", refusing("spoilt"));
    expect(await halted(settlement)).to.include("division by zero");
    expect(await deadLetterOf("trade-processing")).to.include({ asset: ASSET, stream: "EXECUTIONS" });
    await pipeline.rowsOnce(1, "select 1 from trades where asset = $1", ASSET);
    await pipeline.rowsOnce(1, "select 1 from trades where asset = $1", OTHER);
  });
});
