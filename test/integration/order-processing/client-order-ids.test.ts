/** Client order ids of one account that two processes are given at the same moment, each for an asset of its own. */
import { expect } from "chai";
import pg from "pg";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { CommandStore } from "../../../src/order-processing/command-store.js";
import { type Questions, RecordStore } from "../../../src/order-processing/record-store.js";
import { Sequencer } from "../../../src/order-processing/sequencer.js";
import type { LoggedBatch } from "../../../src/order-processing/sequencing.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { parseAssets } from "../../../src/shared/domain/assets.js";
import { accountId, commandSequence, epochUs, logId, streamSequence } from "../../../src/shared/domain/units.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { eventually } from "../../support/eventually.js";
import { limitOrder } from "../../support/order-terms.js";
import { createDatabase } from "../../support/postgres.js";

const REGISTRY = parseAssets({
  currencies: { BTC: { decimals: 5, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [
    { asset: "BTC-USD", tickSize: "0.01", lotSize: "0.001" },
    { asset: "USD-BTC", tickSize: "0.01", lotSize: "0.001" },
  ],
});
const ANN = accountId(1);

function batch(asset: string, ...clientOrderIds: readonly string[]): LoggedBatch {
  const requests = clientOrderIds.map((clientOrderId, index) => ({
    logId: logId(256 + index),
    accountId: ANN,
    receivedAtUs: epochUs(1),
    body: limitOrder("buy", 1, 1, { clientOrderId }),
  }));
  const after = { logId: logId(0), commandSequence: commandSequence(0), sequencedAtUs: epochUs(0) };
  return { asset, requests, streamSequence: streamSequence(1), after };
}

describe("Client order ids that two processes use at once", () => {
  let url: string;
  const databases: Database[] = [];

  /** An order-processing of its own, but for its streams. */
  async function processWith(onAsked: (questions: Questions) => Promise<unknown> = async () => undefined) {
    const database = await connectDatabase(url, { applicationName: "test", log: createLogger("test", "silent") });
    databases.push(database);
    const record = new RecordStore(database);
    const answer = async (questions: Questions) => {
      const answers = await record.answer(questions);
      await onAsked(questions);
      return answers;
    };
    const store = new CommandStore(database, 1_000);
    const options = { holdsFunds: false };
    return { database, sequencer: new Sequencer(REGISTRY, { answer } as unknown as RecordStore, store, options) };
  }
  const commit = (sequencer: Sequencer, logged: LoggedBatch) => sequencer.commit([logged], () => false);
  const outcomes = (database: Database) =>
    database.query("select asset, client_order_id as id, refused from order_log order by asset, command_sequence");

  beforeEach(async () => {
    url = await createDatabase();
    const { database } = await processWith();
    await storeAssets(database, REGISTRY);
  });
  afterEach(() => Promise.all(databases.splice(0).map((database) => database.close())));

  it("belong to the faster one; the other's order is refused like any second use, and nothing is poison", async () => {
    const { sequencer: faster } = await processWith();
    let commits = 0;
    const { sequencer: slower, database } = await processWith(async () => {
      if (commits++ === 0) await commit(faster, batch("BTC-USD", "a"));
    });
    await commit(slower, batch("USD-BTC", "a", "b"));
    expect(await outcomes(database)).to.deep.equal([
      { asset: "BTC-USD", id: "a", refused: null },
      { asset: "USD-BTC", id: "a", refused: "duplicate_client_order_id" },
      { asset: "USD-BTC", id: "b", refused: null },
    ]);
  });

  it("are waited for in one order, whatever order the requests came in: nobody deadlocks", async () => {
    const { sequencer, database } = await processWith();
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const take = (order: number, id: string) =>
      other.query("insert into client_order_ids values ($1, $2, 'BTC-USD', $3)", [ANN, id, order]);
    await other.query("begin");
    await take(1, "a");
    const committed = commit(sequencer, batch("USD-BTC", "b", "a"));
    await eventually("the batch waits for the other's id", async () => {
      const waiting = await database.query("select 1 from pg_locks where not granted");
      return waiting.length > 0 ? true : null;
    });
    await take(2, "b"); // it would wait for the batch, which waits for it
    await other.query("commit");
    await other.end();
    await committed;
    expect(await outcomes(database)).to.deep.include.members([
      { asset: "USD-BTC", id: "b", refused: "duplicate_client_order_id" },
      { asset: "USD-BTC", id: "a", refused: "duplicate_client_order_id" },
    ]);
  });

  it("stay taken when the rows of their order are gone, by refused orders, too; the refusal names the first order", async () => {
    const { sequencer, database } = await processWith();
    await commit(sequencer, batch("BTC-USD", "a"));
    await database.query(
      "alter table order_log disable trigger all; delete from order_log; delete from consumer_positions",
    );
    await commit(sequencer, batch("USD-BTC", "a", "b", "b"));
    expect(
      await database.query("select client_order_id as id, refused, first_order_id from order_log order by log_id"),
    ).to.deep.equal([
      { id: "a", refused: "duplicate_client_order_id", first_order_id: 256 },
      { id: "b", refused: null, first_order_id: null },
      { id: "b", refused: "duplicate_client_order_id", first_order_id: 257 },
    ]);
  });
});
