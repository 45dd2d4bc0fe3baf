/** Sign-ins and what they open: HTTP, WebSocket and the notifier, over real servers and with the rights of the roles. */
import { type EventEmitter, once } from "node:events";
import { expect } from "chai";
import { WebSocket } from "ws";
import { until } from "../../support/eventually.js";
import { type NotifierUnderTest, startNotifier } from "../market-data-notifier/notifier-under-test.js";
import { PipelineUnderTest } from "../pipeline/pipeline-under-test.js";
import { Browser, PAGE_ORIGIN } from "./browser.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

describe("people", () => {
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let notifier: NotifierUnderTest;
  const signedIn = async (email: string) => {
    const browser = new Browser(gateway.url);
    const { status, body } = await browser.devLogin(email);
    expect(status).to.equal(200);
    return { browser, user: body.user };
  };

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    gateway = await startGateway(pipeline, { pageOrigins: new Set([PAGE_ORIGIN]) });
    notifier = await startNotifier({ natsUrl: pipeline.nats.url, databaseUrl: pipeline.databaseUrl });
  });
  after(async () => {
    await notifier.stop();
    await gateway.stop();
    await pipeline.stop();
  });

  it("have one account, however often and however written they sign in", async () => {
    const { user } = await signedIn("Ann@Example.com ");
    const { browser, user: again } = await signedIn("ann@example.com");
    expect(user).to.include({ email: "ann@example.com" }).and.to.deep.equal(again);
    expect(user.account).to.match(/^person-[0-9a-f]{12}$/);
    const { body } = await browser.ask("GET", "/api/me");
    expect(body).to.include(user);
    expect(body.sessions).to.have.length(2);
    expect(body.sessions.filter(({ isThis }: { isThis: boolean }) => isThis)).to.have.length(1);
    expect(body.sessions[0]).to.include({ address: "127.0.0.1" });
  });

  it("may with their token what a key of the role trade may, also make keys", async () => {
    const { browser, user } = await signedIn("bea@example.com");
    expect((await browser.ask("GET", "/v1/account")).body).to.include({ account: user.account, role: "trade" });
    const made = await browser.ask("POST", "/v1/keys", { role: "read" });
    expect(made.status).to.equal(201);
    const order = { asset: "BTC-USD", side: "buy", quantity: "1", price: "1" };
    expect((await browser.ask("POST", "/v1/orders", order)).status).to.equal(202);
  });

  it("have a cookie that scripts and other sites don't see, new with every use", async () => {
    const { browser } = await signedIn("cid@example.com");
    expect(browser.setCookie).to.match(
      /^bourse_refresh=session-[\w.-]+; HttpOnly; SameSite=Strict; Path=\/api\/auth; Max-Age=2592000$/,
    );
    const first = browser.cookie;
    const { status, body, headers } = await browser.ask("POST", "/api/auth/refresh");
    expect([status, body.expiresInS, body.user.email]).to.deep.equal([200, 600, "cid@example.com"]);
    expect(headers.get("cache-control")).to.equal("no-store");
    expect(browser.cookie).to.not.equal(first);
  });

  it("lose a session whose cookie comes a second time, and what it has opened", async () => {
    const { browser } = await signedIn("dan@example.com");
    const thief = new Browser(gateway.url);
    thief.cookie = browser.cookie;
    expect((await browser.ask("POST", "/api/auth/refresh")).status).to.equal(200);
    const refused = await thief.ask("POST", "/api/auth/refresh");
    expect([refused.status, refused.body.name]).to.deep.equal([401, "LOGIN_REQUIRED"]);
    expect(refused.headers.get("set-cookie")).to.match(/^bourse_refresh=; .*Max-Age=0/);
    expect((await browser.ask("POST", "/api/auth/refresh")).status).to.equal(401);
    await until("the token's end", async () => (await browser.ask("GET", "/api/me")).status === 401);
    const [row] = await pipeline.database.query(
      "select why from actions where kind = 'end_session' order by action_id desc",
    );
    expect(row).to.deep.equal({ why: "a refresh token was used again" });
  });

  it("rotate a cookie once, however many requests come with it at the same time", async () => {
    const { browser } = await signedIn("eve@example.com");
    const rivals = Array.from({ length: 8 }, () => Object.assign(new Browser(gateway.url), { cookie: browser.cookie }));
    const answers = await Promise.all(rivals.map((rival) => rival.ask("POST", "/api/auth/refresh")));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
  });

  it("sign out here, or everywhere: tokens, WebSockets and subscriptions end within seconds", async () => {
    const { browser } = await signedIn("fay@example.com");
    const { browser: other } = await signedIn("fay@example.com");
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/v1/ws`);
    const told: string[] = [];
    socket.on("message", (data) => told.push(data.toString()));
    await once(socket, "open");
    socket.send(JSON.stringify({ id: 1, op: "login", args: { token: other.token } }));
    await until("the login", () => told.length === 1);
    expect(JSON.parse(told[0] ?? "")).to.include({ ok: true, role: "trade" });
    const subscriber = notifier.connect({ token: other.token }) as unknown as EventEmitter;
    await once(subscriber, "connect");
    const out = once(subscriber, "logged_out");
    const closed = once(socket, "close");

    await browser.ask("POST", "/api/auth/logout", {});
    expect(browser.cookie).to.equal("bourse_refresh=");
    await until("the token's end", async () => (await browser.ask("GET", "/api/me")).status === 401);
    expect((await other.ask("GET", "/api/me")).body.sessions).to.have.length(1);

    const { browser: third } = await signedIn("fay@example.com");
    expect((await third.ask("POST", "/api/auth/logout", { everywhere: true })).status).to.equal(200);
    await closed;
    expect(told.at(-1)).to.match(/LOGIN_REQUIRED.*sign in again/);
    expect((await out)[0]).to.include({ code: "LOGIN_REQUIRED" });
    for (const one of [other, third]) {
      await until("the tokens' end", async () => (await one.ask("GET", "/api/me")).status === 401);
      expect((await one.ask("POST", "/api/auth/refresh")).status).to.equal(401);
    }
  });

  it("end a session of their own by its id, and never somebody else's", async () => {
    const { browser: gus } = await signedIn("gus@example.com");
    const { browser: hal } = await signedIn("hal@example.com");
    const [session] = (await gus.ask("GET", "/api/me")).body.sessions;
    const stolen = await hal.ask("DELETE", `/api/sessions/${session.id}`);
    expect([stolen.status, stolen.body.name]).to.deep.equal([404, "UNKNOWN_COMMAND"]);
    expect((await gus.ask("DELETE", `/api/sessions/${session.id}`)).body).to.include({ status: "ended" });
    await until("the token's end", async () => (await gus.ask("GET", "/api/me")).status === 401);
    expect((await gateway.ask("GET", "/api/me", { key: "ann" })).status).to.equal(403);
  });

  it("are not helped by pages of other origins", async () => {
    const { browser } = await signedIn("ida@example.com");
    for (const headers of [
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: "", "sec-fetch-site": "cross-site" },
    ])
      for (const path of ["refresh", "logout", "dev-login"]) {
        const { status, headers: answered } = await browser.ask("POST", `/api/auth/${path}`, {}, headers);
        expect([path, status, answered.get("access-control-allow-origin")]).to.deep.equal([path, 403, null]);
        expect(answered.get("set-cookie")).to.equal(null);
      }
    expect((await browser.ask("POST", "/api/auth/refresh")).status).to.equal(200);
  });

  it("get CORS for the page's origin only, with credentials, also with an error", async () => {
    const preflight = (origin: string) =>
      fetch(`${gateway.url}/v1/orders`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
      });
    const allowed = await preflight(PAGE_ORIGIN);
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).to.deep.equal([204, PAGE_ORIGIN]);
    expect(allowed.headers.get("access-control-allow-headers")).to.include("authorization");
    expect(allowed.headers.get("access-control-allow-credentials")).to.equal("true");
    const foreign = await preflight("http://evil.example");
    expect([foreign.status, foreign.headers.get("access-control-allow-origin")]).to.deep.equal([404, null]);
    const { status, headers } = await new Browser(gateway.url).ask("GET", "/api/me");
    expect([status, headers.get("access-control-allow-origin")]).to.deep.equal([401, PAGE_ORIGIN]);
  });

  it("are told nothing by a token that is not one", async () => {
    const { browser } = await signedIn("joe@example.com");
    const [head, body, mac] = (browser.token ?? "").split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    for (const token of [
      "",
      "x",
      `${head}.${body}.`,
      `${none}.${body}.`,
      `${head}.${body}.${mac}x`,
      `${head}.${mac}.${mac}`,
    ]) {
      browser.token = token;
      const { status, headers } = await browser.ask("GET", "/api/me");
      expect([token, status]).to.deep.equal([token, 401]);
      expect(headers.get("www-authenticate")).to.match(/^Bearer/);
    }
  });
});
