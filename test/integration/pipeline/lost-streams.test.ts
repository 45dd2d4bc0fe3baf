/** Streams that can be made of Postgres again: gone altogether, or trimmed with all snapshots lost. */
import { expect } from "chai";
import { connect } from "nats";
import { readRange } from "../../../src/matching-engine/subject-range.js";
import type { InputMessage } from "../../../src/shared/bus/reader.js";
import { type StreamName, subjectOf } from "../../../src/shared/bus/subjects.js";
import { streamSequence } from "../../../src/shared/domain/units.js";
import { decodeCommandBatch, decodeExecutionBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { ANN, BOB, buy, PipelineUnderTest, STAGES, sell } from "./pipeline-under-test.js";

const ASSET = "BTC-USD";

describe("a pipeline that lost a stream", () => {
  let pipeline: PipelineUnderTest;

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
  });
  afterEach(() => pipeline.stop());

  /** Three events of two commands each, until all is settled. */
  async function trade(times: number): Promise<void> {
    const before = (await pipeline.rows("select 1 from trades")).length;
    for (let time = 0; time < times; time++) await pipeline.log(ASSET, sell(ANN, 1, 100), buy(BOB, 1, 100));
    await pipeline.rowsOnce(before + times, "select 1 from trades");
  }

  /** Its messages and its counting. */
  async function lose(stream: StreamName): Promise<void> {
    const connection = await connect({ servers: pipeline.nats.url });
    await (await connection.jetstreamManager()).streams.delete(stream);
    await connection.close();
    await pipeline.bus.ensureStreams(1);
  }

  async function messages(stream: StreamName): Promise<InputMessage[]> {
    const subject = subjectOf(stream, ASSET);
    const last = await pipeline.bus.lastMessage(stream, subject);
    const found: InputMessage[] = [];
    if (last === null) return found;
    const range = { stream, subject, after: streamSequence(0), through: last.streamSequence };
    for await (const message of readRange(pipeline.bus, range)) found.push(message);
    return found;
  }

  const commandSequences = async () =>
    (await messages("COMMANDS")).flatMap(({ data }) => decodeCommandBatch(data).map((c) => c.commandSequence));
  const eventSequences = async () =>
    (await messages("EXECUTIONS")).flatMap(({ data }) => decodeExecutionBatch(data).events.map((e) => e.eventSequence));
  const fromTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

  async function stopAll(): Promise<void> {
    for (const stage of STAGES) await pipeline.stopStage(stage);
  }

  async function expectSettledOnce(trades: number): Promise<void> {
    const ids = await pipeline.rows("select trade_id from trades order by trade_id");
    expect(ids.map((row) => row["trade_id"])).to.deep.equal(fromTo(1, trades));
    for (const account of [ANN, BOB]) {
      const sequences = await pipeline.rows(
        "select account_sequence from execution_reports where account_id = $1 order by 1",
        account,
      );
      expect(sequences.map((row) => row["account_sequence"])).to.deep.equal(fromTo(1, 2 * trades));
    }
  }

  it("COMMANDS, while nobody ran: they are published again from order_log, and everything goes on", async () => {
    await pipeline.startAll();
    await trade(3);
    await stopAll();
    await lose("COMMANDS");
    await pipeline.startAll();
    await trade(3);
    expect(await commandSequences()).to.deep.equal(fromTo(1, 12));
    expect(await eventSequences()).to.deep.equal(fromTo(1, 18));
    await expectSettledOnce(6);
  });

  it("COMMANDS, while all run: order-processing goes back to its checkpoint, and publishes them again", async () => {
    await pipeline.startAll();
    await trade(3);
    await lose("COMMANDS");
    await pipeline.log(ASSET, sell(ANN, 1, 100), buy(BOB, 1, 100));
    await pipeline.rowsOnce(4, "select 1 from trades");
    await trade(2);
    expect(await commandSequences()).to.deep.equal(fromTo(1, 12));
    await expectSettledOnce(6);
  });

  it("EXECUTIONS, while nobody ran: the engine gives them again, and nothing is settled twice", async () => {
    await pipeline.startAll();
    await trade(3);
    await stopAll();
    await lose("EXECUTIONS");
    await pipeline.startAll();
    await trade(3);
    expect(await eventSequences()).to.deep.equal(fromTo(1, 18));
    await expectSettledOnce(6);
  });

  it("the beginning of COMMANDS and EXECUTIONS, and all snapshots: the engine comes back from order_log", async () => {
    await pipeline.startAll();
    for (let round = 0; round < 4; round++) await trade(1);
    const before = await messages("EXECUTIONS");
    await stopAll();
    const first = async (stream: StreamName, kept: number) =>
      (await messages(stream)).at(-kept)?.streamSequence as number;
    await pipeline.bus.purge("COMMANDS", subjectOf("COMMANDS", ASSET), await first("COMMANDS", 1));
    await pipeline.bus.purge("EXECUTIONS", subjectOf("EXECUTIONS", ASSET), await first("EXECUTIONS", 3));
    await pipeline.bus.purge("SNAPSHOTS", `${subjectOf("SNAPSHOTS", ASSET)}.*`);
    expect(await commandSequences()).to.deep.equal([7, 8]);
    await pipeline.startAll();
    await trade(2);
    await expectSettledOnce(6);
    const after = await messages("EXECUTIONS");
    expect(after.slice(0, 3)).to.deep.equal(before.slice(-3));
    expect((await eventSequences()).at(-1)).to.equal(18);
  });
});
