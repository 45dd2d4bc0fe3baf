import { createEngine } from "@bourse/matching-core";
import { expect } from "chai";
import pg from "pg";
import { AT_START, SnapshotStore } from "../../../src/matching-engine/snapshot-store.js";
import { readRange } from "../../../src/matching-engine/subject-range.js";
import type { PassLimits } from "../../../src/reconciliation/pass.js";
import { type Asset, loadAssets } from "../../../src/shared/domain/assets.js";
import type { Command, NewOrder } from "../../../src/shared/domain/messages.js";
import { lots, priceTicks, type StreamSequence } from "../../../src/shared/domain/units.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { decodeCommandBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { eventually } from "../../support/eventually.js";
import { patience } from "../../support/machine.js";
import type { ServiceForTest } from "../../support/service.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "../pipeline/pipeline-under-test.js";
import { metric, startReconciliation } from "./reconciliation-under-test.js";

const TERMS = loadAssets(`${projectRoot}config/assets.json`).assets.get("BTC-USD") as Asset;
const [ASSET, OTHER] = ["BTC-USD", "ETH-USD"];

describe("the reconciliation service, beside a running pipeline", () => {
  let pipeline: PipelineUnderTest;
  let superuser: pg.Client;
  let service: ServiceForTest;

  async function open(): Promise<void> {
    pipeline = await PipelineUnderTest.create();
    superuser = new pg.Client({ connectionString: pipeline.databaseUrl });
    await superuser.connect();
    await superuser.query("set session_replication_role = replica");
    await pipeline.startAll();
    for (const asset of [ASSET, OTHER])
      await pipeline.log(asset, sell(ANN, 10, 100), buy(BOB, 4, 100), buy(BOB, 5, 90), buy(ANN, 5, 80));
    await pipeline.rowsOnce(8, "select 1 from orders");
  }
  async function close(): Promise<void> {
    await service?.stop();
    await superuser.end();
    await pipeline.stop();
  }

  async function reconcile(limits: Partial<PassLimits> = {}, looksNow?: () => Promise<void>): Promise<void> {
    service = await startReconciliation(pipeline, limits, looksNow);
  }

  const passes = () => metric(service, 'bourse_reconciliation_passes_total{outcome="done"');
  const differing = (asset: string) => metric(service, `bourse_reconciliation_differences{asset="${asset}"`);

  /** A pass that began after this. */
  async function pass(): Promise<void> {
    const before = Number.isNaN(await passes()) ? 0 : await passes();
    await eventually("two passes", async () => ((await passes()) >= before + 2 ? true : null));
  }

  const halts = () =>
    pipeline.rows("select asset, why, made_by from actions where kind = 'set_asset_state' order by action_id");

  /** Sets it open; resolves when orders are taken again. */
  async function resume(asset: string): Promise<void> {
    const OPENED = "select 1 from order_log where asset = $1 and asset_state = 'open'";
    const before = (await pipeline.rows(OPENED, asset)).length;
    await pipeline.rows("select set_asset_state($1, 'open', 'op', 'looked at it')", asset);
    await pipeline.rowsOnce(before + 1, OPENED, asset);
  }

  const edits: [what: string, edit: string, undo: string, halted: string[]][] = [
    [
      "an order",
      "update orders set leaves_lots = leaves_lots + 1 where asset = 'BTC-USD' and price_ticks = 90",
      "update orders set leaves_lots = leaves_lots - 1 where asset = 'BTC-USD' and price_ticks = 90",
      [ASSET],
    ],
    [
      "a trade",
      "update trades set price_ticks = price_ticks + 1 where asset = 'BTC-USD'",
      "update trades set price_ticks = price_ticks - 1 where asset = 'BTC-USD'",
      [ASSET],
    ],
    [
      "a report",
      "update execution_reports set filled_lots = filled_lots + 1 where asset = 'BTC-USD' and liquidity = 'maker'",
      "update execution_reports set filled_lots = filled_lots - 1 where asset = 'BTC-USD' and liquidity = 'maker'",
      [ASSET],
    ],
    [
      "stored commands",
      "update order_log set price_ticks = price_ticks + 1 where asset = 'BTC-USD' and price_ticks = 90",
      "update order_log set price_ticks = price_ticks - 1 where asset = 'BTC-USD' and price_ticks = 91",
      [ASSET],
    ],
    [
      "the ledger",
      "update ledger_entries set available_change = available_change - 1, held_change = held_change + 1 where kind = 'hold' and source = 'BTC-USD' and sequence = 1",
      "update ledger_entries set available_change = available_change + 1, held_change = held_change - 1 where kind = 'hold' and source = 'BTC-USD' and sequence = 1",
      [ASSET],
    ],
    [
      "a balance",
      "update balances set available = available + 1 where account_id = 1 and currency = 'USD'",
      "update balances set available = available - 1 where account_id = 1 and currency = 'USD'",
      [ASSET, OTHER],
    ],
  ];

  const modes: [how: string, limits: Partial<PassLimits>][] = [
    ["looking at everything", {}],
    [
      "looking at what is new and at parts of the rest",
      { wholeMax: 0, slice: { commands: 4, events: 6, reports: 6, transfers: 4 } },
    ],
  ];
  /** By parts, one of history, one of the ledger, one of the present: what differs in each table, reconcile.test.ts finds. */
  const isEdited = (what: string, { wholeMax }: Partial<PassLimits>) =>
    wholeMax !== 0 || ["an order", "the ledger", "a balance"].includes(what);

  for (const [how, limits] of modes)
    describe(how, () => {
      /** A test that passes leaves everything right and open, and the next one goes on with it: starting takes seconds. */
      let isRight = false;

      beforeEach(async () => {
        if (isRight) return;
        await open();
        await reconcile(limits);
        await pass();
        expect([service.notReady(), await halts()]).to.deep.equal([[], []]);
      });
      afterEach(async function () {
        isRight = this.currentTest?.state === "passed";
        if (!isRight) await close();
      });
      after(async () => {
        if (isRight) await close();
      });

      for (const [what, edit, undo, halted] of edits.filter(([what]) => isEdited(what, limits)))
        it(`names ${what} that was edited, halts what it is about, and says when it is right again`, async () => {
          const before = (await halts()).length;
          const halting = async () => new Set((await halts()).slice(before).map((row) => row["asset"]));
          expect((await superuser.query(edit)).rowCount).to.equal(1);
          await eventually("it halts", async () => {
            const names = await halting();
            return halted.every((asset) => names.has(asset)) ? true : null;
          });
          await eventually("it says so", async () => ((await differing(ASSET)) > 0 ? true : null));
          expect(service.notReady()[0]).to.match(/^\d+ differences, of .*BTC-USD/);
          expect((await differing(OTHER)) > 0).to.equal(halted.includes(OTHER));
          await superuser.query(undo);
          await eventually("it is right again", () => (service.notReady().length === 0 ? true : null));
          expect(await differing(ASSET)).to.equal(0);
          expect(await halting()).to.deep.equal(new Set(halted));
          for (const asset of halted) await resume(asset);
        });
    });

  const differences = () => pipeline.rows("select column_name as column from reconciliation_differences");

  describe("started anew", () => {
    beforeEach(open);
    afterEach(close);

    for (const [how, limits] of modes)
      it(`halts nothing for what one snapshot shows and the next one does not, ${how}`, async () => {
        const [, edit, undo] = edits.find(([what]) => what === "a balance") as (typeof edits)[number];
        let isEdited = false;
        await reconcile(limits, async () => {
          await superuser.query(isEdited ? undo : edit);
          isEdited = !isEdited;
        });
        await eventually("a difference that vanished", async () =>
          (await metric(service, "bourse_reconciliation_vanished_total")) > 0 ? true : null,
        );
        expect([await halts(), await differences()]).to.deep.equal([[], []]);
      });

    it("looks once more at what only the second snapshot shows, and halts when the third one shows it, too", async () => {
      const steps = [`${edits[0]?.[1]}`, `${edits[0]?.[2]}; ${edits[1]?.[1]}`];
      await reconcile({}, async () => {
        await superuser.query(steps.shift() ?? "select 1");
      });
      await eventually("it halts", async () => ((await halts()).length > 0 ? true : null));
      expect((await differences()).map(({ column }) => column))
        .to.include("price_ticks")
        .and.not.to.include("leaves_lots");
    });

    it("makes orders of the asset be refused, until an operator resumes it, and does not halt it again for the same", async () => {
      await reconcile();
      await pass();
      await superuser.query(edits[0]?.[1] as string);
      await pipeline.rowsOnce(1, "select 1 from order_log where asset_state = 'halted'");
      const [why] = await halts();
      expect(why).to.include({ asset: ASSET, made_by: "reconciliation" });
      expect(why?.["why"]).to.match(/^orders asset=BTC-USD order_id=\d+: leaves_lots is 6, but 5 by execution_reports/);
      await pipeline.log(ASSET, buy(ANN, 1, 50));
      await pipeline.rowsOnce(1, "select 1 from execution_reports where reason = 'asset_halted'");
      await resume(ASSET);
      await pass();
      expect((await halts()).map((row) => row["made_by"])).to.deep.equal(["reconciliation", "op"]);
      await pipeline.log(ASSET, buy(ANN, 1, 51));
      await pipeline.rowsOnce(1, "select 1 from execution_reports where price_ticks = 51 and event = 'accepted'");
      expect(await differing(ASSET)).to.be.above(0);
    });

    it("goes on with what a pass had no time for, and says how much that is", async () => {
      const unchecked = () => metric(service, "bourse_reconciliation_unchecked_commands");
      await reconcile({ wholeMax: 0, newMs: Number.MIN_VALUE });
      await pass();
      expect(await unchecked()).to.equal(0);
      await pipeline.log(ASSET, buy(ANN, 1, 70), buy(ANN, 1, 60));
      await pipeline.rowsOnce(2, "select 1 from orders where price_ticks in (70, 60)");
      const edit =
        "update execution_reports set leaves_lots = leaves_lots + 1 where asset = 'BTC-USD' and price_ticks = 70";
      expect((await superuser.query(edit)).rowCount).to.equal(1);
      await pass();
      expect([await unchecked(), await halts()]).to.deep.equal([2, []]);
      expect(await metric(service, "bourse_reconciliation_oldest_unchecked_seconds")).to.be.above(0);
      await service.stop();
      await reconcile({ wholeMax: 0, slice: { commands: 1, events: 1, reports: 1, transfers: 1 } });
      await eventually("it is found", async () => ((await halts()).length > 0 ? true : null));
      await eventually("nothing is left", async () => ((await unchecked()) === 0 ? true : null));
    });

    it("lets one process work at a time; both tell what differs", async () => {
      await reconcile();
      const second = await startReconciliation(pipeline);
      try {
        await superuser.query("select pg_advisory_lock(hashtext('bourse reconciliation'))");
        const others = (one = second) => metric(one, `bourse_reconciliation_passes_total{outcome="another's"`);
        for (const one of [service, second])
          await eventually("a look that found the other", async () => ((await others(one)) > 0 ? true : null));
        const before = await passes();
        await superuser.query(edits[0]?.[1] as string);
        const seen = await others();
        await eventually("more looks", async () => ((await others()) > seen + 2 ? true : null));
        expect([await passes(), await halts()]).to.deep.equal([before, []]);
        await superuser.query("select pg_advisory_unlock_all()");
        for (const one of [service, second])
          await eventually("the difference", () => (one.notReady().length > 0 ? true : null));
        expect(await halts()).to.have.length(1);
      } finally {
        await second.stop();
      }
    });

    describe("and the engines' books", () => {
      /** What an engine would hold that took one of the asset's orders for another one. */
      async function storeBook(change: (order: NewOrder) => NewOrder): Promise<void> {
        const last = await pipeline.bus.lastMessage("COMMANDS", `commands.${ASSET}`);
        const range = { stream: "COMMANDS", subject: `commands.${ASSET}`, after: AT_START.commandsThrough } as const;
        const engine = createEngine(TERMS);
        for await (const { data } of readRange(pipeline.bus, {
          ...range,
          through: last?.streamSequence as StreamSequence,
        }))
          for (const command of decodeCommandBatch(data)) {
            const { body } = command;
            engine.apply({
              ...command,
              body: body.kind === "new" && body.priceTicks === 90 ? change(body) : body,
            } as Command);
          }
        const [commandSequence, bytes] = [engine.lastCommandSequence, engine.snapshot()];
        await pipeline.rowsOnce(
          1,
          "select 1 from consumer_positions where service = 'trade-processing' and asset = $1 and sequence = $2",
          ...[ASSET, engine.lastEventSequence],
        );
        await new SnapshotStore(pipeline.bus).store({
          asset: ASSET,
          commandSequence,
          takenAtMs: 1,
          rulesVersion: 1,
          bytes,
          ...AT_START,
        });
      }

      const books = () => metric(service, 'bourse_reconciliation_books_total{outcome="compared"');
      const inBook = () =>
        pipeline.rows(
          `select column_name as column, found, expected, assets, resolved_at is null as is_open
         from reconciliation_differences where table_name = 'book' order by difference_id`,
        );
      const changes: [
        what: string,
        change: (order: NewOrder) => NewOrder,
        column: string,
        found: string,
        told: string,
      ][] = [
        ["at another price", (order) => ({ ...order, priceTicks: priceTicks(91) }), "price_ticks", "91", "90"],
        ["with another quantity", (order) => ({ ...order, quantityLots: lots(7) }), "leaves_lots", "7", "5"],
        ["hidden that is not", (order) => ({ ...order, displayLots: lots(1) }), "display_lots", "1", "null"],
        ["not at all", (order) => ({ ...order, displayLots: lots(9) }), "exists", "false", "true"],
      ];
      for (const [what, change, column, found, told] of changes)
        it(`finds an order that an engine has ${what}`, async () => {
          await reconcile();
          await storeBook((order) => order);
          await pipeline.bus.publish(`snapshots.${ASSET}.999999-1-0`, new Uint8Array(9), { deadlineMs: 30_000 }); // is none
          await eventually("the right book", async () => ((await books()) === 1 ? true : null));
          expect(await inBook()).to.deep.equal([]);
          await pipeline.log(ASSET, buy(ANN, 1, 70));
          await pipeline.rowsOnce(1, "select 1 from orders where price_ticks = 70");
          await storeBook(change);
          const differing = await eventually("it is found", async () =>
            (await inBook()).length > 0 ? inBook() : null,
          );
          expect(differing).to.deep.equal([
            { column, found, expected: told === "null" ? null : told, assets: [ASSET], is_open: true },
          ]);
          expect(await halts()).to.have.length(1);
          await resume(ASSET);
          await pipeline.log(ASSET, buy(ANN, 1, 71));
          await pipeline.rowsOnce(1, "select 1 from orders where price_ticks = 71");
          await storeBook((order) => order);
          await eventually("it is right again", async () => (service.notReady().length === 0 ? true : null));
        });
    });

    it("puts right what it has added up wrongly, and halts nothing", async () => {
      await reconcile({ wholeMax: 0 });
      await pass();
      const { rowCount } = await superuser.query(
        "update reconciled_balances set available = available + 5 where account_id = 1 and currency = 'USD'",
      );
      expect(rowCount).to.equal(1);
      await pass();
      expect([await halts(), service.notReady()]).to.deep.equal([[], []]);
      // Transfers are added only when they are old enough.
      const [sums] = await pipeline.rows(
        `select (select available + held from reconciled_balances where account_id = 1 and currency = 'USD')::text as kept,
         (select sum(amount) from ledger_entries where account_id = 1 and currency = 'USD' and source <> 'transfers')::text as due`,
      );
      expect(sums?.["kept"]).to.equal(sums?.["due"]);
    });

    it("halts nothing when it can't look, and says so", async () => {
      await reconcile();
      await pass();
      await pipeline.rows("revoke select on orders from bourse_reconciliation");
      await eventually("it says so", () => (/permission denied/.test(service.notReady()[0] ?? "") ? true : null));
      expect(await halts()).to.deep.equal([]);
      await pipeline.rows("grant select on orders to bourse_reconciliation");
      await eventually("it works again", () => (service.notReady().length === 0 ? true : null));
    });

    it("stops at once, also in the middle of a pass", async () => {
      await reconcile();
      await pass();
      await superuser.query("begin; lock table orders in access exclusive mode");
      await pipeline.rowsOnce(1, "select 1 from pg_locks where relation = 'orders'::regclass and not granted");
      const startedMs = performance.now();
      await service.stop();
      expect(performance.now() - startedMs).to.be.below(patience(3_000));
      await superuser.query("rollback");
    });
  });
});
