import ccxt from "ccxt";
import { expect } from "chai";
import { eventually } from "../support/eventually.js";
import { BourseUnderTest } from "./bourse-under-test.js";
import { type CcxtClient, ccxtClient } from "./public-clients.js";

const SYMBOL = "BTC/USD";

/** ccxt, unmodified, on the real pipeline. What works is listed in docs/clients.md. */
describe("ccxt's binance", function () {
  this.timeout(120_000);
  let bourse: BourseUnderTest;
  let ann: CcxtClient;
  let bob: CcxtClient;

  before(async () => {
    bourse = await BourseUnderTest.start();
    const { gatewayUrl } = bourse.endpoints;
    [ann, bob] = await Promise.all([ccxtClient(gatewayUrl, "random1"), ccxtClient(gatewayUrl, "random2")]);
    await Promise.all([ann.loadMarkets(), bob.loadMarkets()]);
  });
  after(async () => {
    await Promise.all([ann?.close(), bob?.close()]);
    await bourse?.interrupt();
  });
  afterEach(async () => {
    for (const client of [ann, bob]) await client.cancelAllOrders(SYMBOL).catch(() => null);
  });

  const sell = (amount: number, price: number, more = {}) =>
    ann.createOrder(SYMBOL, "limit", "sell", amount, price, more);
  const idOf = ({ id }: CcxtClient) => id;
  const amountOf = ({ amount }: CcxtClient) => amount;
  const failure = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "none",
      (error: Error) => error.constructor.name,
    );

  it("loads markets, the time, the status, currencies and fees", async () => {
    expect(Object.keys(ann.markets)).to.include.members(["BTC/USD", "ETH/USD", "SOL/USDC"]);
    expect(ann.market(SYMBOL).precision).to.include({ price: 0.01, amount: 0.0001 });
    expect(Math.abs(((await ann.fetchTime()) as number) - Date.now())).to.be.lessThan(60_000);
    expect(await ann.fetchStatus()).to.include({ status: "ok" });
    expect(Object.keys(await ann.fetchCurrencies())).to.include.members(["BTC", "USD", "USDC"]);
    expect((await ann.fetchTradingFees())[SYMBOL]).to.include({ maker: 0.001, taker: 0.002 });
    expect((await ann.fetchTradingFee(SYMBOL)).taker).to.equal(0.002);
  });

  it("trades: what was answered is there, with its fills, costs and fees", async () => {
    const before = await bob.fetchBalance();
    const resting = await sell(0.5, 64_000);
    expect(resting).to.include({ status: "open", amount: 0.5, filled: 0, price: 64_000, side: "sell", type: "limit" });
    const bought = await bob.createOrder(SYMBOL, "market", "buy", 0.2);
    expect(bought).to.include({ status: "closed", filled: 0.2, cost: 12_800, average: 64_000 });
    expect(bought.trades).to.have.length(1);
    expect(bought.trades[0]?.fee).to.deep.include({ cost: 25.6, currency: "USD" });
    const byCost = await bob.createMarketBuyOrderWithCost(SYMBOL, 640);
    expect(byCost.filled).to.equal(0.0099);
    expect(await ann.fetchOrder(resting.id, SYMBOL)).to.include({ filled: 0.2099, status: "open" });
    const after = await bob.fetchBalance();
    expect((after["BTC"]?.total ?? 0) - (before["BTC"]?.total ?? 0)).to.be.closeTo(0.2099, 1e-8);
    expect((await ann.fetchOpenOrders(SYMBOL)).map(idOf)).to.deep.equal([resting.id]);
    const canceled = await ann.cancelOrder(resting.id, SYMBOL);
    expect(canceled).to.include({ id: resting.id, status: "canceled", filled: 0.2099 });
    expect(await ann.fetchOpenOrders(SYMBOL)).to.deep.equal([]);
    expect((await ann.fetchOrders(SYMBOL)).map((order: CcxtClient) => [order.id, order.status])).to.deep.include([
      resting.id,
      "canceled",
    ]);
    expect((await bob.fetchMyTrades(SYMBOL)).map(amountOf)).to.deep.equal([0.2, 0.0099]);
    expect((await bob.fetchOrderTrades(bought.id, SYMBOL)).map(amountOf)).to.deep.equal([0.2]);
    expect((await ann.fetchTrades(SYMBOL)).at(-1)).to.include({ price: 64_000, amount: 0.0099, side: "buy" });
    expect((await ann.fetchOHLCV(SYMBOL, "1m")).at(-1)?.[4]).to.equal(64_000);
    expect(await ann.fetchTicker(SYMBOL)).to.include({ last: 64_000, baseVolume: 0.2099 });
    expect(Object.keys(await ann.fetchTickers())).to.include(SYMBOL);
    expect((await ann.fetchBidsAsks([SYMBOL]))[SYMBOL]).to.have.property("symbol", SYMBOL);
    expect((await ann.fetchLastPrices([SYMBOL]))[SYMBOL]?.price).to.equal(64_000);
  });

  it("places every type of order, edits, and cancels one or all", async () => {
    const placed = [
      await sell(0.1, 65_000, { clientOrderId: "ann-limit" }),
      await sell(0.1, 66_000, { postOnly: true }),
      await sell(0.5, 67_000, { icebergAmount: 0.1 }),
      await sell(0.1, 59_000, { stopLossPrice: 60_000 }),
      await ann.createOrder(SYMBOL, "market", "sell", 0.1, undefined, { stopLossPrice: 60_000 }),
      await sell(0.1, 68_000, { selfTradePrevention: "EXPIRE_MAKER" }),
    ];
    expect(placed.map(({ status }) => status)).to.deep.equal(Array(6).fill("open"));
    const open = await ann.fetchOpenOrders(SYMBOL);
    expect(open.map(({ info }: CcxtClient) => info.type)).to.have.members([
      "LIMIT",
      "LIMIT_MAKER",
      "LIMIT",
      "STOP_LOSS_LIMIT",
      "STOP_LOSS",
      "LIMIT",
    ]);
    expect((await ann.fetchOrder(undefined, SYMBOL, { clientOrderId: "ann-limit" })).id).to.equal(placed[0].id);
    // The book is told some milliseconds after the order.
    await eventually("the book with what is shown of them", async () => {
      const { asks } = await ann.fetchOrderBook(SYMBOL);
      return asks.map(([, amount]: number[]) => amount).join() === "0.1,0.1,0.1,0.1" ? true : null;
    });
    const edited = await ann.editOrder(placed[0].id, SYMBOL, "limit", "sell", 0.05, 64_900);
    expect(edited).to.include({ status: "open", amount: 0.05, price: 64_900 });
    expect(await ann.fetchOrder(placed[0].id, SYMBOL)).to.include({ status: "canceled" });
    const amend = {
      symbol: "BTCUSD",
      orderId: edited.id,
      newQty: "0.02",
    };
    const amended = await ann.request("order/amend/keepPriority", "private", "PUT", amend);
    expect(amended.amendedOrder).to.include({ origQty: "0.02", status: "NEW" });
    expect((await sell(0.1, 1, { timeInForce: "IOC" })).status).to.equal("expired");
    expect((await ann.cancelAllOrders(SYMBOL)).map(({ status }: CcxtClient) => status)).to.deep.equal(
      Array(6).fill("canceled"),
    );
    expect(await ann.createOrder(SYMBOL, "limit", "sell", 0.1, 64_000, { test: true })).to.include({ id: undefined });
  });

  const PLAIN = { symbol: "BTCUSD", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.1", price: "100" };
  const wrong: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ["OrderNotFound", "a cancel of an order that is none", () => ann.cancelOrder("12345", SYMBOL)],
    ["OrderNotFound", "an order that is not there", () => ann.fetchOrder("12345", SYMBOL)],
    ["InsufficientFunds", "more than there is", () => ann.createOrder(SYMBOL, "limit", "sell", 2_000_000, 3_000)],
    ["BadRequest", "a missing parameter", () => ann.privatePostOrder({ ...PLAIN, quantity: "" })],
    ["InvalidOrder", "a quantity off lot", () => ann.privatePostOrder({ ...PLAIN, quantity: "0.00001" })],
    ["InvalidOrder", "a price off tick", () => ann.privatePostOrder({ ...PLAIN, price: "1.001" })],
    ["BadSymbol", "a symbol that is none", () => ann.privatePostOrder({ ...PLAIN, symbol: "BTCEUR" })],
    ["InvalidNonce", "a clock that is wrong", () => ann.privatePostOrder({ ...PLAIN, timestamp: 1 })],
    ["BadRequest", "a parameter that is not known", () => ann.privatePostOrder({ ...PLAIN, trailingDelta: "5" })],
  ];
  for (const [expected, what, work] of wrong)
    it(`is told ${expected} of ${what}`, async () => {
      expect(await failure(work())).to.equal(expected);
    });

  it("is told of orders that are refused, of ids that come twice, and of keys that are wrong", async () => {
    await sell(0.1, 64_000, { clientOrderId: "ann-once" });
    expect(await failure(sell(0.1, 64_000, { clientOrderId: "ann-once" }))).to.equal("InvalidOrder");
    expect(await failure(bob.createOrder(SYMBOL, "limit", "buy", 0.1, 64_000, { postOnly: true }))).to.equal(
      "OrderImmediatelyFillable",
    );
    const [stranger, liar] = await Promise.all(
      ["nobody", "random1"].map((key) => ccxtClient(bourse.endpoints.gatewayUrl, key)),
    );
    liar.secret = "another";
    for (const client of [stranger, liar]) expect(await failure(client.fetchBalance())).to.equal("AuthenticationError");
    bourse.operate("asset", "halt", "BTC-USD", "--why", "a test");
    await eventually("an order that is refused", async () =>
      (await failure(sell(0.1, 64_000))) === "MarketClosed" ? true : null,
    );
    bourse.operate("asset", "resume", "BTC-USD", "--why", "a test");
    await eventually("an order that is taken", async () =>
      (await failure(sell(0.1, 65_000))) === "none" ? true : null,
    );
    expect(ccxt.MarketClosed.prototype).to.be.instanceOf(ccxt.BaseError);
  });

  it("watches the market and its own account over WebSocket, and trades there", async () => {
    const book = await ann.watchOrderBook(SYMBOL);
    const watched = [
      ann.watchTrades(SYMBOL),
      ann.watchOHLCV(SYMBOL, "1m"),
      ann.watchOrders(SYMBOL),
      ann.watchMyTrades(SYMBOL),
      ann.watchBalance(),
    ];
    expect((await ann.watchTicker(SYMBOL)).last).to.be.greaterThan(0);
    await eventually("the user stream", () => (Object.keys(ann.clients).length >= 2 ? true : null));
    const changed = ann.watchOrderBook(SYMBOL);
    const placed = await ann.createOrderWs(SYMBOL, "limit", "sell", 0.1, 63_000);
    expect(placed).to.include({ status: "open", amount: 0.1 });
    await changed; // perhaps by what the test before it has left
    await eventually("the order in the book", async () => (String(book.asks[0]) === "63000,0.1" ? true : null));
    await bob.createOrder(SYMBOL, "market", "buy", 0.1);
    const [trades, candles, orders, own, balance] = await Promise.all(watched);
    expect(trades.at(-1)).to.include({ price: 63_000 });
    expect(candles.at(-1)?.[4]).to.equal(63_000);
    expect(orders.map(idOf)).to.include(placed.id);
    expect(own.at(-1)).to.include({ amount: 0.1, order: placed.id });
    expect(balance["BTC"]?.free).to.be.greaterThan(0);
    const resting = await ann.createOrderWs(SYMBOL, "limit", "sell", 0.1, 70_000);
    expect(await ann.cancelOrderWs(resting.id, SYMBOL)).to.include({ status: "canceled" });
    expect(await failure(ann.cancelOrderWs("12345", SYMBOL))).to.equal("OrderNotFound");
  });
});
