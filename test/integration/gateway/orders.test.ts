import { expect } from "chai";
import { execute } from "../../support/postgres.js";
import { PipelineUnderTest } from "../pipeline/pipeline-under-test.js";
import { GatewayProcess } from "./gateway-process.js";

const ASSET = "BTC-USD";
const limit = (side: string, quantity: string | number, price: string | number, more: object = {}) => ({
  asset: ASSET,
  side,
  quantity,
  price,
  ...more,
});

describe("orders over HTTP", function () {
  this.timeout(20_000);
  let pipeline: PipelineUnderTest;
  let gateway: GatewayProcess;
  const place = (key: string, order: object, query = "?wait=result") =>
    gateway.ask(key, "POST", `/v1/orders${query}`, order);
  const logged = async () => Number((await pipeline.rows("select count(*) from order_log"))[0]?.["count"]);

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    const { nats, databaseUrl } = pipeline;
    await execute(
      databaseUrl,
      `insert into api_keys (key_id, account_id, salt, secret_hash, role)
       select 'reader', account_id, ''::bytea, sha256('reader'), 'read' from accounts where name = 'ann'`,
    );
    gateway = await GatewayProcess.start({ natsUrl: nats.url, databaseUrl }, { GATEWAY_RESULT_TIMEOUT_MS: "20000" });
  });
  after(async () => {
    expect(await gateway.stop()).to.equal(0);
    await pipeline.stop();
  });

  it("are answered with what became of them, which Postgres then shows", async () => {
    for (let round = 1; round <= 20; round++) {
      const { status, body } = await place(
        "ann",
        limit("sell", "0.5", 64_000 + round, { clientOrderId: `w-${round}` }),
      );
      const [row] = await pipeline.rows("select status, client_order_id from orders where order_id = $1", body.orderId);
      const held = await pipeline.rows("select held from balances where account_id = 1 and currency = 'BTC'");
      expect([status, row?.["status"], row?.["client_order_id"]]).to.deep.equal([200, "open", `w-${round}`]);
      expect(Number(held[0]?.["held"])).to.equal(round * 50_000_000);
    }
    const { body } = await place("bob", limit("buy", "0.75", "64002"));
    expect(body).to.include({ asset: ASSET, status: "filled" });
    expect(body.reports.map((one: { event: string; price: string }) => one.event)).to.deep.equal([
      "accepted",
      "trade",
      "trade",
    ]);
    const all = await gateway.ask("ann", "DELETE", `/v1/orders?asset=${ASSET}`);
    expect(all.status).to.equal(202);
    expect(all.body.assets).to.have.length(1);
  });

  it("are replaced and canceled by their id, or by the client's own", async () => {
    const { body: order } = await place("ann", limit("buy", 1, 100, { clientOrderId: "mine" }));
    const path = `/v1/orders/${ASSET}/client:mine?wait=result`;
    const replaced = await gateway.ask("ann", "PATCH", path, { quantity: "2", price: 101.5 });
    expect(replaced.body).to.include({ orderId: order.orderId, status: "open" });
    expect(replaced.body.reports.at(-1)).to.include({ event: "replaced", price: "101.50", quantity: "2" });
    const canceled = await gateway.ask("ann", "DELETE", path);
    expect(canceled.body).to.include({ orderId: order.orderId, clientOrderId: "mine", status: "canceled" });
    const unknown = await gateway.ask("ann", "PATCH", `/v1/orders/${ASSET}/client:nobodys`, { quantity: 1, price: 1 });
    expect([unknown.status, unknown.body.name]).to.deep.equal([404, "UNKNOWN_ORDER"]);
  });

  it("of somebody else are answered as those that nobody has", async () => {
    const { body: order } = await place("ann", limit("buy", 1, 100));
    const answers = [order.orderId, order.orderId + 256_000].map(async (id) => {
      const { status, body } = await gateway.ask("bob", "DELETE", `/v1/orders/${ASSET}/${id}?wait=result`);
      return { status, state: body.status, reason: body.reason };
    });
    const [foreign, unknown] = await Promise.all(answers);
    expect(foreign).to.deep.equal(unknown);
    expect(foreign).to.deep.equal({ status: 200, state: "rejected", reason: "unknown_order" });
  });

  it("are checked, and not logged, with validate=1", async () => {
    const before = await logged();
    const good = await place("ann", limit("buy", "0.5", "64000"), "?validate=1");
    expect([good.status, good.body.valid]).to.deep.equal([200, true]);
    const bad = await place("ann", limit("buy", "0.5", 64_000.001), "?validate=1");
    expect(bad.body).to.include({ code: 205, field: "price", value: "64000.001" });
    expect(bad.body.allowed).to.deep.equal({ step: "0.01" });
    const after = await place("ann", limit("buy", 1, 100));
    expect(after.status).to.equal(200);
    expect(await logged()).to.equal(before + 1);
  });

  it("are for keys that may trade", async () => {
    const reader = await place("reader", limit("buy", 1, 100));
    expect([reader.status, reader.body.name]).to.deep.equal([403, "LOGIN_REJECTED"]);
    expect((await gateway.ask("reader", "GET", "/v1/account")).body).to.include({ account: "ann", role: "read" });
    const nobody = await gateway.ask(null, "POST", "/v1/orders", { nonsense: 1 });
    expect([nobody.status, nobody.body.name]).to.deep.equal([401, "LOGIN_REQUIRED"]);
    expect(nobody.headers.get("www-authenticate")).to.match(/^Basic /);
  });

  it("are accepted, with the result pending, while nothing settles", async () => {
    await gateway.stop();
    const { nats, databaseUrl } = pipeline;
    gateway = await GatewayProcess.start({ natsUrl: nats.url, databaseUrl }, { GATEWAY_RESULT_TIMEOUT_MS: "300" });
    await pipeline.stopStage("trade-processing");
    const { status, body } = await place("ann", limit("buy", 1, 99));
    expect(status).to.equal(202);
    expect(body.orderId).to.be.above(0);
    expect(body.text).to.contain("accepted, result pending");
    await pipeline.start("trade-processing");
  });

  it("trade once each where the gateway is killed in the middle of them, and all are sent again", async () => {
    const orders = Array.from({ length: 60 }, (_, index) =>
      limit("buy", "0.01", 50 + index, { clientOrderId: `k-${index}` }),
    );
    const send = () =>
      Promise.all(
        orders.map((order) =>
          place("bob", order, "").then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      );
    const first = send();
    await pipeline.rowsOnce(1, "select 1 from order_log where client_order_id like 'k-%'");
    await gateway.kill9();
    const answered = (await first).filter((status) => status === 202).length;
    await gateway.start();
    expect(new Set(await send())).to.deep.equal(new Set([202]));
    const { body } = await place("bob", limit("buy", "0.01", 40));
    const rows = await pipeline.rowsOnce(1, "select 1 from orders where order_id = $1", body.orderId);
    expect(rows).to.have.length(1);
    const open = await pipeline.rows(
      "select client_order_id, count(*)::int as times from orders where client_order_id like 'k-%' and status = 'open' group by 1",
    );
    expect(open.map(({ times }) => times)).to.deep.equal(
      orders.map(() => 1),
      `${answered} were answered before`,
    );
  });

  it("are answered while NATS or Postgres is away: what that means for the order", async () => {
    await pipeline.nats.kill9();
    const { status, headers, body } = await place("bob", limit("buy", 1, 98, { clientOrderId: "away" }), "");
    expect([status, headers.get("retry-after")]).to.deep.equal([503, "1"]);
    expect(body.code).to.be.oneOf([301, 302]);
    expect(body.text).to.match(/nothing was logged|can't trade twice/);
    await pipeline.nats.restart();
  });
});
