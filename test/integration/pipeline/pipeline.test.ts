import { expect } from "chai";
import { FEE_ACCOUNT } from "../../../src/shared/domain/funds.js";
import type { NewOrder } from "../../../src/shared/domain/messages.js";
import { epochMs, lots, priceTicks } from "../../../src/shared/domain/units.js";
import { eventually } from "../../support/eventually.js";
import { patience } from "../../support/machine.js";
import { ANN, BOB, buy, PipelineUnderTest, request, sell } from "./pipeline-under-test.js";

describe("the pipeline between the order log and the notifications", () => {
  let pipeline: PipelineUnderTest;

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
  });
  after(() => pipeline.stop());

  it("settles a trade and tells both owners, each in their own sequence", async () => {
    const [maker] = await pipeline.log("BTC-USD", sell(ANN, 5, 100, "ann-1"));
    const [taker] = await pipeline.log("BTC-USD", buy(BOB, 2, 101));
    const [trade] = await pipeline.rowsOnce(1, "select * from trades where asset = 'BTC-USD'");
    expect(trade).to.include({ trade_id: 1, maker_order_id: maker, taker_order_id: taker, price_ticks: 100 });
    expect(trade).to.include({ quantity_lots: 2, taker_side: "buy", maker_account_id: ANN, taker_account_id: BOB });
    const reports = "select * from execution_reports where account_id = $1 order by account_sequence";
    const ann = await pipeline.rowsOnce(2, reports, ANN);
    expect(ann.map((row) => [row["account_sequence"], row["event"], row["status"], row["leaves_lots"]])).to.deep.equal([
      [1, "accepted", "open", 5],
      [2, "trade", "partially_filled", 3],
    ]);
    expect(ann[1]).to.include({ client_order_id: "ann-1", liquidity: "maker", last_quantity_lots: 2 });
    const bob = await pipeline.rowsOnce(2, reports, BOB);
    expect(bob.map((row) => [row["account_sequence"], row["event"], row["status"]])).to.deep.equal([
      [1, "accepted", "open"],
      [2, "trade", "filled"],
    ]);
    const [order] = await pipeline.rows("select * from orders where order_id = $1", maker);
    expect(order).to.include({ status: "partially_filled", filled_lots: 2, leaves_lots: 3, quantity_lots: 5 });
  });

  it("books a trade for both owners and the exchange, and holds nothing for an order that is done", async () => {
    const before = await pipeline.rows(
      "select coalesce(max(trade_id), 0)::int as id from trades where asset = 'ETH-USD'",
    );
    const [maker, taker] = await pipeline.log("ETH-USD", sell(ANN, 5, 10_000), buy(BOB, 5, 10_100));
    const [trade] = await pipeline.rowsOnce(
      1,
      "select * from trades where asset = 'ETH-USD' and trade_id > $1",
      before[0]?.["id"],
    );
    expect(trade).to.include({ maker_fee_units: 500, taker_fee_units: 1_000 });
    const booked = await pipeline.rows(
      `select account_id, currency, amount from ledger_entries
       where source = 'ETH-USD' and kind = 'trade' and sequence = $1 order by account_id, currency`,
      trade?.["event_sequence"],
    );
    expect(booked.map((row) => [row["account_id"], row["currency"], row["amount"]])).to.deep.equal([
      [ANN, "ETH", -500_000],
      [ANN, "USD", 499_500],
      [BOB, "ETH", 500_000],
      [BOB, "USD", -501_000],
      [FEE_ACCOUNT, "USD", 1_500],
    ]);
    const reports = await pipeline.rows(
      "select fee_units from execution_reports where asset = 'ETH-USD' and event = 'trade' order by liquidity",
    );
    expect(reports.map((row) => row["fee_units"])).to.deep.equal([500, 1_000]);
    const held = await pipeline.rows("select held_units from orders where order_id = any($1)", [maker, taker]);
    expect(held.map((row) => row["held_units"])).to.deep.equal([0, 0]);
  });

  it("refuses a client order id that was used before, in any asset, and names the first order", async () => {
    const [first] = await pipeline.log("ETH-USD", buy(ANN, 1, 10, "once"));
    await pipeline.rowsOnce(1, "select 1 from orders where order_id = $1 and asset = 'ETH-USD'", first);
    const [second] = await pipeline.log("SOL-USDC", buy(ANN, 1, 10, "once"));
    const [report] = await pipeline.rowsOnce(
      1,
      "select * from execution_reports where order_id = $1 and asset = 'SOL-USDC'",
      second,
    );
    expect(report).to.include({ event: "rejected", status: "rejected", client_order_id: "once" });
    expect(report?.["reason"]).to.equal(`duplicate_client_order_id: first used by order ${first}`);
    const [logged] = await pipeline.rows("select * from order_log where log_id = $1 and asset = 'SOL-USDC'", second);
    expect(logged).to.include({ kind: "new", refused: "duplicate_client_order_id", first_order_id: first });
  });

  it("lets two accounts use the same client order id, and refuses a second use in one batch", async () => {
    const [ann, bob, again] = await pipeline.log(
      "KCN-EUR",
      buy(ANN, 1, 10, "same"),
      buy(BOB, 1, 9, "same"),
      buy(ANN, 1, 8, "same"),
    );
    const orders = await pipeline.rowsOnce(
      3,
      "select order_id, status from orders where asset = 'KCN-EUR' order by order_id",
    );
    expect(orders).to.deep.equal([
      { order_id: ann, status: "open" },
      { order_id: bob, status: "open" },
      { order_id: again, status: "rejected" },
    ]);
  });

  it("cancels by client order id, and answers an unknown, a finished and a foreign order alike", async () => {
    const [order] = await pipeline.log("ETH-USD", buy(ANN, 1, 20, "to-cancel"));
    const cancel = (account: typeof ANN, clientOrderId: string | null, orderId: typeof order | null) =>
      request(account, { kind: "cancel", orderId: orderId ?? null, clientOrderId });
    await pipeline.log("ETH-USD", cancel(BOB, null, order ?? null), cancel(BOB, "to-cancel", null));
    await pipeline.log("ETH-USD", cancel(ANN, "to-cancel", null), cancel(ANN, "to-cancel", null));
    const refused = await pipeline.rowsOnce(
      3,
      "select account_id, event, status, reason from execution_reports where event = 'cancel_rejected' order by event_sequence",
    );
    expect(refused).to.deep.equal([
      { account_id: BOB, event: "cancel_rejected", status: "rejected", reason: "unknown_order" },
      { account_id: BOB, event: "cancel_rejected", status: "rejected", reason: "unknown_order" },
      { account_id: ANN, event: "cancel_rejected", status: "canceled", reason: "unknown_order" },
    ]);
  });

  it("replaces an order under its old order id and a new client order id", async () => {
    const [order] = await pipeline.log("SOL-USDC", sell(ANN, 10, 500, "before"));
    const replace = {
      kind: "replace",
      orderId: order!,
      quantityLots: lots(7),
      priceTicks: priceTicks(600),
      cover: null,
    } as const;
    await pipeline.log("SOL-USDC", request(ANN, { ...replace, clientOrderId: "after" }));
    await pipeline.log("SOL-USDC", request(ANN, { kind: "cancel", orderId: null, clientOrderId: "after" }));
    const reports = await pipeline.rowsOnce(
      3,
      "select event, status, client_order_id, price_ticks, quantity_lots, leaves_lots from execution_reports where order_id = $1 and asset = 'SOL-USDC' order by event_sequence",
      order,
    );
    expect(reports).to.deep.equal([
      {
        event: "accepted",
        status: "open",
        client_order_id: "before",
        price_ticks: 500,
        quantity_lots: 10,
        leaves_lots: 10,
      },
      {
        event: "replaced",
        status: "open",
        client_order_id: "after",
        price_ticks: 600,
        quantity_lots: 7,
        leaves_lots: 7,
      },
      {
        event: "canceled",
        status: "canceled",
        client_order_id: "after",
        price_ticks: 600,
        quantity_lots: 7,
        leaves_lots: 0,
      },
    ]);
  });

  it("lets an order expire at its time though nobody sends anything, and counts its time over a restart", async () => {
    const expiresAtMs = epochMs(Date.now() + patience(700));
    const gtd = buy(ANN, 1, 5);
    const [order] = await pipeline.log("KCN-EUR", {
      ...gtd,
      body: { ...gtd.body, timeInForce: "GTD", expiresAtMs } as NewOrder,
    });
    await pipeline.rowsOnce(1, "select 1 from orders where order_id = $1 and asset = 'KCN-EUR'", order);
    await pipeline.restart("order-processing");
    const expired =
      "select matched_at_us from execution_reports where order_id = $1 and event = 'expired' and asset = 'KCN-EUR'";
    const [report] = await pipeline.rowsOnce(1, expired, order);
    expect(Number(report?.["matched_at_us"]) / 1000).to.be.within(expiresAtMs, expiresAtMs + patience(5_000));
    const [clock] = await pipeline.rows("select log_id, account_id from order_log where kind = 'advance_clock'");
    expect(clock).to.deep.equal({ log_id: null, account_id: 0 });
  });

  it("counts a command that has no effect as settled", async () => {
    await pipeline.log("SOL-USDC", request(BOB, { kind: "cancel_all", side: "buy" }));
    const positions = "select service, command_sequence from consumer_positions where asset = 'SOL-USDC'";
    const [logged] = await pipeline.rowsOnce(1, "select command_sequence from order_log where kind = 'cancel_all'");
    await eventually("both services are through", async () => {
      const rows = await pipeline.rows(positions);
      return rows.length === 2 && rows.every((row) => row["command_sequence"] === logged?.["command_sequence"])
        ? true
        : null;
    });
  });

  it("settles an order that trades with thousands, whose events span several messages", async () => {
    const makers = 2_600;
    for (let logged = 0; logged < makers; logged += 200)
      await pipeline.log("BTC-USD", ...Array.from({ length: 200 }, (_, index) => sell(ANN, 1, 1_000 + logged + index)));
    await pipeline.rowsOnce(
      makers,
      "select 1 from orders where asset = 'BTC-USD' and price_ticks >= 1000 and side = 'sell'",
    );
    const [taker] = await pipeline.log("BTC-USD", buy(BOB, makers + 3, 10_000)); // 3 are left of the first test
    await pipeline.rowsOnce(makers + 1, "select 1 from trades where taker_order_id = $1", taker);
    const [gaps] = await pipeline.rows(
      "select count(*) as n, max(trade_id) as last, min(trade_id) as first from trades where asset = 'BTC-USD'",
    );
    expect(gaps?.["n"]).to.equal(Number(gaps?.["last"]) - Number(gaps?.["first"]) + 1);
  });
});
