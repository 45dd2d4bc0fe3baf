import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { connectBus } from "../../../src/shared/bus/bus.js";
import { connectDatabase } from "../../../src/shared/database/database.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { until } from "../../support/eventually.js";
import { startNats } from "../../support/nats.js";
import { createDatabase } from "../../support/postgres.js";
import { GatewayProcess } from "./gateway-process.js";

const ORDER = '{"asset":"BTC-USD","side":"buy","quantity":"1","price":"1"}';
const AUTHORIZED = `authorization: Basic ${Buffer.from("ann:ann").toString("base64")}`;

describe("bad input over HTTP", function () {
  this.timeout(20_000);
  let gateway: GatewayProcess;

  before(async () => {
    const nats = await startNats();
    const databaseUrl = await createDatabase();
    const log = createLogger("test", "silent");
    const bus = await connectBus(nats.url, { name: "test", log });
    await bus.ensureStreams(1);
    await bus.close();
    const database = await connectDatabase(databaseUrl, { applicationName: "test", log });
    await createApiKey(database, "ann", "ann", "ann");
    await database.close();
    const timeouts = { GATEWAY_HEADERS_TIMEOUT_MS: "1500", GATEWAY_REQUEST_TIMEOUT_MS: "1500" };
    const limits = { GATEWAY_CONNECTIONS_PER_ADDRESS_MAX: "20", GATEWAY_FAILED_LOGINS_PER_KEY_MAX: "3" };
    gateway = await GatewayProcess.start({ natsUrl: nats.url, databaseUrl }, { ...timeouts, ...limits });
  });
  after(() => gateway.kill9());

  /** What comes back for these bytes until the connection ends. */
  const bytes = async (sent: string): Promise<string> => {
    const socket = connect({ port: gateway.port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.write(sent);
    return await text(socket).catch(() => "");
  };
  const post = (body: string, type?: string) => gateway.ask("ann", "POST", "/v1/orders", body, type);
  const refused = async (body: string, type?: string) => {
    const answer = await post(body, type);
    return `${answer.status} ${answer.body.name} ${answer.body.field ?? ""}`.trim();
  };

  it("refuses bodies that are too long, of another type, packed, or no JSON", async () => {
    expect(await refused(`{"asset":"${"x".repeat(1_000_000)}"}`)).to.equal("413 MALFORMED_MESSAGE");
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"])
      expect(await refused(ORDER, type)).to.equal("415 MALFORMED_MESSAGE");
    expect(await refused(ORDER, "application/json; charset=utf-16")).to.equal("415 MALFORMED_MESSAGE");
    for (const body of ["", "null", "[]", '"x"', "{", `${ORDER}${ORDER}`, `[${"[".repeat(100)}`])
      expect(await refused(body), body).to.match(/^400 MALFORMED_MESSAGE/);
    const packed = await bytes(
      `POST /v1/orders HTTP/1.1\r\nhost: x\r\n${AUTHORIZED}\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n` +
        `content-length: 2\r\nconnection: close\r\n\r\n{}`,
    );
    expect(packed).to.match(/^HTTP\/1.1 415 /);
  });

  it("names fields that are unknown, doubled, missing or of another type", async () => {
    const changed = (change: object) => JSON.stringify({ ...JSON.parse(ORDER), ...change });
    expect(await refused(changed({ prize: 1 }))).to.equal("400 UNSUPPORTED_COMBINATION prize");
    expect(await refused(changed({ ["__proto__x"]: 1 }))).to.equal("400 UNSUPPORTED_COMBINATION __proto__x");
    expect(await refused(ORDER.replace("{", '{"__proto__":{"postOnly":true},'))).to.match(/^400 \w+ __proto__$/);
    expect(await refused(ORDER.replace("{", '{"price":"2",'))).to.equal("400 UNSUPPORTED_COMBINATION price");
    expect(await refused(changed({ side: "BUY" }))).to.equal("400 INVALID_SIDE side");
    expect(await refused(changed({ quantity: true }))).to.equal("400 INVALID_QUANTITY quantity");
    expect(await refused(changed({ clientOrderId: "no spaces" }))).to.equal(
      "400 INVALID_CLIENT_ORDER_ID clientOrderId",
    );
    expect(await refused('{"side":"buy"}')).to.equal("400 UNKNOWN_ASSET asset");
    const query = await gateway.ask("ann", "POST", "/v1/orders?wait=ack&wait=result", ORDER);
    expect([query.status, query.body.field]).to.deep.equal([400, "wait"]);
    const unknown = await gateway.ask("ann", "POST", "/v1/orders?wiat=ack", ORDER);
    expect([unknown.status, unknown.body.field]).to.deep.equal([400, "wiat"]);
  });

  it("takes amounts as text and as numbers, and none that is not exact", async () => {
    const valid = async (price: string) => {
      const body = ORDER.replace('"price":"1"', `"price":${price}`);
      const answer = await gateway.ask("ann", "POST", "/v1/orders?validate=1", body);
      return answer.status === 200 ? "valid" : answer.body.value;
    };
    for (const price of ['"64000.10"', "64000.10", "64000", "0.01"])
      expect(await valid(price), price).to.equal("valid");
    for (const price of ["1e-7", "1e3", "0.1e1", "64000.001", "-1", "0", "99999999999999999999"])
      expect(String(await valid(price)), price).to.equal(price);
    for (const price of ['"1e3"', '" 1"', '"1,5"', '"0x10"', '""', '"NaN"'])
      expect(await valid(price), price).to.equal(JSON.parse(price));
  });

  it("answers paths that lead nowhere, and nothing of another origin", async () => {
    for (const path of [
      "/",
      "/v1",
      "/v1/../v1/time",
      "//v1/time",
      "/v1/time/",
      "/V1/time",
      "/v1/orders/BTC-USD",
      "/%2e%2e/etc",
    ])
      expect(await bytes(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`), path).to.match(
        /^HTTP\/1.1 404 /,
      );
    const path = await gateway.ask("ann", "DELETE", "/v1/orders/BTC-USD/1e3");
    expect([path.status, path.body.field]).to.deep.equal([400, "order"]);
    const preflight = await bytes(
      "OPTIONS /v1/orders HTTP/1.1\r\nhost: x\r\norigin: http://evil\r\naccess-control-request-method: POST\r\nconnection: close\r\n\r\n",
    );
    expect(preflight).to.match(/^HTTP\/1.1 404 /);
    expect(preflight.toLowerCase()).to.not.contain("access-control-allow");
  });

  it("ends what is no HTTP, floods of headers, and requests that could be two", async () => {
    expect(await bytes("LOGIN ann ann\r\n\r\n")).to.match(/^HTTP\/1.1 400 .*MALFORMED_MESSAGE/s);
    const flood = Array.from({ length: 2_000 }, (_, index) => `x-${index}: ${"y".repeat(20)}`).join("\r\n");
    expect(await bytes(`GET /v1/time HTTP/1.1\r\nhost: x\r\n${flood}\r\n\r\n`)).to.match(/^HTTP\/1.1 431 /);
    const head = `POST /v1/orders HTTP/1.1\r\nhost: x\r\n${AUTHORIZED}\r\ncontent-type: application/json\r\n`;
    const smuggled = "GET /v1/account HTTP/1.1\r\nhost: x\r\n\r\n";
    for (const both of [
      `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `content-length: 0\r\ncontent-length: 44\r\n\r\n${smuggled}`,
      `transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
      `transfer-encoding: xchunked\r\n\r\n${smuggled}`,
      `transfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `content-length: +4\r\n\r\nnull${smuggled}`,
    ]) {
      const answer = await bytes(head + both);
      expect(answer, both).to.match(/^HTTP\/1.1 400 /);
      expect(answer.match(/HTTP\/1.1/g), both).to.have.length(1);
    }
  });

  it("ends requests that come too slowly, and serves others meanwhile", async () => {
    const slow = Promise.all([
      bytes("GET /v1/time HTTP/1.1\r\nhost: x\r\n"),
      bytes(
        `POST /v1/orders HTTP/1.1\r\nhost: x\r\n${AUTHORIZED}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{`,
      ),
    ]);
    expect((await gateway.ask(null, "GET", "/v1/time")).status).to.equal(200);
    for (const answer of await slow) expect(answer).to.match(/^HTTP\/1.1 408 /);
  });

  it("limits connections from one address, and wrong keys", async () => {
    let ended = 0;
    const sockets = Array.from({ length: 30 }, () => connect({ port: gateway.port, host: "127.0.0.1" }));
    for (const socket of sockets) socket.on("error", () => undefined).once("close", () => ended++);
    // They stay: one that was answered and gone would make room for another.
    await until("the end of those that are too many", () => ended >= 10);
    const answers = sockets.map((socket) => {
      socket.end("GET /v1/time HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
      return text(socket).catch(() => "");
    });
    const served = (await Promise.all(answers)).filter((answer) => answer.startsWith("HTTP/1.1 200"));
    expect(served.length).to.be.within(1, 20);
    const names: string[] = [];
    for (let attempt = 0; attempt < 4; attempt++)
      names.push((await gateway.ask("eve", "GET", "/v1/account")).body.name);
    expect(names).to.deep.equal(["LOGIN_REJECTED", "LOGIN_REJECTED", "LOGIN_REJECTED", "LOGIN_LIMITED"]);
    expect((await gateway.ask("ann", "GET", "/v1/account")).status).to.equal(200);
  });
});
