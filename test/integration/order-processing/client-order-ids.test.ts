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
    const { sequencer: faster, database } = await processWith();
    let commits = 0;
    const { sequencer: slower } = await processWith(async () => {
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
    const insert = (sequence: number, id: string) =>
      other.query(
        `insert into order_log (asset, command_sequence, log_id, account_id, kind, client_order_id, received_at_us,
           sequenced_at_us) values ('BTC-USD', $1, $1, $2, 'new', $3, 1, 1)`,
        [sequence, ANN, id],
      );
    await other.query("begin");
    await insert(1, "a");
    const committed = commit(sequencer, batch("USD-BTC", "b", "a"));
    await eventually("the batch waits for the other's id", async () => {
      const waiting = await database.query("select 1 from pg_locks where not granted");
      return waiting.length > 0 ? true : null;
    });
    await insert(2, "b"); // it would wait for the batch, which waits for it
    await other.query("commit");
    await other.end();
    await committed;
    expect(await outcomes(database)).to.deep.include.members([
      { asset: "USD-BTC", id: "b", refused: "duplicate_client_order_id" },
      { asset: "USD-BTC", id: "a", refused: "duplicate_client_order_id" },
    ]);
  });
});
