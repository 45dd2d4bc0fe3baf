import { expect } from "chai";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import type { OrderRequest } from "../../src/shared/domain/messages.js";
import { accountId, epochUs, logId } from "../../src/shared/domain/units.js";
import { encodeOrderBatch } from "../../src/shared/wire/pipeline-codec.js";
import { shortFaults } from "../../tools/chaos/faults.js";
import { Worlds } from "../../tools/chaos/worlds.js";
import { build } from "../../tools/load/own-pipeline.js";
import { eventually } from "../support/eventually.js";
import { AT_EACH_CHANGE, itIsExactAfter, OPTIONS } from "./faults-under-test.js";

describe("a pipeline under load", function () {
  this.timeout(120_000);
  const faults = shortFaults().filter(({ name }) => AT_EACH_CHANGE.includes(name));
  const worlds = new Worlds({ withCarefulClients: false });

  before(() => build());
  after(() => worlds.close());

  for (const fault of faults) itIsExactAfter(fault, worlds);

  it("would not pass with an order too many, an acknowledgement too many, a report too few, a trade at another price", async () => {
    const { world, oracle } = await worlds.for(faults[0]!, OPTIONS);
    const { load, bus, database, registry } = world;
    const [asset] = registry.assets.values();
    if (asset === undefined) throw new Error("there are no assets");
    load.resume();
    load.recovery.mark();
    await load.recovery.complete("report", 30_000);
    const someTrade = async () => (await database.query("select 1 from trades limit 1"))[0];
    await eventually("a trade", someTrade);
    await load.pause();

    const nobodys: OrderRequest = {
      accountId: accountId(1),
      receivedAtUs: epochUs(1),
      body: { kind: "cancel_all", side: "buy" },
    };
    await bus.publish(subjectOf("ORDERS", asset.asset), encodeOrderBatch([nobodys]), { deadlineMs: 30_000 });
    load.attempts.note(1, { asset, body: nobodys.body }, { kind: "acknowledged", logId: logId(1) });
    await oracle.settled(30_000);
    await database.query(
      `begin; set local session_replication_role = replica;
       update trades set price_ticks = price_ticks + 1 where (asset, trade_id) = (select asset, max(trade_id) from trades group by asset limit 1);
       delete from execution_reports where account_sequence = (select max(account_sequence) from execution_reports);
       commit`,
    );
    const kinds = new Set<string>();
    for await (const { kind } of oracle.differences(30_000)) kinds.add(kind);
    expect([...kinds].sort()).to.deep.equal(["differing", "doubled", "lost"]);
  });
});
