/** Bad input against every dialect and gRPC, on the real pipeline: each row says what comes back. */
import { createHmac, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { binance } from "../../../src/gateway/binance/binance.js";
import { dialects } from "../../../src/gateway/dialects/dialects.js";
import { startGrpc } from "../../../src/gateway/grpc/grpc-gateway.js";
import { SignedScheme } from "../../../src/gateway/http/signed-scheme.js";
import { v1 } from "../../../src/gateway/v1/v1.js";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { KeyCheck } from "../../../src/shared/access/key-check.js";
import { SigningKeys } from "../../../src/shared/access/signing-keys.js";
import { roomOf } from "../../../src/shared/channels/channel.js";
import { until } from "../../support/eventually.js";
import { GrpcClient } from "../../support/grpc-client.js";
import { ANN, PipelineUnderTest } from "../pipeline/pipeline-under-test.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

const basic = (key: string) => `Basic ${Buffer.from(`${key}:${key}`).toString("base64")}`;
const NO_SUCH = "00000000-0000-4000-8000-000000000000";
const MB = "x".repeat(1_000_000);

describe("bad input in other systems' words", function () {
  this.timeout(60_000);
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let grpc: string;
  /** An order of ann's that rests: its id here, and as UUID. */
  let own: { id: number; uuid: string };

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await createApiKey(pipeline.database, "ann", "reader", "reader");
    await pipeline.database.query("update api_keys set role = 'read' where key_id = 'reader'", []);
    await pipeline.startAll();
    gateway = await startGateway(pipeline, { grpc: { ...GRPC, port: 0 } }, [...v1, binance, ...dialects]);
    const { context } = gateway;
    const { config, database, access, identification, service } = context;
    const keys = new SigningKeys(database, config.keySeal, access, service.log);
    identification.add(new SignedScheme(new KeyCheck(keys.authenticate, config.logins, service.log)));
    grpc = `127.0.0.1:${await startGrpc(context)}`;
    await until("the book is known", () => context.market.depth("KCN-EUR", 10) !== null);
    const body = { symbol: "KCN/EUR", side: "bid", order_type: "limit", price: "0.50", quantity: "1" };
    const { json } = await gateway.ask("POST", "/api/orders", { key: "ann", body });
    const [{ order_id }] = (await pipeline.database.query("select order_id from orders", [])) as [{ order_id: number }];
    own = { id: Number(order_id), uuid: json.order.id };
  });
  after(async () => {
    await gateway.stop();
    await pipeline.stop();
  });

  interface Sent {
    readonly key?: string;
    readonly body?: object | string;
    readonly type?: string;
    readonly headers?: Record<string, string>;
  }
  async function send(method: string, path: string, { key, body, type = "application/json", headers = {} }: Sent = {}) {
    const response = await fetch(gateway.url + path, {
      method,
      headers: {
        ...(key !== undefined && { authorization: basic(key) }),
        ...(body !== undefined && { "content-type": type }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const answer = await response.text();
    return { status: response.status, answer, json: /^[{[]/.test(answer) ? JSON.parse(answer) : null };
  }
  const said = async (method: string, path: string, sent?: Sent) => {
    const { status, json } = await send(method, path, sent);
    return `${status} ${json?.name ?? json?.code ?? ""}`.trim();
  };
  const raw = async (path: string): Promise<string> => {
    const socket = connect({ port: Number(new URL(gateway.url).port), host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${basic("ann")}\r\nconnection: close\r\n\r\n`);
    return (await text(socket)).slice(9, 12);
  };
  const signed = (keyId: string, params: Record<string, unknown>, secret = keyId) => {
    const query = new URLSearchParams({ timestamp: String(Date.now()), ...(params as Record<string, string>) });
    const signature = createHmac("sha256", secret).update(query.toString()).digest("hex");
    return { query: `${query}&signature=${signature}`, headers: { "x-mbx-apikey": keyId } };
  };
  const binanceSays = async (
    method: string,
    path: string,
    params: Record<string, unknown>,
    keyId = "ann",
    secret = keyId,
  ) => {
    const { query, headers } = signed(keyId, params, secret);
    return await said(method, `/binance/api/v3/${path}?${query}`, { headers });
  };

  it("orders of other accounts are answered as those that nobody has", async () => {
    const unknown = own.uuid.replace(/.{6}$/, "ffffff");
    const market = { market: "KCN_EUR" };
    const rows: readonly [method: string, path: (id: string) => string, body?: (id: string) => object][] = [
      ["GET", (id) => `/api/orders/${id}`],
      ["GET", (id) => `/api/orders/${id}/fills`],
      ["DELETE", (id) => `/api/orders/${id}`],
      ["POST", () => "/api/order/cancel", (order_id) => ({ order_id })],
      ["DELETE", () => "/order", (order_id) => ({ order_id, ...market })],
      ["DELETE", () => "/api/trade/kcn/order", (order_uuid) => ({ order_uuid })],
      ["PUT", () => "/api/trade/kcn/order", (order_uuid) => ({ order_uuid, quantity: 1, price: 1 })],
      ["PATCH", () => "/api/trade/kcn/order", (order_uuid) => ({ order_uuid, quantity: 1, price: 1 })],
    ];
    for (const [method, path, body] of rows) {
      const asked = async (id: string) => {
        const sent = { key: "bob", ...(body !== undefined && { body: body(id) }) };
        const { status, answer } = await send(method, path(id), sent);
        return `${status} ${answer}`;
      };
      expect(await asked(own.uuid), `${method} ${path("id")}`).to.equal(await asked(unknown));
      expect(await asked(NO_SUCH), `${method} ${path("id")}`).to.match(/^40/);
    }
    for (const [method, path, code] of [
      ["GET", "order", -2013],
      ["DELETE", "order", -2011],
      ["PUT", "order/amend/keepPriority", -2013],
    ] as const)
      for (const orderId of [own.id, own.id + 1]) {
        const more = method === "PUT" ? { newQty: "0.5" } : {};
        expect(await binanceSays(method, path, { symbol: "KCNEUR", orderId, ...more }, "bob")).to.equal(`400 ${code}`);
      }
    const client = new GrpcClient(grpc, { key: "bob" });
    const reasons = [own.id, own.id + 1].map(async (orderId) => {
      const cancel = { asset: "KCN-EUR", orderId };
      const { reports } = await client.call("bourse.v1.Exchange/CancelOrder", { cancel, wait: 1 });
      return reports.map(({ event, reason, side }: Record<string, unknown>) => ({ event, reason, side }));
    });
    const [foreign, none] = await Promise.all(reasons);
    expect(foreign).to.have.length(1);
    expect(foreign).to.deep.equal(none);
    client.close();
    const status = await pipeline.database.query("select status from orders where order_id = $1", [own.id]);
    expect(status).to.deep.equal([{ status: "open" }]);
  });

  const MEXCHANGE = { symbol: "KCN/EUR", side: "bid", order_type: "limit", price: "0.50", quantity: "1" };
  const RUST = { side: "Buy", order_type: "Limit", market: "KCN_EUR", price: "0.50", quantity: "1" };
  const ORDERBOOK = { side: "buy", order_type: "limit", price: "0.50", quantity: "1" };
  for (const [path, order] of [
    ["/api/orders", MEXCHANGE],
    ["/api/order", MEXCHANGE],
    ["/order", RUST],
    ["/api/trade/kcn/order", ORDERBOOK],
  ] as const)
    it(`POST ${path} refuses, by name, what it can't take, and places nothing`, async () => {
      const count = async () => pipeline.database.query("select count(*) from order_log", []);
      const before = await count();
      const json = JSON.stringify(order);
      const changed = (change: object) => ({ ...order, ...change });
      const rows: readonly [what: string, sent: Sent, says: string | RegExp][] = [
        ["nobody's", { body: order }, "401 LOGIN_REQUIRED"],
        ["a wrong secret", { body: order, headers: { authorization: "Basic YW5uOmJvYg==" } }, "401 LOGIN_REJECTED"],
        ["a role too low", { key: "reader", body: order }, "403 LOGIN_REJECTED"],
        ["an unknown field", { key: "ann", body: changed({ prize: 1 }) }, "400 UNSUPPORTED_COMBINATION"],
        ["a doubled field", { key: "ann", body: json.replace("{", '{"side":"x",') }, "400 UNSUPPORTED_COMBINATION"],
        ["__proto__", { key: "ann", body: json.replace("{", '{"__proto__":{"a":1},') }, /^400 /],
        ["1e-7", { key: "ann", body: json.replace('"0.50"', "1e-7") }, "400 INVALID_PRICE"],
        ["1e-7 as text", { key: "ann", body: changed({ price: "1e-7" }) }, "400 INVALID_PRICE"],
        ["a negative price", { key: "ann", body: changed({ price: -1 }) }, "400 INVALID_PRICE"],
        ["off the tick", { key: "ann", body: changed({ price: "0.501" }) }, "400 INVALID_PRICE"],
        ["too much", { key: "ann", body: changed({ quantity: "99999999999999999999" }) }, "400 INVALID_QUANTITY"],
        ["no quantity", { key: "ann", body: changed({ quantity: undefined }) }, /^400 /],
        ["another type", { key: "ann", body: changed({ quantity: true }) }, /^400 /],
        ["a wrong side", { key: "ann", body: changed({ side: "up" }) }, "400 INVALID_SIDE"],
        ["a list", { key: "ann", body: [order] }, "400 MALFORMED_MESSAGE"],
        ["half of it", { key: "ann", body: json.slice(0, -1) }, "400 MALFORMED_MESSAGE"],
        ["a megabyte", { key: "ann", body: changed({ prize: MB }) }, "413 MALFORMED_MESSAGE"],
        [
          "a form",
          { key: "ann", body: "side=buy", type: "application/x-www-form-urlencoded" },
          "415 MALFORMED_MESSAGE",
        ],
        ["a bomb", { key: "ann", body: "\xdf\x7f\xff\xff\xff", type: "application/msgpack" }, /^400 /],
      ];
      for (const [what, sent, says] of rows) {
        const answer = await said("POST", path, sent);
        if (typeof says === "string") expect(answer, what).to.equal(says);
        else expect(answer, what).to.match(says);
      }
      expect(await count()).to.deep.equal(before);
    });

  it("bare names are for demo accounts, and sessions for who has the key", async () => {
    expect(await said("POST", "/order", { body: { ...RUST, user_id: "ann" } })).to.equal("401 LOGIN_REQUIRED");
    expect(await said("POST", "/order", { key: "ann", body: { ...RUST, user_id: "bob" } })).to.equal(
      "403 LOGIN_REJECTED",
    );
    const session = { email: "ann", password: "bob" };
    expect(await said("POST", "/api/session", { body: session })).to.equal("401 LOGIN_REJECTED");
    const authorization = `Bearer ${randomBytes(32).toString("hex")}`;
    expect(await said("GET", "/api/user", { headers: { authorization } })).to.equal("401 LOGIN_REJECTED");
    expect(await said("DELETE", "/api/session", { body: { session_token: "x" } })).to.equal("404");
  });

  it("path tricks lead nowhere", async () => {
    for (const path of [
      "/api//orders",
      "/api/orders/",
      "/API/orders",
      "/api/orders/..%2f..%2fv1%2faccount",
      "/api/orders/%00",
      "/api/../v1/account",
      "/order/",
      "/binance//api/v3/time",
      "/binance/api/v3/time/",
      "/binance/api/v3/../../../v1/account",
      "/binance/%61pi/v3%2ftime",
      `/api/orders/${"x".repeat(200)}`,
      "/api/trade/%2e%2e/order",
    ])
      expect(await raw(path), path).to.match(/^40[04]$/);
  });

  describe("Binance's", () => {
    const ORDER = { symbol: "KCNEUR", side: "BUY", type: "LIMIT", timeInForce: "GTC", price: "0.50", quantity: "1" };
    const order = (change: object) => binanceSays("POST", "order", { ...ORDER, ...change });

    it("names what it can't take, in its own codes", async () => {
      for (const [change, says] of [
        [{ price: "1e-7" }, "400 -1100"],
        [{ price: "-1" }, "400 -1100"],
        [{ price: "0.501" }, "400 -1013"],
        [{ prize: "1" }, "400 -1104"],
        [{ side: "UP" }, "400 -1117"],
        [{ symbol: "NONE" }, "400 -1121"],
        [{ symbol: "../x" }, /^400 -11/],
        [{ newClientOrderId: "no spaces" }, "400 -1100"],
        [{ quantity: "99999999999999999999" }, /^400 -1/],
        [{ timeInForce: undefined }, /^400 -1/],
        [{ recvWindow: "60001" }, "400 -1131"],
      ] as const) {
        const answer = await order(change);
        if (typeof says === "string") expect(answer, JSON.stringify(change)).to.equal(says);
        else expect(answer, JSON.stringify(change)).to.match(says);
      }
      const { query, headers } = signed("ann", ORDER);
      const doubled = await said("POST", `/binance/api/v3/order?${query}&side=SELL`, { headers });
      expect(doubled).to.equal("400 -1101");
      const large = await said("POST", "/binance/api/v3/order", {
        body: MB,
        type: "application/x-www-form-urlencoded",
        headers,
      });
      expect(large).to.match(/^4(00|13) -1/);
      expect(await said("GET", "/binance/api/v3/nothing")).to.match(/^404 /);
    });

    it("takes no signature that is wrong, late, early, or of a key that may only read", async () => {
      expect(await binanceSays("POST", "order", ORDER, "ann", "bob")).to.equal("400 -1022");
      expect(await binanceSays("POST", "order", ORDER, "nobody")).to.equal("401 -2015");
      expect(await binanceSays("POST", "order", ORDER, "reader")).to.equal("401 -2015");
      expect(await order({ timestamp: String(Date.now() - 6_000) })).to.equal("400 -1021");
      expect(await order({ timestamp: String(Date.now() + 60_000) })).to.equal("400 -1021");
      expect(await order({ timestamp: "now" })).to.match(/^400 -11/);
      expect(await said("POST", "/binance/api/v3/order?symbol=KCNEUR")).to.match(/^401 -2014/);
    });

    it("trades once with the same signed bytes, however often they come", async () => {
      const { query, headers } = signed("ann", { ...ORDER, price: "0.49" });
      const answers = [];
      for (let at = 0; at < 3; at++) answers.push(await said("POST", `/binance/api/v3/order?${query}`, { headers }));
      expect(answers).to.deep.equal(["200", "400 -2010", "400 -2010"]);
    });
  });

  it("a signed request of /v1 trades once, too, and not when its time is over", async () => {
    const body = JSON.stringify({ asset: "KCN-EUR", side: "buy", quantity: "1", price: "0.48" });
    const path = "/v1/orders?wait=result";
    const headersAt = (timeMs: number) => {
      const hash = createHmac("sha256", "ann");
      const bodyHash = crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
      return bodyHash.then((digest) => {
        const lines = ["ann", timeMs, 5_000, "POST", path, Buffer.from(digest).toString("hex")];
        const signature = hash.update(lines.join("\n")).digest("hex");
        return { "bourse-key": "ann", "bourse-time": String(timeMs), "bourse-signature": signature };
      });
    };
    const headers = await headersAt(Date.now());
    expect(await said("POST", path, { body, headers })).to.equal("200");
    const again = await send("POST", path, { body, headers });
    expect(again.json).to.include({ status: "rejected" });
    expect(again.json.reason).to.match(/^duplicate_client_order_id/);
    expect(await said("POST", path, { body, headers: await headersAt(Date.now() - 10_000) })).to.equal(
      "401 LOGIN_REJECTED",
    );
    expect(await said("POST", path, { body: `${body} `, headers })).to.equal("401 LOGIN_REJECTED");
  });

  describe("gRPC's", () => {
    const PLACE = "bourse.v1.Exchange/PlaceOrder";
    const order = { asset: "KCN-EUR", side: 1, type: 1, quantityLots: 100, priceTicks: 50, clientOrderId: "" };
    const code = (call: Promise<unknown>) =>
      call.then(
        () => "OK",
        ({ code }: { code: number }) => code,
      );

    it("calls are refused with the status that says why", async () => {
      const [ann, reader, nobody] = [{ key: "ann" }, { key: "reader" }, {}].map((key) => new GrpcClient(grpc, key));
      const placed = (change: object, client = ann) =>
        code((client as GrpcClient).call(PLACE, { order: { ...order, ...change }, wait: 0 }));
      expect(await placed({}, nobody)).to.equal(16);
      expect(await placed({}, reader)).to.equal(7);
      expect(await placed({ priceTicks: 0 })).to.equal(3);
      expect(await placed({ asset: "NO-NE" })).to.equal(5);
      expect(await placed({ clientOrderId: "no spaces" })).to.equal(3);
      expect(await placed({ clientOrderId: MB })).to.equal(8);
      expect(await code((ann as GrpcClient).raw(PLACE, Buffer.from([0xff, 0xff, 0xff])))).to.equal(3);
      expect(await code((ann as GrpcClient).raw(PLACE, Buffer.from([0xf8, 0x07, 1])))).to.be.oneOf([3]);
      const floats = { assetCode: "KCN-EUR", orderType: 0, quantity: 1 };
      for (const price of [Number.NaN, Number.POSITIVE_INFINITY, 1e-7, -1, 3e38]) {
        const { ok, error } = await (ann as GrpcClient).call("order_protobuf.OrderService/SendOrder", {
          ...floats,
          price,
        });
        expect([ok, error.length > 0], String(price)).to.deep.equal([false, true]);
      }
      for (const client of [ann, reader, nobody]) client?.close();
    });

    it("a stream of reports whose client does not read ends, and says why", async () => {
      const client = new GrpcClient(grpc, { key: "ann" });
      const reports = client.stream("bourse.v1.Exchange/StreamReports", {});
      reports.pause();
      const ended = new Promise<{ code: number; details: string }>((resolve) => reports.on("error", resolve as never));
      const { audience } = gateway.context.market;
      const room = roomOf("orders", ANN);
      await until("it is followed", () => audience.membersOf(room) === 1);
      const told = { reports: Array.from({ length: 100 }, () => REPORT) };
      await until("it is ended", () => {
        for (let at = 0; at < 20; at++) audience.send(room, "orders", told);
        return audience.membersOf(room) === 0;
      });
      const { code, details } = await ended;
      expect(code).to.equal(8);
      expect(details).to.include("read too slowly");
      client.close();
    });
  });
});

const GRPC = {
  port: 0,
  messageBytesMax: 65_536,
  callsPerConnectionMax: 256,
  keepaliveMs: 30_000,
  streamsPerAccountMax: 20,
  queuedReportsMax: 1_000,
};
/** As the channel tells one. */
const REPORT = {
  accountSequence: 1,
  asset: "KCN-EUR",
  orderId: 256,
  event: "canceled",
  status: "canceled",
  side: "buy",
  type: "limit",
  timeInForce: "GTC",
  price: "0.50",
  quantity: "1",
  filledQuantity: "0",
  reason: "asked",
  receivedAtUs: 1,
  matchedAtUs: 2,
};
