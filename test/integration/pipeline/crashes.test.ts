/** One test for each row of the crash-window table in docs/arch.md that lies between the log and the notifications. */
import { expect } from "chai";
import { type Bus, ERROR_CODES } from "../../../src/shared/bus/bus.js";
import { STREAMS, type StreamName } from "../../../src/shared/bus/subjects.js";
import type { Database, Row } from "../../../src/shared/database/database.js";
import { Fenced } from "../../../src/shared/domain/errors.js";
import { streamSequence } from "../../../src/shared/domain/units.js";
import {
  decodeCommandBatch,
  decodeExecutionBatch,
  decodeNotificationBatch,
} from "../../../src/shared/wire/pipeline-codec.js";
import { databaseWith } from "../../support/database-with.js";
import { eventually } from "../../support/eventually.js";
import { whatEnds } from "../../support/service.js";
import { diesBeforePublish, losesFirstAcknowledgement } from "./failing-publishes.js";
import { ANN, BOB, buy, PipelineUnderTest, type StageName, sell } from "./pipeline-under-test.js";

const ASSET = "BTC-USD";

async function decoded<T>(
  pipeline: PipelineUnderTest,
  stream: StreamName,
  decode: (data: Uint8Array) => T[],
): Promise<T[]> {
  const { last } = await pipeline.bus.streamBounds(stream);
  const items: T[] = [];
  let read = 0;
  const subject = `${STREAMS[stream].prefix}.*`;
  const reader = pipeline.bus.read({
    stream,
    subject,
    afterSequence: streamSequence(0),
    pendingMessagesMax: 1_000,
    onAvailable: () => undefined,
  });
  await eventually(`${last} messages of ${stream}`, () => {
    for (const message of reader.take(1_000)) {
      items.push(...decode(message.data));
      read = message.streamSequence;
    }
    return read >= last ? true : null;
  });
  await reader.close();
  return items;
}

/** The traces of `trades` one-lot trades between ANN and BOB, each exactly once, everywhere. */
async function expectExactlyOnce(pipeline: PipelineUnderTest, trades: number): Promise<void> {
  await pipeline.rowsOnce(trades, "select 1 from trades");
  const commands = await decoded(pipeline, "COMMANDS", decodeCommandBatch);
  expect(commands.map(({ commandSequence }) => commandSequence)).to.deep.equal(oneTo(2 * trades));
  const events = await decoded(pipeline, "EXECUTIONS", (data) => [...decodeExecutionBatch(data).events]);
  expect(events.map(({ eventSequence }) => eventSequence)).to.deep.equal(oneTo(3 * trades));
  const tradeIds = await pipeline.rows("select trade_id from trades order by trade_id");
  expect(tradeIds.map((row) => row["trade_id"])).to.deep.equal(oneTo(trades));
  for (const account of [ANN, BOB]) {
    const reports = await pipeline.rows(
      "select account_sequence from execution_reports where account_id = $1 order by 1",
      account,
    );
    expect(reports.map((row) => row["account_sequence"])).to.deep.equal(oneTo(2 * trades));
  }
  const [log] = await pipeline.rows("select count(*) as n, count(distinct log_id) as ids from order_log");
  expect(log).to.deep.equal({ n: 2 * trades, ids: 2 * trades });
}

const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** A bus whose answers to publishes into a stream are replaced. */
async function tradeOnce(pipeline: PipelineUnderTest): Promise<void> {
  await pipeline.log(ASSET, sell(ANN, 1, 100));
  await pipeline.log(ASSET, buy(BOB, 1, 100));
}

