/** Funds, from order-processing's hold to what settlement gives back, over the real Postgres and NATS. */
import { expect } from "chai";
import type { Row } from "../../../src/shared/database/database.js";
import type { RequestBody } from "../../../src/shared/domain/messages.js";
import { type AccountId, currencyUnits, lots, type OrderId, priceTicks } from "../../../src/shared/domain/units.js";
import { eventually } from "../../support/eventually.js";
import { limitOrder, marketOrder } from "../../support/order-terms.js";
import { allDifferences } from "./all-differences.js";
import { BOB, buy, PipelineUnderTest, request, sell } from "./pipeline-under-test.js";

/** How often 100 sessions run for the same money; 100 outside of `npm test`. */
const RACES = Number(process.env["FUNDS_RACES"] ?? 3);
const SESSIONS = 100;

describe("the funds of orders", () => {
  let pipeline: PipelineUnderTest;

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
  });
  afterEach(async () => {
    const found = await allDifferences(pipeline.databaseUrl);
    await pipeline.stop();
    expect(found).to.deep.equal([]);
  });

  const balance = async (account: AccountId, currency: string) => {
    const [row] = await pipeline.rows(
      "select available, held, open_orders from balances where account_id = $1 and currency = $2",
      account,
      currency,
    );
    return row;
  };
  const balanceOnce = (account: AccountId, currency: string, expected: Row) =>
    eventually(`${currency} of ${account} is ${JSON.stringify(expected)}`, async () => {
      const row = await balance(account, currency);
      return Object.entries(expected).every(([column, value]) => row?.[column] === value) ? row : null;
    });
  const logged = (count: number, account: AccountId) =>
    pipeline.rowsOnce(count, "select * from order_log where account_id = $1 order by asset, command_sequence", account);
  const reported = (count: number, account: AccountId) =>
    pipeline.rowsOnce(
      count,
      "select * from execution_reports where account_id = $1 order by account_sequence",
      account,
    );
  const replace = (orderId: OrderId | undefined, quantity: number, price: number): RequestBody => ({
    kind: "replace",
    orderId: orderId as OrderId,
    quantityLots: lots(quantity),
    priceTicks: priceTicks(price),
    clientOrderId: null,
    cover: null,
  });

  it("are held with the order's row in the log, and given back when it is canceled", async () => {
    await pipeline.start("order-processing");
    const ann = await pipeline.createAccount({ USD: 1_002 });
    const [order] = await pipeline.log("BTC-USD", buy(ann, 10, 100));
    const [row] = await logged(1, ann);
    expect(row).to.include({ refused: null, maker_fee_bps: 10, taker_fee_bps: 20, held_units: 1_002 });
    expect(await balance(ann, "USD")).to.deep.equal({ available: 0, held: 1_002, open_orders: 1 });
    const entries = await pipeline.rows("select * from ledger_entries where account_id = $1 and kind = 'hold'", ann);
    expect(entries).to.have.length(1);
    expect(entries[0]).to.include({ source: "BTC-USD", sequence: 1, available_change: -1_002, held_change: 1_002 });
    await pipeline.start("matching-engine");
    await pipeline.start("trade-processing");
    await pipeline.log("BTC-USD", request(ann, { kind: "cancel", orderId: order as OrderId, clientOrderId: null }));
    await balanceOnce(ann, "USD", { available: 1_002, held: 0, open_orders: 0 });
  });

  it("that are missing are named in the order's report, with what there was", async () => {
    await pipeline.startAll();
    const ann = await pipeline.createAccount({ USD: 1_001 });
    await pipeline.log("BTC-USD", buy(ann, 10, 100));
    const [report] = await reported(1, ann);
    expect(report).to.include({ event: "rejected", status: "rejected" });
    expect(report?.["reason"]).to.equal("insufficient_funds: needs 0.001002 USD, has 0.001001 USD");
    expect(await balance(ann, "USD")).to.deep.equal({ available: 1_001, held: 0, open_orders: 0 });
  });

  it("are those of all assets together, in one batch and in the next", async () => {
    await pipeline.start("order-processing");
    const ann = await pipeline.createAccount({ USD: 3_000 });
    await pipeline.log("BTC-USD", buy(ann, 10, 100), buy(ann, 10, 100), buy(ann, 10, 100));
    await logged(3, ann);
    await pipeline.log("ETH-USD", buy(ann, 1, 10));
    const rows = await logged(4, ann);
    expect(rows.map((row) => row["refused"])).to.deep.equal([null, null, "insufficient_funds", null]);
    expect(await balance(ann, "USD")).to.include({ available: 3_000 - 2 * 1_002 - 101 });
  });

  it("may be withdrawn as long as no order holds them, and are missed then", async () => {
    await pipeline.start("order-processing");
    const ann = await pipeline.createAccount({ USD: 3_000 });
    await pipeline.log("BTC-USD", buy(ann, 10, 100));
    await logged(1, ann);
    await pipeline.rows("select book_transfer('withdrawal', $1, 'USD', 1500, 'w', 'test')", ann);
    await pipeline.log("BTC-USD", buy(ann, 10, 100));
    const [, refused] = await logged(2, ann);
    expect(refused).to.include({ refused: "insufficient_funds", needed_units: 1_002, available_units: 498 });
  });

  it("of a market order are held up to its protective price, and what it did not need comes back", async () => {
    await pipeline.startAll();
    const ann = await pipeline.createAccount({ USD: 10_000, BTC: 50_000 });
    await pipeline.log("BTC-USD", sell(BOB, 100, 10));
    await pipeline.log("BTC-USD", buy(ann, 1, 10)); // the last price
    await reported(2, ann);
    await pipeline.log("BTC-USD", request(ann, marketOrder("buy", 10)));
    const [, market] = await logged(2, ann);
    expect(market).to.include({ price_ticks: null, protection_price_ticks: 20, held_units: 201 });
    await balanceOnce(ann, "USD", { available: 10_000 - 11 - 101, held: 0, open_orders: 0 });
    const budget = { quoteBudgetUnits: currencyUnits(500) };
    await pipeline.log("BTC-USD", request(ann, marketOrder("buy", null, budget)));
    const [, , byBudget] = await logged(3, ann);
    expect(byBudget).to.include({ quote_budget_units: 500, spendable_units: 499, held_units: 500 });
    await balanceOnce(ann, "USD", { available: 10_000 - 11 - 101 - 491, held: 0, open_orders: 0 });
  });

  it("of a replace are only what is more, counted from the order's latest terms", async () => {
    await pipeline.start("order-processing");
    const ann = await pipeline.createAccount({ USD: 10_000 });
    const [order] = await pipeline.log("BTC-USD", buy(ann, 10, 100));
    await pipeline.log("BTC-USD", request(ann, replace(order, 15, 100)));
    await logged(2, ann); // not settled yet
    await pipeline.log("BTC-USD", request(ann, replace(order, 15, 120)), request(BOB, replace(order, 99, 999)));
    await logged(3, ann);
    await pipeline.start("matching-engine");
    await pipeline.start("trade-processing");
    await reported(3, ann);
    await pipeline.log("BTC-USD", sell(BOB, 5, 100)); // trades at 120
    await reported(4, ann);
    await pipeline.log("BTC-USD", request(ann, replace(order, 16, 130)));
    const covers = (await logged(4, ann)).map((row) => row["cover"]);
    expect(covers).to.deep.equal([null, 500, 300, 11 * 130 - 10 * 120]);
    const reports = await reported(5, ann);
    expect(reports.map((row) => row["event"])).to.deep.equal(["accepted", "replaced", "replaced", "trade", "replaced"]);
    expect(await balance(ann, "USD")).to.deep.equal({ available: 10_000 - 601 - 1_433, held: 1_433, open_orders: 1 });
  });

  it("of a replace that the engine refuses come back, and the next one does not count from it", async () => {
    await pipeline.startAll();
    const ann = await pipeline.createAccount({ USD: 10_000 });
    const postOnly = request(ann, limitOrder("buy", 10, 100, { postOnly: true }));
    const [order] = await pipeline.log("BTC-USD", postOnly);
    await pipeline.log("BTC-USD", sell(BOB, 1, 110));
    await pipeline.log("BTC-USD", request(ann, replace(order, 10, 120))); // would trade
    await reported(2, ann);
    await pipeline.log("BTC-USD", request(ann, replace(order, 11, 100)));
    const rows = await reported(3, ann);
    expect(rows.map((row) => row["event"])).to.deep.equal(["accepted", "replace_rejected", "replaced"]);
    expect((await logged(3, ann)).map((row) => row["cover"])).to.deep.equal([null, 200, 100]);
    await balanceOnce(ann, "USD", { available: 10_000 - 1_103, held: 1_103 });
  });

  it("of nobody are given to an order that is done, unknown or another's", async () => {
    await pipeline.startAll();
    const ann = await pipeline.createAccount({ USD: 10_000 });
    const [done] = await pipeline.log("BTC-USD", buy(ann, 1, 100));
    await pipeline.log("BTC-USD", sell(BOB, 1, 100));
    await reported(2, ann);
    const [others] = await pipeline.log("BTC-USD", buy(BOB, 1, 50));
    await pipeline.log("BTC-USD", ...[done, others, 7 as OrderId].map((id) => request(ann, replace(id, 100, 100))));
    const rows = await logged(4, ann);
    expect(rows.slice(1).map((row) => [row["cover"], row["held_units"]])).to.deep.equal([
      [0, null],
      [0, null],
      [0, null],
    ]);
    await reported(5, ann);
  });

  /** 100 orders at once, each in a message of its own; there is money for one. */
  async function race(account: AccountId): Promise<void> {
    const orders = Array.from({ length: SESSIONS }, (_, session) =>
      pipeline.log(session % 2 === 0 ? "BTC-USD" : "ETH-USD", buy(account, 10, session % 2 === 0 ? 100 : 10)),
    );
    await Promise.all(orders);
    const rows = await logged(SESSIONS, account);
    expect(rows.filter((row) => row["refused"] === null)).to.have.length(1);
    expect(rows.filter((row) => row["refused"] === "insufficient_funds")).to.have.length(SESSIONS - 1);
    expect(await balance(account, "USD")).to.deep.equal({ available: 0, held: 1_002, open_orders: 1 });
  }

  it(`for one order go to one of ${SESSIONS}, ${RACES} times`, async function () {
    this.timeout(20_000 + RACES * 2_000);
    await pipeline.start("order-processing");
    for (let run = 0; run < RACES; run++) await race(await pipeline.createAccount({ USD: 1_002 }));
  });

  it(`for one order go to one of ${SESSIONS}, ${RACES} times, where two processes serve an asset each`, async function () {
    this.timeout(20_000 + RACES * 2_000);
    await pipeline.start("order-processing", {}, ["BTC-USD"]);
    await pipeline.start("order-processing", {}, ["ETH-USD"]);
    for (let run = 0; run < RACES; run++) await race(await pipeline.createAccount({ USD: 1_002 }));
  });
});
