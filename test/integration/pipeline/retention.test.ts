/** Days of history that are let go of beside a pipeline that goes on: what is left must be right, and orders must go on. */
import { expect } from "chai";
import { connect } from "nats";
import { DayKeeper } from "../../../src/order-processing/day-keeper.js";
import { newestState } from "../../../src/reconciliation/engine-books.js";
import { PASS_LIMITS, runPart, runPass } from "../../../src/reconciliation/pass.js";
import { NotVerified, Retention } from "../../../src/reconciliation/retention.js";
import { RetentionStore } from "../../../src/reconciliation/retention-store.js";
import { openWorkingSnapshot, type WorkingSnapshot } from "../../../src/shared/database/snapshot.js";
import type { OrderRequest } from "../../../src/shared/domain/messages.js";
import { lots, type OrderId, priceTicks } from "../../../src/shared/domain/units.js";
import { eventually } from "../../support/eventually.js";
import { serviceForTest } from "../../support/service.js";
import { TEST_ASSET, TEST_REGISTRY } from "../../support/test-asset.js";
import { allDifferences } from "./all-differences.js";
import { ANN, BOB, buy, PipelineUnderTest, request, STAGES, sell } from "./pipeline-under-test.js";

const ASSET = "BTC-USD";
/** Days that began before tomorrow are old enough. */
const NOTHING_KEPT = -1;