describe("a stage that dies", () => {
  let pipeline: PipelineUnderTest;

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
  });
  afterEach(() => pipeline.stop());

  async function startOthers(...but: StageName[]): Promise<void> {
    for (const stage of ["order-processing", "matching-engine", "trade-processing"] as const)
      if (!but.includes(stage)) await pipeline.start(stage);
  }

  it("order-processing, after its commit and before the publish: the rows are the outbox", async () => {
    await startOthers("order-processing");
    const { sabotage, reached } = diesBeforePublish("COMMANDS");
    const doomed = await pipeline.start("order-processing", sabotage);
    await tradeOnce(pipeline);
    await reached;
    await pipeline.crash(doomed);
    await pipeline.start("order-processing");
    await tradeOnce(pipeline);
    await expectExactlyOnce(pipeline, 2);
  });

  it("matching-engine, before its publish: the replay gives the events again", async () => {
    await startOthers("matching-engine");
    await tradeOnce(pipeline);
    const { sabotage, reached } = diesBeforePublish("EXECUTIONS");
    const doomed = await pipeline.start("matching-engine", sabotage);
    await reached;
    await pipeline.crash(doomed);
    await pipeline.start("matching-engine");
    await tradeOnce(pipeline);
    await expectExactlyOnce(pipeline, 2);
  });

  it("matching-engine, after its publish: the replay publishes nothing twice", async () => {
    await startOthers("matching-engine");
    const first = await pipeline.start("matching-engine");
    await tradeOnce(pipeline);
    await pipeline.rowsOnce(1, "select 1 from trades");
    await first.stop();
    await tradeOnce(pipeline);
    await pipeline.start("matching-engine");
    await expectExactlyOnce(pipeline, 2);
  });

  it("trade-processing, after its commit and before the notification: the next one asks for a resync", async () => {
    await startOthers("trade-processing");
    const { sabotage, reached } = diesBeforePublish("NOTIFICATIONS");
    const doomed = await pipeline.start("trade-processing", {
      bus: (bus) => sabotage.bus?.(withoutFirst(bus, "NOTIFICATIONS", 4)) ?? bus,
    });
    await tradeOnce(pipeline);
    await reached;
    await pipeline.crash(doomed);
    await pipeline.start("trade-processing");
    await expectExactlyOnce(pipeline, 1);
    const batches = await decoded(pipeline, "NOTIFICATIONS", (data) => [decodeNotificationBatch(data)]);
    expect(batches.at(0)).to.include({ resync: true });
  });

  for (const [stage, stream] of [
    ["order-processing", "COMMANDS"],
    ["matching-engine", "EXECUTIONS"],
    ["trade-processing", "NOTIFICATIONS"],
  ] as const) {
    it(`${stage} goes on when the acknowledgement of a publish is lost`, async () => {
      await startOthers(stage);
      await pipeline.start(stage, losesFirstAcknowledgement(stream));
      await tradeOnce(pipeline);
      await tradeOnce(pipeline);
      await expectExactlyOnce(pipeline, 2);
    });
  }

  for (const stage of ["order-processing", "trade-processing"] as const) {
    it(`${stage} goes on when its connection to Postgres is cut around the commit`, async () => {
      await startOthers(stage);
      let cuts = 2;
      const cutting = (database: Database): Database =>
        databaseWith(database, {
          async transaction(statements) {
            const isWrite = statements[0]?.name === "take_positions";
            if (!isWrite || cuts-- <= 0) return await database.transaction(statements);
            const committed = cuts === 0 ? await database.transaction(statements) : null;
            throw new Error(`the connection was cut ${committed === null ? "before" : "after"} the commit`);
          },
        });
      await pipeline.start(stage, { database: cutting });
      await tradeOnce(pipeline);
      await tradeOnce(pipeline);
      await expectExactlyOnce(pipeline, 2);
    });

    it(`a second ${stage} of the same assets stops, or the first one does`, async () => {
      await startOthers(stage);
      const pair = [await pipeline.start(stage), await pipeline.start(stage)];
      for (let trade = 0; trade < 5; trade++) await tradeOnce(pipeline);
      expect(await whatEnds(...pair)).to.be.instanceOf(Fenced);
      await expectExactlyOnce(pipeline, 5);
    });
  }

  it("order-processing that starts while another is at work gives way, and raises no alarm", async () => {
    await startOthers();
    await tradeOnce(pipeline);
    await pipeline.rowsOnce(1, "select 1 from trades");
    const meanwhile = async () => {
      await tradeOnce(pipeline);
      await pipeline.rowsOnce(2, "select 1 from trades");
    };
    const late = await pipeline.start("order-processing", { database: withLatePosition(meanwhile) });
    expect(await whatEnds(late)).to.be.instanceOf(Fenced);
    await tradeOnce(pipeline);
    await expectExactlyOnce(pipeline, 3);
  });

  it("trade-processing that finds an order which another has settled further gives way, and raises no alarm", async () => {
    await startOthers();
    await pipeline.log(ASSET, sell(ANN, 1, 100));
    await pipeline.rowsOnce(1, "select 1 from orders");
    const meanwhile = async () => {
      await pipeline.log(ASSET, buy(BOB, 1, 100));
      await pipeline.rowsOnce(1, "select 1 from trades");
    };
    const late = await pipeline.start("trade-processing", { database: withLatePosition(meanwhile) });
    expect(await whatEnds(late)).to.be.instanceOf(Fenced);
    await tradeOnce(pipeline);
    await expectExactlyOnce(pipeline, 2);
  });

  it("trade-processing for long: order-processing stops feeding the engine, and goes on when it is back", async () => {
    await startOthers("trade-processing");
    const [before, more] = [256, 15_744]; // it goes on for 0.8 s, to 10,000 at most; a batch takes up to 4,000 at once here
    for (let logged = 0; logged < before + more; logged += 250)
      await pipeline.log(ASSET, ...Array.from({ length: 250 }, () => buy(ANN, 1, 100)));
    await pipeline.rowsOnce(1, "select 1 from order_log having count(*) > $1", before);
    await pipeline.log("ETH-USD", buy(ANN, 1, 100));
    await pipeline.rowsOnce(1, "select 1 from order_log where asset = 'ETH-USD'");
    const [held] = await pipeline.rows("select count(*) as n from order_log where asset = $1", ASSET);
    expect(held?.["n"]).to.be.lessThan(before + more);
    await pipeline.start("trade-processing");
    await pipeline.rowsOnce(1, "select 1 from orders where asset = $1 having count(*) = $2", ASSET, before + more);
  });

  it("two matching engines of one asset do no harm: the fence lets one of them publish", async () => {
    await startOthers("matching-engine");
    const pair = [await pipeline.start("matching-engine"), await pipeline.start("matching-engine")];
    for (let trade = 0; trade < 5; trade++) await tradeOnce(pipeline);
    await expectExactlyOnce(pipeline, 5);
    expect(pair).to.have.length(2);
  });

  it("all of them go on when nats-server is killed and comes back", async () => {
    await startOthers();
    await tradeOnce(pipeline);
    await pipeline.rowsOnce(1, "select 1 from trades");
    await pipeline.nats.kill9();
    await pipeline.nats.restart();
    await eventually("the bus is back", () => (pipeline.bus.isConnected() ? true : null));
    await tradeOnce(pipeline);
    await expectExactlyOnce(pipeline, 2);
  });
});

/** A database that gives the first position asked for only when something else has happened since it was read. */
function withLatePosition(meanwhile: () => Promise<void>): (database: Database) => Database {
  let isFirst = true;
  return (database) => {
    const query = async (text: string, values?: readonly unknown[]): Promise<Row[]> => {
      const rows = await database.query(text, values);
      const isDelayed = isFirst && text.includes("consumer_positions");
      if (isDelayed) isFirst = false;
      if (isDelayed) await meanwhile();
      return rows;
    };
    return databaseWith(database, { query: query as Database["query"] });
  };
}

/** Lets the first publishes of a stage pass: the ones of its start. */
function withoutFirst(bus: Bus, stream: StreamName, count: number): Bus {
  let left = count;
  return new Proxy(bus, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (name !== "publish") return typeof member === "function" ? member.bind(target) : member;
      return ((subject, payload, options) => {
        const isStart = subject.startsWith(`${STREAMS[stream].prefix}.`) && left-- > 0;
        if (isStart) return Promise.resolve({ kind: "refused", errorCode: ERROR_CODES.STREAM_FULL, description: "" });
        return target.publish(subject, payload, options);
      }) as Bus["publish"];
    },
  });
}
