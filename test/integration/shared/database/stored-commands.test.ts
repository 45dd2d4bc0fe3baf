import { expect } from "chai";
import fc from "fast-check";
import { rowOf } from "../../../../src/order-processing/command-rows.js";
import { connectDatabase, type Database, type Row } from "../../../../src/shared/database/database.js";
import { commandOf, readStoredCommands } from "../../../../src/shared/database/stored-commands.js";
import { CodecError } from "../../../../src/shared/domain/errors.js";
import type { Command } from "../../../../src/shared/domain/messages.js";
import { commandSequence } from "../../../../src/shared/domain/units.js";
import { encodeCommandBatch } from "../../../../src/shared/wire/pipeline-codec.js";
import { commands } from "../../../support/arbitraries.js";
import { asRole, createDatabase, execute } from "../../../support/postgres.js";
import { serviceForTest } from "../../../support/service.js";

const ASSET = "BTC-USD";
const ALL = 1_000;

describe("reading stored commands", () => {
  let url: string;
  let database: Database;

  before(async () => {
    url = await createDatabase();
    const options = { applicationName: "stored-commands-test", log: serviceForTest("test").log };
    database = await connectDatabase(asRole(url, "bourse_matching_engine"), options);
    // What is random is not unique, and not known to the assets.
    await execute(url, "drop index order_log_log_id");
    for (const { part } of await execute(
      url,
      "select relid::regclass::text as part from pg_partition_tree('order_log')",
    ))
      await execute(url, `alter table ${part} disable trigger user`);
  });
  beforeEach(() => execute(url, "delete from order_log"));
  after(() => database.close());

  const insert = (rows: readonly object[]) =>
    execute(url, "insert into order_log select * from json_populate_recordset(null::order_log, $1)", [
      JSON.stringify(rows.map((row) => ({ ...row, day: "2026-01-01" }))),
    ]);
  const numbered = (all: readonly Command[]) =>
    all.map((command, index) => ({ ...command, commandSequence: commandSequence(1 + index) }));

  it("gives the commands that the rows give one by one, byte for byte", async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { minLength: 1, maxLength: 30 }), async (some) => {
        const logged = numbered(some);
        await execute(url, "delete from order_log");
        await insert(logged.map((command) => rowOf(ASSET, command, null, null)));
        const rows = await database.query<Row>("select * from order_log order by command_sequence");
        const read = await readStoredCommands(database, ASSET, 0, ALL);
        expect(read).to.deep.equal(rows.map((row) => commandOf(row as never)));
        expect(encodeCommandBatch(read)).to.deep.equal(encodeCommandBatch(logged));
      }),
    );
  });

  const clocks = (asset: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      asset,
      command_sequence: 1 + index,
      account_id: 0,
      kind: "advance_clock",
      received_at_us: 0,
      sequenced_at_us: 1,
    }));
  const sequences = (read: readonly Command[]) => read.map((command) => command.commandSequence);

  it("gives one asset's, after the one that is known, as many as are wanted", async () => {
    await insert([...clocks(ASSET, 5), ...clocks("ETH-USD", 9)]);
    expect(sequences(await readStoredCommands(database, ASSET, 0, 3))).to.deep.equal([1, 2, 3]);
    expect(sequences(await readStoredCommands(database, ASSET, 3, 3))).to.deep.equal([4, 5]);
    expect(await readStoredCommands(database, ASSET, 5, 3)).to.deep.equal([]);
    expect(await readStoredCommands(database, "it's none", 0, 3)).to.deep.equal([]);
  });

  it("refuses what it does not know or can't hold, and can be asked again", async () => {
    await execute(url, "alter table order_log drop constraint order_log_kind_check");
    await insert(clocks(ASSET, 3).map((row) => ({ ...row, kind: "dance" })));
    const failureOf = (work: Promise<unknown>) => work.then(String, (error: unknown) => error);
    expect(await failureOf(readStoredCommands(database, ASSET, 0, ALL))).to.be.instanceOf(CodecError);
    await execute(url, "delete from order_log");
    await insert(clocks(ASSET, 1).map((row) => ({ ...row, received_at_us: Number.MAX_SAFE_INTEGER + 1 })));
    expect(await failureOf(readStoredCommands(database, ASSET, 0, ALL))).to.be.instanceOf(RangeError);
    await execute(url, "delete from order_log");
    await insert(clocks(ASSET, 2));
    expect(sequences(await readStoredCommands(database, ASSET, 0, ALL))).to.deep.equal([1, 2]);
  });
});