describe("retention", () => {
  let pipeline: PipelineUnderTest;
  let lines: string[];

  beforeEach(async () => {
    lines = [];
    pipeline = await PipelineUnderTest.create();
    pipeline.snapshots = { everyCommands: 1, everyMs: 1e9 };
    await pipeline.startAll();
  });
  afterEach(() => pipeline.stop());

  function retention(store: RetentionStore = new RetentionStore(pipeline.database)): Retention {
    const ports = { assets: TEST_REGISTRY.assets, newestState: newestState.bind(null, pipeline.bus) };
    return new Retention({ ...ports, store, tell: (line) => void lines.push(line) });
  }

  /** From now on it is tomorrow, or that many days later, for all who write. */
  async function nextDay(days = 1): Promise<void> {
    await new DayKeeper(serviceForTest("order-processing"), pipeline.database).makeDays();
    await pipeline.rows(
      `create or replace view writing_day as select (now() at time zone 'UTC')::date + ${days} as day`,
    );
  }

  /** What the service would do: all of it, as of a small database, or by windows. */
  async function reconcile(wholeMax = 1e9): Promise<unknown[]> {
    const options = { lock: "test", statementTimeoutMs: 60_000 };
    const snapshot = (await openWorkingSnapshot(pipeline.databaseUrl, "test", options)) as WorkingSnapshot;
    const { log } = serviceForTest("test");
    const limits = { ...PASS_LIMITS, wholeMax };
    let { findings, backlog } = await runPass(snapshot, log, [], limits);
    const found = [...findings];
    while (backlog.length > 0) {
      ({ findings, backlog } = await runPart(snapshot, log, [], limits, backlog));
      found.push(...findings);
    }
    await snapshot.commit();
    await snapshot.close();
    return found;
  }

  /** And the engine's snapshot, which retention goes by, is stored. */
  async function settled(): Promise<void> {
    await eventually("all that was logged is settled", async () => {
      const [row] = await pipeline.rows(
        `select bool_and(s.command_sequence >= p.command_sequence) as settled from consumer_positions p
         join consumer_positions s on s.asset = p.asset and s.service = 'trade-processing' where p.service = 'order-processing'`,
      );
      return row?.["settled"] === true ? true : null;
    });
    const [row] = await pipeline.rows(
      "select command_sequence from consumer_positions where asset = $1 and service = 'order-processing'",
      ASSET,
    );
    await eventually("a snapshot of all that was logged", async () => {
      const state = await newestState(pipeline.bus, TEST_ASSET);
      return (state?.commandSequence ?? 0) >= Number(row?.["command_sequence"]) ? true : null;
    });
  }

  /** Each in a message of its own. */
  async function logAll(...requests: readonly OrderRequest[]): Promise<OrderId[]> {
    const ids: OrderId[] = [];
    for (const one of requests) ids.push(...(await pipeline.log(ASSET, one)));
    return ids;
  }

  /** A day's work: orders that end, one that rests and is filled in part; returns those that rest. */
  async function work(name: string): Promise<{ resting: OrderId; stays: OrderId }> {
    const [resting, , , , stays] = (await logAll(
      sell(ANN, 10, 100, `${name}1`),
      buy(BOB, 3, 100, `${name}2`),
      buy(BOB, 2, 90, `${name}3`),
      sell(ANN, 2, 90),
      sell(ANN, 4, 120),
    )) as [OrderId, OrderId, OrderId, OrderId, OrderId];
    await pipeline.log(ASSET, request(ANN, replaceOf(resting, 12, 100)));
    const [, last] = await logAll(buy(BOB, 1, 70), buy(BOB, 1, 71));
    await pipeline.rowsOnce(1, "select 1 from orders where order_id = $1", last as OrderId);
    await settled();
    return { resting, stays };
  }
  const replaceOf = (orderId: OrderId, quantity: number, price: number) =>
    ({
      kind: "replace",
      orderId,
      quantityLots: lots(quantity),
      priceTicks: priceTicks(price),
      clientOrderId: null,
      cover: null,
    }) as const;
  const cancelOf = (orderId: OrderId) => ({ kind: "cancel", orderId, clientOrderId: null }) as const;

  it("lets a day go; orders that rest go on, books are right in every way of looking, ids stay taken", async () => {
    const before = await work("a");
    await nextDay();
    expect(await reconcile()).to.deep.equal([]);
    await retention().look(NOTHING_KEPT);
    expect(lines.join("\n")).to.match(/BTC-USD through command \d+: its engine's state at command \d+/);
    expect(await retention().run(NOTHING_KEPT)).to.equal(1);
    expect(
      await pipeline.rows(
        "select to_regclass(part_of('trades', day)) as part, dropped_at is not null as gone from history_days order by day limit 1",
      ),
    ).to.deep.equal([{ part: null, gone: true }]);
    expect(await allDifferences(pipeline.databaseUrl)).to.deep.equal([]);
    expect(await reconcile(0)).to.deep.equal([]);

    const [taken] = await pipeline.log(ASSET, buy(BOB, 1, 60, "a2"));
    await pipeline.log(ASSET, request(ANN, replaceOf(before.resting, 11, 100)), request(ANN, cancelOf(before.stays)));
    await pipeline.log(ASSET, buy(BOB, 2, 100));
    const second = await work("b");
    const [refused] = await pipeline.rows(
      "select refused, first_order_id as first from order_log where log_id = $1",
      taken,
    );
    expect(refused?.["refused"]).to.equal("duplicate_client_order_id");
    const [stays] = await pipeline.rows("select status from orders where order_id = $1", before.stays);
    expect(stays).to.deep.equal({ status: "canceled" });
    expect(await allDifferences(pipeline.databaseUrl)).to.deep.equal([]);
    expect(await reconcile(0)).to.deep.equal([]);

    await pipeline.restart("order-processing");
    await pipeline.restart("trade-processing");
    await nextDay(2);
    expect(await reconcile()).to.deep.equal([]);
    expect(await retention().run(-2)).to.equal(1);
    expect(await allDifferences(pipeline.databaseUrl)).to.deep.equal([]);
    for (const table of ["reconciled_assets", "reconciled_accounts", "reconciled_balances"])
      await pipeline.rows(`delete from ${table}`); // then it begins anew
    await pipeline.log(ASSET, request(ANN, cancelOf(second.resting)), request(ANN, cancelOf(second.stays)));
    await work("c");
    expect(await allDifferences(pipeline.databaseUrl)).to.deep.equal([]);
    expect(await reconcile(0)).to.deep.equal([]);
  });

  it("leaves all that an engine is made of, where all streams and snapshots are lost", async () => {
    const { resting } = await work("a");
    await nextDay();
    expect(await reconcile()).to.deep.equal([]);
    expect(await retention().run(NOTHING_KEPT)).to.equal(1);
    await work("b");
    for (const stage of STAGES) await pipeline.stopStage(stage);
    const connection = await connect({ servers: pipeline.nats.url });
    const streams = (await connection.jetstreamManager()).streams;
    for (const stream of ["COMMANDS", "EXECUTIONS", "SNAPSHOTS"]) await streams.delete(stream);
    await connection.close();
    await pipeline.bus.ensureStreams(1);
    await pipeline.startAll();
    await pipeline.log(ASSET, buy(BOB, 9, 100));
    await pipeline.rowsOnce(1, "select 1 from orders where order_id = $1 and status = 'filled'", resting);
    await work("c");
    expect(await allDifferences(pipeline.databaseUrl)).to.deep.equal([]);
  });

  it("goes on after it was killed, wherever that was, beside orders that go on", async () => {
    await work("a");
    await nextDay();
    expect(await reconcile()).to.deep.equal([]);
    let isTrading = true;
    const trading = (async () => {
      while (isTrading) await pipeline.log(ASSET, sell(ANN, 1, 100), buy(BOB, 1, 100));
    })();
    const changes = ["storeState", "close", "detach", "drop", "dropped"];
    /** Is killed after so many changes, some before and some after Postgres made it. */
    const killedAfter = (count: number): RetentionStore => {
      const store = new RetentionStore(pipeline.database);
      let left = count;
      return new Proxy(store, {
        get: (target, name) => {
          const method = (target as unknown as Record<string | symbol, (...given: unknown[]) => unknown>)[name];
          if (typeof method !== "function") return method;
          return async (...given: unknown[]) => {
            if (changes.includes(String(name)) && left-- === 0) {
              if (count % 2 === 0) await method.apply(target, given);
              throw new Error("killed");
            }
            return await method.apply(target, given);
          };
        },
      });
    };
    let runs = 0;
    while (
      (await retention(killedAfter(runs % 3))
        .run(NOTHING_KEPT)
        .catch((error: Error) => error.message)) === "killed"
    )
      if (++runs > 100) throw new Error("it never gets done");
    isTrading = false;
    await trading;
    await settled();
    expect(runs).to.be.above(3);
    expect(await pipeline.rows("select 1 from history_days where dropped_at is not null")).to.have.length(1);
    expect(await allDifferences(pipeline.databaseUrl)).to.deep.equal([]);
    expect(await reconcile(0)).to.deep.equal([]);
  });

  it("refuses, with one line, a day that nothing stands for", async () => {
    const refusal = () =>
      retention()
        .run(NOTHING_KEPT)
        .then(
          () => "nothing was refused",
          (error: Error) => error.message,
        );
    await work("a");
    expect(await retention().run(NOTHING_KEPT), "the day that is written into").to.equal(0);
    await nextDay();
    expect(await refusal()).to.match(/reconciliation has not looked at BTC-USD through command \d+/);
    expect(await reconcile()).to.deep.equal([]);
    const noState = new Retention({
      store: new RetentionStore(pipeline.database),
      assets: TEST_REGISTRY.assets,
      newestState: async () => null,
      tell: () => undefined,
    });
    await pipeline.rows("delete from engine_anchors");
    expect(await noState.run(NOTHING_KEPT).catch((error: unknown) => error)).to.be.instanceOf(NotVerified);
    expect(await pipeline.rows("select 1 from history_days where closed_at is not null")).to.deep.equal([]);
  });
});
