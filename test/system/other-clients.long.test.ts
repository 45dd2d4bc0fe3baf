import { execFile, execFileSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";
import type { Wire } from "../../src/shared/wire/protobuf.js";
import { until } from "../support/eventually.js";
import { GrpcClient } from "../support/grpc-client.js";
import { patience } from "../support/machine.js";
import { pythonGrpc } from "../support/python-grpc.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const EXCHANGE = "bourse.v1.Exchange";

describe("clients of other protocols, on a whole pipeline", () => {
  let bourse: BourseUnderTest;
  let grpc: string;
  let http: string;

  before(async function () {
    this.timeout(120_000);
    bourse = await BourseUnderTest.start();
    grpc = `${bourse.endpoints.grpc?.host}:${bourse.endpoints.grpc?.port}`;
    http = bourse.endpoints.gatewayUrl;
  });
  after(() => bourse.interrupt());

  /** The body of the answer; `auth` is a key whose secret is the same word. */
  async function ask(
    method: string,
    path: string,
    body?: object,
    auth?: string,
  ): Promise<{ status: number; json: Wire }> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["content-type"] = "application/json";
    if (auth !== undefined) headers["authorization"] = `Basic ${Buffer.from(`${auth}:${auth}`).toString("base64")}`;
    const response = await fetch(http + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text };
  }

  it("gRPC: places, reports, replaces, cancels, and shows book, trades, orders and balances", async () => {
    const [one, other] = [new GrpcClient(grpc, { key: "random1" }), new GrpcClient(grpc, { key: "random2" })];
    const order = {
      asset: "BTC-USD",
      side: 2,
      type: 1,
      quantityLots: 20_000,
      priceTicks: 6_400_000,
      clientOrderId: "g-1",
    };
    const reports = one.stream(`${EXCHANGE}/StreamReports`, { from: 0 });
    const seen: Wire[] = [];
    reports.on("data", (report) => seen.push(report));
    reports.on("error", () => undefined);
    const placed = await one.call(`${EXCHANGE}/PlaceOrder`, { order, wait: 1 });
    expect(placed.reports.map(({ status }: Wire) => status)).to.deep.equal([1]);
    expect(placed.ack.clientOrderId).to.equal("g-1");
    const taken = { ...order, side: 1, type: 2, quantityLots: 5_000, priceTicks: 0, clientOrderId: "" };
    const bought = await other.call(`${EXCHANGE}/PlaceOrder`, { order: taken, wait: 1 });
    expect(bought.reports.at(-1)).to.include({ event: 3, status: 3, lastPriceTicks: 6_400_000, liquidity: 2 });
    const orderId = placed.ack.logId;
    const replace = { asset: "BTC-USD", orderId, quantityLots: 10_000, priceTicks: 6_400_100 };
    await one.call(`${EXCHANGE}/ReplaceOrder`, { replace, wait: 1 });
    const { orders } = await one.call(`${EXCHANGE}/GetOpenOrders`, {});
    expect(orders.find((open: Wire) => open.orderId === orderId)).to.include({
      quantityLots: 10_000,
      filledLots: 5_000,
    });
    await until(
      "the book shows it",
      async () => {
        const { asks } = await one.call(`${EXCHANGE}/GetDepth`, { asset: "BTC-USD", levels: 5 });
        return asks.some((level: Wire) => level.priceTicks === 6_400_100 && level.quantityLots === 5_000);
      },
      5_000,
    );
    const { trades } = await one.call(`${EXCHANGE}/GetTrades`, { asset: "BTC-USD" });
    expect(trades.at(-1)).to.include({ priceTicks: 6_400_000, quantityLots: 5_000, takerSide: 1 });
    const { balances } = await one.call(`${EXCHANGE}/GetBalances`, {});
    expect(balances.find(({ currency }: Wire) => currency === "BTC").held).to.equal("0.5");
    await one.call(`${EXCHANGE}/CancelAll`, { cancelAll: { asset: "BTC-USD" }, wait: 1 });
    expect((await one.call(`${EXCHANGE}/GetOpenOrders`, {})).orders).to.deep.equal([]);
    await until("every report has come", () => seen.at(-1)?.event === 4, 5_000);
    expect(seen.map(({ accountSequence }) => accountSequence)).to.deep.equal(seen.map((_, at) => at + 1));
    reports.cancel();
    for (const client of [one, other]) client.close();
  });

  it("order_protobuf: an order by a price that is a float rests in the book", async () => {
    const client = new GrpcClient(grpc, { key: "random1" });
    const sent = { assetCode: "SOL-USDC", orderType: 0, quantity: 250, price: Math.fround(149.123) };
    expect(await client.call("order_protobuf.OrderService/SendOrder", sent)).to.include({ ok: true, error: "" });
    await until(
      "the book shows it",
      async () => {
        const { orders } = await client.call("order_protobuf.BookService/GetBook", { assetCode: "SOL-USDC" });
        return orders.some(
          (one: Wire) => one.orderType === 0 && one.quantity === 250 && one.price === Math.fround(149.123),
        );
      },
      5_000,
    );
    const wrong = await client.call("order_protobuf.OrderService/SendOrder", { ...sent, orderType: 2 });
    expect(wrong).to.include({ ok: false });
    client.close();
  });

  it("mExchange: orders, fills, trades, balances, candles", async () => {
    const order = { symbol: "KCN/EUR", side: "ask", order_type: "limit", price: "95.50", quantity: "2.5" };
    const placed = await ask("POST", "/api/orders", order, "random1");
    expect(placed.status).to.equal(202);
    expect(placed.json.order).to.include({ side: "ask", status: "open", price: "95.50", quantity: "2.5" });
    const market = {
      symbol: "KCN/EUR",
      side: "bid",
      order_type: "market",
      quote_amount: "200",
      max_slippage_price: "100",
    };
    const bought = await ask("POST", "/api/orders", market, "random2");
    expect(bought.json.order).to.include({ status: "filled", filled_quantity: "2" });
    const { id } = placed.json.order;
    const { json: fills } = await ask("GET", `/api/orders/${id}/fills`, undefined, "random1");
    expect(fills.fills).to.have.length(1);
    expect(fills.fills[0]).to.include({ price: "95.50", quantity: "2", total: "191" });
    expect((await ask("GET", `/api/orders/${id}`, undefined, "random2")).status).to.equal(404);
    expect((await ask("DELETE", `/api/orders/${id}`, undefined, "random1")).json.order.status).to.equal("cancelled");
    expect((await ask("GET", "/api/orders?limit=1", undefined, "random1")).json.orders).to.have.length(1);
    expect((await ask("GET", "/api/orders/trades", undefined, "random1")).json.total).to.be.above(0);
    const { json } = await ask("GET", "/api/balances", undefined, "random1");
    expect(json.balances.map(({ asset }: Wire) => asset)).to.include("KCN");
    expect((await ask("GET", "/api/ohlcv?symbol=KCN/EUR&interval=1m")).json.data.at(-1).close).to.equal("95.50");
    expect((await ask("POST", "/api/orders", order)).status).to.equal(401);
  });

  it("Rust Crypto Exchange: a bare user_id is enough for a demo account", async () => {
    const user_id = "random32";
    const order = { user_id, side: "Sell", order_type: "Limit", market: "SOL_USDC", price: "160.5", quantity: 3 };
    const { json: placed } = await ask("POST", "/order", order);
    expect(placed).to.include({ executed_quantity: "0" });
    const { json: open } = await ask("GET", `/orders/open?user_id=${user_id}&market=SOL_USDC`);
    expect(open.map(({ order_id }: Wire) => order_id)).to.deep.equal([placed.order_id]);
    const { json: gone } = await ask("DELETE", "/order", { user_id, order_id: placed.order_id, market: "SOL-USDC" });
    expect(gone).to.include({ order_id: placed.order_id, quantity: "3", executed_quantity: "0" });
    expect((await ask("POST", "/order/cancel_all", { user_id, market: "SOL_USDC" })).json).to.deep.equal([]);
    expect((await ask("GET", "/depth?market=SOL_USDC")).json).to.have.keys("bids", "asks");
    expect((await ask("GET", `/balance?user_id=${user_id}`)).json.SOL).to.have.keys("available", "locked");
    expect((await ask("GET", "/trade/history?market=SOL_USDC")).json.trades).to.be.an("array");
    expect((await ask("GET", "/balance?user_id=somebody")).status).to.equal(401);
    expect((await ask("GET", "/health")).json).to.equal("ok");
  });

  it("exchange-orderbook: a session trades by base currencies", async () => {
    const { json } = await ask("POST", "/api/session", { email: "random1", password: "random1" });
    const headers = { authorization: `Bearer ${json.session_token}`, "content-type": "application/json" };
    const send = async (method: string, path: string, body?: object) =>
      await fetch(http + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const order = { side: "sell", order_type: "limit", quantity: 1, price: 3300, time_in_force: "gtc", stp: "cb" };
    const { order_uuid } = (await (await send("POST", "/api/trade/eth/order", order)).json()) as Wire;
    for (const method of ["PUT", "PATCH"])
      expect(
        (await send(method, "/api/trade/eth/order", { order_uuid, quantity: 2, price: "3301.5" })).status,
      ).to.equal(200);
    expect((await send("DELETE", "/api/trade/ETH/order", { order_uuid })).status).to.equal(200);
    expect((await send("DELETE", "/api/trade/ETH/order", { order_uuid })).status).to.equal(400);
    expect((await (await send("GET", "/api/user")).json()) as Wire).to.include({ name: "random1" });
    expect((await ask("GET", "/api/public/orderbook/btc")).json).to.have.keys("asset", "bids", "asks");
    expect(Date.parse((await ask("GET", "/api/public/time")).json)).to.be.above(0);
    expect((await ask("DELETE", "/api/session", { session_token: json.session_token })).status).to.equal(204);
    expect((await send("GET", "/api/user")).status).to.equal(401);
  });

  it("Debian's python3-grpcio trades with the messages that protoc makes of protocol/", async function () {
    const tools = pythonGrpc();
    if (tools === null) {
      console.log("left out: python3-grpcio: Debian's packages can't be fetched here");
      this.skip();
    }
    const folder = temporaryFolder();
    const protos = ["order-entry.proto", "exchange.proto", "order_protobuf.proto"];
    const { environment: env, python, protoc } = tools;
    execFileSync(protoc, ["-I", join(projectRoot, "protocol"), `--python_out=${folder}`, ...protos], { env });
    cpSync(join(projectRoot, "examples", "grpc-client.py"), join(folder, "client.py"));
    const options = { env, cwd: folder, timeout: patience(60_000) };
    const { stdout } = await promisify(execFile)(python, ["client.py", grpc, "random1", "random1"], options);
    for (const line of [
      /^assets \['BTC-USD', 'ETH-USD', 'SOL-USDC', 'KCN-EUR'\]$/m,
      /^placed \d+ STATUS_OPEN$/m,
      /^reported EVENT_ACCEPTED 1500 320000$/m,
      /^resting True$/m,
      /^canceled STATUS_CANCELED 1000$/m,
      /^refused INVALID_ARGUMENT INVALID_PRICE /m,
      /^rust ok: true/m,
      /^balances \d+$/m,
    ])
      expect(stdout).to.match(line);
  });

  it("curl: every line of docs/clients.md and docs/gateway.md does what the page says", async () => {
    const pages = ["clients.md", "gateway.md"].map((name) => readFileSync(join(projectRoot, "docs", name), "utf8"));
    const page = pages.join("\n");
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)]
      .map(([, text = ""]) => text)
      .filter((text) => /curl /.test(text));
    expect(blocks).to.have.length.above(0);
    for (const text of blocks) {
      const script = `set -eo pipefail\n${text.replaceAll("http://127.0.0.1:7003", http).replaceAll("curl ", "curl -sS --fail-with-body ")}`;
      const { stdout } = await promisify(execFile)("bash", ["-c", script], { timeout: patience(30_000) }).catch(
        (error) => {
          throw new Error(`${text}\n${error.stdout}${error.stderr}`);
        },
      );
      expect(stdout, text).to.not.equal("");
    }
  });
});
