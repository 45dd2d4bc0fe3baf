/** What each dialect says while Postgres or NATS is away: that it is, and what it means for the order; and nobody waits for ever. */
import { createHmac } from "node:crypto";
import { expect } from "chai";
import { binance } from "../../../src/gateway/binance/binance.js";
import { dialects } from "../../../src/gateway/dialects/dialects.js";
import { startGrpc } from "../../../src/gateway/grpc/grpc-gateway.js";
import { v1 } from "../../../src/gateway/v1/v1.js";
import { GrpcClient } from "../../support/grpc-client.js";
import { patience } from "../../support/machine.js";
import { TcpProxy } from "../../support/tcp-proxy.js";
import { PipelineUnderTest } from "../pipeline/pipeline-under-test.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

const basic = (key: string) => `Basic ${Buffer.from(`${key}:${key}`).toString("base64")}`;
const ANSWER_MAX_MS = 12_000;

describe("while something is away", function () {
  this.timeout(60_000);
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let postgres: TcpProxy;
  let client: GrpcClient;

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    const url = new URL(pipeline.databaseUrl);
    postgres = await TcpProxy.to(url.hostname, Number(url.port));
    url.hostname = "127.0.0.1";
    url.port = String(postgres.port);
    const servers = { nats: pipeline.nats, databaseUrl: url.toString() };
    gateway = await startGateway(servers, {}, [...v1, binance, ...dialects]);
    const { context } = gateway;
    const port = { ...context, config: { ...context.config, grpc: { ...context.config.grpc, port: 0 } } };
    client = new GrpcClient(`127.0.0.1:${await startGrpc(port)}`, { key: "ann" });
  });
  after(async () => {
    client.close();
    postgres.release();
    await gateway.stop();
    postgres.close();
    await pipeline.stop();
  });

  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(gateway.url + path, {
      method,
      headers: { authorization: basic("ann"), ...(body && { "content-type": "application/json" }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patience(ANSWER_MAX_MS)),
    });
    return { status: response.status, json: JSON.parse(await response.text()) };
  }
  function askBinance(method: string, path: string, params: Record<string, string> = {}) {
    const query = new URLSearchParams({ timestamp: String(Date.now()), ...params }).toString();
    const signature = createHmac("sha256", "ann").update(query).digest("hex");
    const headers = { "x-mbx-apikey": "ann", authorization: "" };
    return ask(method, `/binance/api/v3/${path}?${query}&signature=${signature}`, undefined, headers);
  }
  const grpc = (method: string, request: object) =>
    client.call(`bourse.v1.Exchange/${method}`, request).then(
      (answer) => ({ code: 0, details: "", answer }),
      ({ code, details }: { code: number; details: string }) => ({ code, details, answer: null }),
    );
  const SYMBOL = { symbol: "KCNEUR", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "1" };
  const ORDER = { order_type: "limit", quantity: "1", price: "0.40" };
  const mexchange = () => ask("POST", "/api/orders", { ...ORDER, symbol: "KCN/EUR", side: "bid" });
  const rust = () => ask("POST", "/order", { ...ORDER, market: "KCN_EUR", side: "buy" });
  const orderbook = () => ask("POST", "/api/trade/kcn/order", { ...ORDER, side: "buy" });
  const typed = () =>
    grpc("PlaceOrder", {
      order: { asset: "KCN-EUR", side: 1, type: 1, quantityLots: 100, priceTicks: 40, clientOrderId: "" },
      wait: 1,
    });

  it("Postgres: orders of known keys are placed, and answered without what can't be read; reads say that it is away", async () => {
    const known = [mexchange(), rust(), orderbook(), askBinance("POST", "order", { ...SYMBOL, price: "0.41" })];
    for (const { status } of await Promise.all(known)) expect(status).to.be.within(200, 202);
    expect((await typed()).code).to.equal(0);
    const before = await pipeline.database.query<{ count: string }>("select count(*) from orders", []);
    postgres.hold();
    // At once: a key that was good is known for ten seconds.
    const [typedOrder, ...placed] = await Promise.all([typed(), mexchange(), rust(), orderbook()]);
    expect(placed.map(({ status }) => status)).to.deep.equal([202, 200, 200]);
    expect(typedOrder.code).to.equal(0);
    expect(placed[0]?.json.order).to.include({ status: "open", quantity: "1", filled_quantity: "0" });
    const reads = await Promise.all([
      ask("GET", "/v1/balances"),
      ask("GET", "/api/balances"),
      ask("GET", "/balance"),
      ask("GET", "/api/user/balance"),
      askBinance("GET", "account"),
    ]);
    for (const { status, json } of reads) {
      expect(status).to.equal(503);
      expect(json.name ?? json.code).to.be.oneOf(["UNAVAILABLE", "BUSY", -1001]);
    }
    postgres.release();
    const placedNow = Number(before[0]?.count) + 4;
    await pipeline.rowsOnce(1, `select 1 from (select count(*) as count from orders) o where count = ${placedNow}`);
  });

  it("NATS: orders are answered with whether they may be logged", async () => {
    await pipeline.nats.kill9();
    const [native, ...others] = await Promise.all([
      ask("POST", "/v1/orders", { asset: "KCN-EUR", side: "buy", quantity: "1", price: "0.40" }),
      mexchange(),
      rust(),
      orderbook(),
    ]);
    for (const { status, json } of [native, ...others]) {
      expect(status).to.equal(503);
      expect(json.text ?? json.error).to.match(/nothing was logged|not sent|can't trade twice/);
    }
    const { status, json } = await askBinance("POST", "order", { ...SYMBOL, price: "0.42" });
    expect([status, json.code]).to.deep.be.oneOf([
      [503, -1001],
      [504, -1007],
    ]);
    expect((await typed()).code).to.be.oneOf([14, 4]);
    await pipeline.nats.restart();
  });
});
