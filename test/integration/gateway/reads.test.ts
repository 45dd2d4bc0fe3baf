/** What the native API tells of markets and of accounts, on the real pipeline. */
import { decode, encode } from "@msgpack/msgpack";
import { expect } from "chai";
import { eventually, until } from "../../support/eventually.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "../pipeline/pipeline-under-test.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

const asset = "BTC-USD";
/** A process's clock and a server's agree to a millisecond or so. */
const CLOCKS_APART_US = 2_000;

describe("the gateway's reads", () => {
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let [resting, taken]: number[] = [];
  const ask = (path: string, key?: string) => gateway.ask("GET", path, key === undefined ? {} : { key });
  const json = async (path: string, key?: string) => (await ask(path, key)).json;
  const problem = async (path: string, key?: string) => {
    const { status, json } = await ask(path, key);
    return [status, json.name, json.field];
  };

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    gateway = await startGateway(pipeline);
    [resting] = await pipeline.log(asset, buy(ANN, 5, 90, "mine"), sell(BOB, 3, 110));
    [taken] = await pipeline.log(asset, sell(ANN, 3, 100, "mine-2"), buy(BOB, 1, 100), buy(BOB, 2, 100));
    await pipeline.rowsOnce(2, "select 1 from trades");
    const levels = async () => (await json(`/v1/depth/${asset}`)).asks;
    await until("the book is that of the orders", async () => JSON.stringify(await levels()) === '[["1.10","0.0003"]]');
    await until("both trades are known", async () => (await json(`/v1/trades/${asset}`)).trades.length === 2);
  });
  after(async () => {
    await gateway.stop();
    await pipeline.stop();
  });

  it("tells the book, the same bytes until it changes", async () => {
    const [first, second] = [await ask(`/v1/depth/${asset}?levels=10`), await ask(`/v1/depth/${asset}?levels=10`)];
    expect(first.json).to.deep.include({ asset, bids: [["0.90", "0.0005"]], asks: [["1.10", "0.0003"]] });
    expect(first.bytes).to.deep.equal(second.bytes);
    expect(await problem(`/v1/depth/${asset}?levels=0`)).to.deep.equal([400, "MALFORMED_MESSAGE", "levels"]);
    expect(await problem(`/v1/depth/${asset}?level=5`)).to.deep.equal([400, "UNSUPPORTED_COMBINATION", "level"]);
    expect(await problem("/v1/depth/NO-NE")).to.deep.equal([400, "UNKNOWN_ASSET", "asset"]);
  });

  it("tells trades by pages, the ticker, candles and states", async () => {
    const { trades, next } = await json(`/v1/trades/${asset}?limit=1`);
    expect([trades[0].tradeId, trades[0].price, trades[0].takerSide, next]).to.deep.equal([2, "1.00", "buy", 2]);
    const before = await json(`/v1/trades/${asset}?before=${next}`);
    expect([before.trades.length, before.trades[0].tradeId, before.next]).to.deep.equal([1, 1, undefined]);
    expect((await json(`/v1/trades/${asset}?after=1`)).trades).to.have.length(1);
    expect(await problem(`/v1/trades/${asset}?after=1&before=3`)).to.deep.equal([
      400,
      "UNSUPPORTED_COMBINATION",
      "after",
    ]);
    expect(await problem(`/v1/trades/${asset}?after=-1`)).to.deep.equal([400, "MALFORMED_MESSAGE", "after"]);
    expect(await json(`/v1/ticker/${asset}`)).to.include({ last: "1.00", bestBid: "0.90", tradeCount: 2 });
    expect((await json("/v1/ticker")).tickers.map((one: { asset: string }) => one.asset)).to.include(asset);
    const { candles } = await json(`/v1/candles/${asset}?interval=1d`);
    expect(candles.at(-1)).to.include({ open: "1.00", volume: "0.0003", quoteVolume: "0.0003", tradeCount: 2 });
    expect(await problem(`/v1/candles/${asset}?interval=2d`)).to.deep.equal([400, "MALFORMED_MESSAGE", "interval"]);
    expect((await json("/v1/status")).statuses.every(({ state }: { state: string }) => state === "open")).to.equal(
      true,
    );
  });

  it("tells an account its open orders, all its orders, and one by either name", async () => {
    await until("all is settled", async () => (await json("/v1/reports", "ann")).reports.length === 4);
    const { orders, accountSequence } = await json("/v1/orders", "ann");
    expect(orders.map(({ orderId }: { orderId: number }) => orderId)).to.deep.equal([resting]);
    expect(accountSequence).to.equal(4);
    const all = await json("/v1/orders?status=all&limit=1", "ann");
    expect(all.orders[0]).to.include({ orderId: taken, status: "filled", clientOrderId: "mine-2" });
    const older = await json(`/v1/orders?status=all&next=${all.next}`, "ann");
    expect(older.orders.map(({ orderId }: { orderId: number }) => orderId)).to.deep.equal([resting]);
    expect(older.next).to.equal(undefined);
    expect(await json(`/v1/orders/${asset}/${resting}`, "ann")).to.deep.equal(orders[0]);
    expect(await json(`/v1/orders/${asset}/client:mine`, "ann")).to.deep.equal(orders[0]);
    const { fills } = await json(`/v1/orders/${asset}/client:mine-2/fills`, "ann");
    expect(fills.map((fill: { lastQuantity: string }) => fill.lastQuantity)).to.deep.equal(["0.0001", "0.0002"]);
    expect((await json("/v1/fills", "ann")).fills).to.deep.equal([...fills].reverse());
    expect((await json("/v1/fills?asset=ETH-USD", "ann")).fills).to.deep.equal([]);
    expect((await json("/v1/reports?from=3", "ann")).reports).to.deep.equal([fills[1]]);
  });

  it("tells when an order was where, to its account alone", async () => {
    const steps = await eventually("the last step", async () => {
      const { steps } = await json(`/v1/orders/${asset}/client:mine-2/steps`, "ann");
      return steps.at(-1).atUs === undefined ? null : steps;
    });
    const names = ["received", "on disk", "decided", "logged", "handed over", "matched", "settled", "published"];
    expect(steps.map(({ step }: { step: string }) => step)).to.deep.equal(names);
    const times: number[] = steps.map(({ atUs }: { atUs: number }) => atUs);
    for (const [place, atUs] of times.entries())
      expect(atUs, names[place]).to.be.at.least((times[place - 1] ?? 0) - CLOCKS_APART_US);
    expect(await problem(`/v1/orders/${asset}/${taken}/steps`, "bob")).to.deep.equal([404, "UNKNOWN_ORDER", "order"]);
    expect(await problem(`/v1/orders/${asset}/${taken}/steps`)).to.deep.equal([401, "LOGIN_REQUIRED", undefined]);
    const last = await pipeline.bus.lastMessage("ORDERS", `orders.${asset}`);
    await pipeline.bus.purge("ORDERS", `orders.${asset}`, last?.streamSequence ?? 0);
    const { steps: later } = await json(`/v1/orders/${asset}/${resting}/steps`, "ann");
    const unknown = later.filter((one: { atUs?: number }) => one.atUs === undefined);
    expect(unknown.map(({ step }: { step: string }) => step)).to.deep.equal(["on disk"]);
  });

  it("looks up one order's way at a time for an account, and meanwhile another's", async () => {
    const path = (order: number | undefined) => `/v1/orders/${asset}/${order}/steps`;
    const [of, ...many] = await Promise.all([
      ask(path(Number(resting) + 1), "bob"),
      ...Array.from({ length: 12 }, () => ask(path(resting), "ann")),
    ]);
    expect(of?.status).to.equal(200);
    const refused = many.filter(({ status }) => status !== 200);
    expect(refused).to.have.length.within(1, 11);
    for (const { status, json } of refused) expect([status, json.name]).to.deep.equal([429, "RATE_LIMITED"]);
    expect((await ask(path(resting), "ann")).status).to.equal(200);
  });

  it("answers another account's orders as those that do not exist", async () => {
    const [theirs, nobodys] = [
      await ask(`/v1/orders/${asset}/${resting}`, "bob"),
      await ask(`/v1/orders/${asset}/77`, "bob"),
    ];
    expect([theirs.status, theirs.json.name]).to.deep.equal([404, "UNKNOWN_ORDER"]);
    expect({ ...theirs.json, value: "77" }).to.deep.equal(nobodys.json);
    expect(await problem(`/v1/orders/${asset}/client:mine`, "bob")).to.deep.equal([404, "UNKNOWN_ORDER", "order"]);
    expect(await problem(`/v1/orders/${asset}/client:a;b`, "bob")).to.deep.equal([
      400,
      "INVALID_CLIENT_ORDER_ID",
      "order",
    ]);
    expect(await problem("/v1/orders")).to.deep.equal([401, "LOGIN_REQUIRED", undefined]);
    expect(await problem("/v1/orders?next=what", "bob")).to.deep.equal([400, "MALFORMED_MESSAGE", "next"]);
  });

  it("tells balances, and the ledger by pages", async () => {
    const { balances } = await json("/v1/balances", "ann");
    expect(balances.find(({ currency }: { currency: string }) => currency === "USD").held).to.not.equal("0.00");
    const all = (await json("/v1/ledger?limit=500", "ann")).entries;
    const paged: unknown[] = [];
    let next: string | undefined;
    do {
      const page = await json(`/v1/ledger?limit=3${next === undefined ? "" : `&next=${next}`}`, "ann");
      paged.push(...page.entries);
      next = page.next;
    } while (next !== undefined);
    expect(paged).to.deep.equal(all);
    expect(all.filter(({ kind }: { kind: string }) => kind === "trade")).to.have.length(4);
    expect(await problem("/v1/ledger?currency=XXX", "ann")).to.deep.equal([400, "MALFORMED_MESSAGE", "currency"]);
  });

  it("makes, lists and revokes keys of an account, and of no other", async () => {
    const made = await gateway.ask("POST", "/v1/keys", { key: "ann", body: { role: "read", expiresInDays: 1 } });
    expect(made.status).to.equal(201);
    const { keyId, secret } = made.json;
    const basic = `Basic ${Buffer.from(`${keyId}:${secret}`).toString("base64")}`;
    const asIt = (method: string, path: string) =>
      fetch(`${gateway.url}${path}`, { method, headers: { authorization: basic } }).then(({ status }) => status);
    expect(await asIt("GET", "/v1/balances")).to.equal(200);
    expect(await asIt("DELETE", "/v1/keys/ann")).to.equal(403);
    const { keys } = await json("/v1/keys", "ann");
    expect(keys.find((one: { keyId: string }) => one.keyId === keyId)).to.include({ role: "read", status: "good" });
    expect(JSON.stringify(keys)).to.not.include(secret);
    expect((await gateway.ask("DELETE", `/v1/keys/${keyId}`, { key: "bob" })).status).to.equal(404);
    expect((await gateway.ask("DELETE", `/v1/keys/${keyId}`, { key: "ann" })).json.status).to.equal("revoked");
    await until("the key is good no more", async () => (await asIt("GET", "/v1/balances")) === 401);
    const operator = await gateway.ask("POST", "/v1/keys", { key: "ann", body: { role: "operator" } });
    expect([operator.status, operator.json.field]).to.deep.equal([400, "role"]);
  });

  it("answers in MessagePack, errors too, and takes it under the rules of JSON", async () => {
    const accept = "application/msgpack";
    for (const path of [`/v1/depth/${asset}?levels=10`, `/v1/ticker/${asset}`, "/v1/depth/NO-NE", "/v1/orders"]) {
      const packed = await gateway.ask("GET", path, { accept });
      expect(packed.headers.get("content-type")).to.equal(accept);
      expect(decode(packed.bytes)).to.deep.equal((await ask(path)).json);
    }
    const post = async (body: Uint8Array) => {
      const headers = {
        authorization: `Basic ${Buffer.from("ann:ann").toString("base64")}`,
        "content-type": accept,
      };
      const answer = await fetch(`${gateway.url}/v1/keys`, { method: "POST", headers, body: Buffer.from(body) });
      const { name, field } = (await answer.json()) as { name?: string; field?: string };
      return [answer.status, name, field];
    };
    expect((await post(encode({ role: "read" })))[0]).to.equal(201);
    const twice = Buffer.concat([Buffer.from([0x82]), encode("role"), encode("read"), encode("role"), encode("trade")]);
    expect(await post(twice)).to.deep.equal([400, "UNSUPPORTED_COMBINATION", "role"]);
    const bombs = [
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff],
    ];
    for (const bomb of bombs) expect((await post(Uint8Array.from(bomb)))[1]).to.equal("MALFORMED_MESSAGE");
    expect((await post(new Uint8Array(60_000).fill(0x91)))[1]).to.equal("MALFORMED_MESSAGE");
    expect((await post(encode({ role: "read", more: 1 })))[2]).to.equal("more");
  });
});
