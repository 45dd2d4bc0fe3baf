import { expect } from "chai";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import type { OrderRequest } from "../../src/shared/domain/messages.js";
import { accountId, epochUs, logId } from "../../src/shared/domain/units.js";
import { encodeOrderBatch } from "../../src/shared/wire/pipeline-codec.js";
import type { Fault } from "../../tools/chaos/fault.js";
import { injectInto } from "../../tools/chaos/fault-run.js";
import { shortFaults } from "../../tools/chaos/faults.js";
import { Oracle } from "../../tools/chaos/oracle.js";
import { FREQUENT_SNAPSHOTS } from "../../tools/chaos/snapshot-faults.js";
import { WINDOW_SETTINGS } from "../../tools/chaos/window-faults.js";
import { World } from "../../tools/chaos/world.js";
import { inSharedWorlds, Worlds } from "../../tools/chaos/worlds.js";
import { build } from "../../tools/load/own-pipeline.js";
import { eventually } from "../support/eventually.js";

const SEED = 1;
const RATE_PER_SECOND = 150;
const OPTIONS = { times: 1, ratePerSecond: RATE_PER_SECOND, seed: SEED, warmUpMs: 0, tell: () => {} };

/** It needs other servers than one nats-server and one Postgres behind proxies. */
const isElsewhere = ({ smallDisk, cluster }: Fault) => smallDisk !== undefined || cluster !== undefined;

describe("a pipeline under load", function () {
  this.timeout(90_000);
  let world: World;
  let oracle: Oracle;

  before(async () => {
    build();
    const settings = { ...WINDOW_SETTINGS, ...FREQUENT_SNAPSHOTS };
    world = await World.create({
      ratePerSecond: RATE_PER_SECOND,
      seed: SEED,
      isProxied: true,
      restingOrders: 0,
      withCarefulClients: false, // waiting for what they left behind takes seconds: gone-clients.test.ts does it once
      settings,
    });
    oracle = new Oracle(world);
  });
  after(() => world?.close());

  for (const fault of shortFaults().filter((each) => !isElsewhere(each)))
    it(`is exact after ${fault.how}`, async () => {
      const { differences, exceeded } = await injectInto(world, oracle, fault, OPTIONS);
      expect([...differences, ...exceeded]).to.deep.equal([], `seed ${SEED}`);
    });

  it("would not pass with an order too many, an acknowledgement too many, a report too few, a trade at another price", async () => {
    const { load, bus, database, registry } = world;
    const [asset] = registry.assets.values();
    if (asset === undefined) throw new Error("there are no assets");
    load.resume();
    load.recovery.mark();
    await load.recovery.complete("report", 30_000);
    await load.pause();
    const someTrade = async () => (await database.query("select 1 from trades limit 1"))[0];
    await eventually("a trade", someTrade);

    const nobodys: OrderRequest = {
      accountId: accountId(1),
      receivedAtUs: epochUs(1),
      body: { kind: "cancel_all", side: "buy" },
    };
    await bus.publish(subjectOf("ORDERS", asset.asset), encodeOrderBatch([nobodys]), { deadlineMs: 5_000 });
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

/** With disks that can be full, and with three nats-servers. */
describe("another pipeline under load", function () {
  this.timeout(120_000);
  const worlds = new Worlds({ withCarefulClients: false });

  before(() => build());
  after(() => worlds.close());

  for (const fault of inSharedWorlds(shortFaults().filter(isElsewhere))) {
    const obstacle = fault.obstacle?.() ?? null;
    if (obstacle !== null) console.warn(`not tested here: ${fault.name}, ${obstacle}`);
    else
      it(`is exact after ${fault.how}`, async () => {
        const { differences, exceeded } = await worlds.run(fault, OPTIONS);
        expect([...differences, ...exceeded]).to.deep.equal([], `seed ${SEED}`);
      });
  }
});
