import { expect } from "chai";
import { readRange } from "../../src/matching-engine/subject-range.js";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import { logIdAt, streamSequence } from "../../src/shared/domain/units.js";
import { decodeOrderBatch } from "../../src/shared/wire/pipeline-codec.js";
import { Oracle } from "../../tools/chaos/oracle.js";
import { endAll, goBack, makeBackup, RESTORE_FAULTS } from "../../tools/chaos/restore-faults.js";
import type { World } from "../../tools/chaos/world.js";
import { Worlds } from "../../tools/chaos/worlds.js";
import { build } from "../../tools/load/own-pipeline.js";
import { TextSession } from "../support/trading-session.js";
import { OPTIONS, SEED } from "./faults-under-test.js";

const ASSET = "BTC-USD";
const STEADY_WITHIN_MS = 30_000;
const SETTLES_WITHIN_MS = 60_000;
const ORDERS_EACH = 20;
/**
 * Of what is reported again, the time of the match is another one, and an account's numbers: they count its reports of all assets,
 * which are replayed side by side.
 */
const REPORTS = `select account_id, asset, event_sequence, order_id, event, status, price_ticks, quantity_lots, filled_lots,
    leaves_lots, trade_id, last_price_ticks, last_quantity_lots, fee_units, received_at_us
  from execution_reports where asset = $1 and event_sequence <= $2 order by event_sequence, account_id`;
/** An order is accepted, and each of the second half trades with one of the first. */
const EVENTS = 3 * ORDERS_EACH;

const LATE =
  "select account_id as id, available from balances join accounts using (account_id) where name = 'late' and currency = 'USD'";

describe("a pipeline that goes back to a moment of its past", function () {
  this.timeout(300_000);
  const worlds = new Worlds({ withCarefulClients: false });
  before(() => build());
  after(() => worlds.close());

  /** Two accounts trade with each other, in one asset, with orders that depend on no time. */
  async function trade({ load, bus, registry }: World): Promise<void> {
    for (const [account, side] of [
      ["random1", "BUY"],
      ["random2", "SELL"],
    ] as const) {
      const session = await TextSession.open(load.orderHandler, account);
      for (let at = 0; at < ORDERS_EACH; at++)
        expect(await session.request(`${side} ${ASSET} 1 64000 id=s${SEED}r${at}`)).to.match(/^ACK /);
      session.close();
    }
    const subject = subjectOf("ORDERS", ASSET);
    const through = (await bus.lastMessage("ORDERS", subject))?.streamSequence ?? streamSequence(0);
    const asset = registry.assets.get(ASSET)!;
    for await (const message of readRange(bus, { stream: "ORDERS", subject, after: streamSequence(0), through }))
      for (const [index, { accountId, body }] of decodeOrderBatch(message.data).entries()) {
        const logId = logIdAt(message.streamSequence, index);
        load.attempts.note(accountId, { asset, body }, { kind: "acknowledged", logId });
      }
  }

  it("has every acknowledged request, books that agree, and the same reports again where they depend on no time", async () => {
    const { world, oracle } = await worlds.for(RESTORE_FAULTS[0]!, OPTIONS);
    const { load, database } = world;
    const { finishedAt } = await makeBackup(world);
    const [late] = await database.query<{ id: number }>(
      "insert into accounts (name) values ('late') returning account_id as id",
    );
    await database.query("select make_transfer('deposit', $1, 'USD', 5, 'wire', 'me', 'after the moment')", [late?.id]);
    await trade(world);
    await oracle.settled(SETTLES_WITHIN_MS);
    const before = await database.query(REPORTS, [ASSET, EVENTS]);
    expect(before).to.have.lengthOf(4 * ORDERS_EACH);
    load.resume();
    load.recovery.mark();
    await load.recovery.complete("report", STEADY_WITHIN_MS);
    await endAll(world);
    await goBack(world, finishedAt);
    load.recovery.mark();
    await load.recovery.complete("report", STEADY_WITHIN_MS);
    await load.pause();
    const differences: string[] = [];
    const all = new Oracle(world, { hasGoneBack: true });
    for await (const { kind, text } of all.differences(SETTLES_WITHIN_MS)) differences.push(`${kind}: ${text}`);
    expect(differences.slice(0, 10)).to.deep.equal([], `seed ${SEED}`);
    expect(await database.query(REPORTS, [ASSET, EVENTS])).to.deep.equal(before);
    expect(await database.query(LATE)).to.deep.equal([{ id: late?.id, available: 5 }]);
  });
});
