import { expect } from "chai";
import type { BotsState, LauncherAsk } from "../../../src/shared/process/launcher-asks.js";
import { execute } from "../../support/postgres.js";
import { type DeskUnderTest, startDesk, tradedDatabase } from "./desk-under-test.js";

const WHY = "a test";

describe("the operators' desk", () => {
  let databaseUrl: string;
  let desk: DeskUnderTest;
  /** What the launcher was asked for. */
  const asked: LauncherAsk[] = [];
  let answersLauncher = true;

  before(async () => {
    databaseUrl = await tradedDatabase();
    const launcher = {
      async ask(what: LauncherAsk): Promise<BotsState> {
        if (!answersLauncher) throw new Error("the launcher does not answer");
        asked.push(what);
        return { state: what === "start bots" ? "running" : "stopped", adminUrl: "http://127.0.0.1:1", problem: null };
      },
    };
    desk = await startDesk({ databaseUrl, natsUrl: "nats://127.0.0.1:1" }, launcher);
  });
  after(() => desk.stop());

  /** The audit since a moment, the oldest first. */
  async function audited<T>(work: () => Promise<T>): Promise<{ answer: T; actions: Record<string, unknown>[] }> {
    const [row] = await execute(databaseUrl, "select coalesce(max(action_id), 0) as last from actions");
    const answer = await work();
    const actions = await execute(
      databaseUrl,
      "select kind, made_by, why, asset, detail from actions where action_id > $1 order by action_id",
      [row?.["last"]],
    );
    return { answer, actions };
  }
  const kinds = (actions: Record<string, unknown>[]) => actions.map(({ kind }) => kind);

  /** One after the other: each needs what those before it have made. Done twice under one Idempotency-Key, it is done once. */
  const ACTS: [what: string, path: string, body: object, kinds: string[]][] = [
    ["makes an account", "/api/accounts", { account: "alice" }, ["create_account"]],
    ["makes a key", "/api/accounts/alice/keys", { role: "trade", keyId: "alice1" }, ["create_key"]],
    ["revokes a key", "/api/keys/alice1/revoke", {}, ["revoke_key"]],
    ["suspends an account", "/api/accounts/alice/suspend", {}, ["suspend"]],
    ["lets an account trade again", "/api/accounts/alice/resume", {}, ["resume"]],
    [
      "asks for a transfer",
      "/api/transfers",
      { kind: "deposit", account: "alice", amount: "10.50", currency: "USD", reference: "wire 1" },
      ["request_transfer"],
    ],
    ["rejects a transfer", "/api/transfers/1/reject", {}, ["reject_transfer"]],
    ["closes an account", "/api/accounts/alice/close", {}, ["close"]],
    ["sets an asset's state", "/api/assets/BTC-USD/state", { state: "auction" }, ["set_asset_state"]],
    ["sets the state of all", "/api/assets/all/state", { state: "open" }, ["set_asset_state"]],
    ["sets trading hours", "/api/assets/BTC-USD/hours", { hours: "Mon-Sun 00:00-00:00" }, ["set_asset_state"]],
    [
      "creates a market",
      "/api/assets",
      { asset: "PEPE-USD", tickSize: "0.0001", lotSize: "1", currencies: { PEPE: { decimals: 8 } } },
      ["create_asset"],
    ],
    ["halts one asset", "/api/shutdown", { asset: "BTC-USD" }, ["set_asset_state"]],
    ["suspends everybody", "/api/everybody/suspend", {}, ["suspend"]],
    ["lets everybody trade again", "/api/everybody/resume", {}, ["resume"]],
    [
      "stops everything",
      "/api/kill-switch",
      { confirm: "STOP EVERYTHING" },
      ["set_asset_state", "suspend", "kill_switch"],
    ],
    [
      "winds down",
      "/api/wind-downs",
      { asset: "ETH-USD", orders: "cancel" },
      ["set_asset_state", "cancel_all", "wind_down"],
    ],
    ["starts bots", "/api/bot/start", {}, ["start_bots"]],
    ["stops bots", "/api/bot/stop", {}, ["stop_bots"]],
  ];
  for (const [index, [what, path, body, expected]] of ACTS.entries())
    it(`${what}: once, with who and why in the audit; not without a reason, not for a trader, not for a stranger`, async () => {
      const act = { ...body, why: WHY };
      const { actions: none } = await audited(async () => {
        for (const why of [undefined, "", "  ", "x".repeat(501)])
          expect((await desk.ask("POST", path, { ...body, why })).status, String(why)).to.equal(400);
        expect((await desk.ask("POST", path, act, { key: "trader" })).status).to.equal(403);
        expect((await desk.ask("POST", path, act, { key: null })).status).to.equal(401);
        expect((await desk.ask("POST", path, act, { key: "nobody" })).status).to.equal(401);
        expect((await desk.ask("POST", path, { ...act, more: 1 })).status).to.equal(400);
      });
      expect(none).to.deep.equal([]);
      const once = `act-${index}`;
      const { actions, answer } = await audited(async () => {
        const first = await desk.ask("POST", path, act, { once });
        expect(first.status, JSON.stringify(first.json)).to.equal(200);
        return [first, await desk.ask("POST", path, act, { once })];
      });
      expect(kinds(actions)).to.deep.equal(expected);
      expect(actions.map(({ made_by, why }) => [made_by, why])).to.deep.equal(expected.map(() => ["olga", WHY]));
      expect(answer.map(({ json }) => json.isRepeated)).to.deep.equal([false, true]);
      const other = await desk.ask("POST", path, { ...act, why: "another reason" }, { once });
      expect(other).to.include({ status: 409 });
    });

  it("says what is wrong, and changes nothing", async () => {
    const wrong: [string, object, number, RegExp][] = [
      ["/api/accounts", { account: "Not A Name" }, 400, /can't be a name/],
      ["/api/accounts", { account: "alice" }, 409, /there is an account alice already/],
      ["/api/accounts/bob/suspend", {}, 404, /there is no account bob/],
      ["/api/accounts/alice/resume", {}, 409, /is closed, and stays so/],
      ["/api/accounts/exchange:fees/suspend", {}, 409, /the exchange's own account/],
      ["/api/accounts/alice/keys", { role: "trade" }, 409, /it gets no more keys/],
      ["/api/accounts/alice/keys", { role: "king" }, 400, /role/],
      ["/api/keys/alice1/revoke", {}, 409, /revoked already/],
      ["/api/keys/alice2/revoke", {}, 404, /no key alice2/],
      ["/api/assets/DOGE-USD/state", { state: "halted" }, 404, /no asset DOGE-USD; there are BTC-USD/],
      ["/api/assets/BTC-USD/state", { state: "gone" }, 400, /state/],
      ["/api/assets/BTC-USD/hours", { hours: "always" }, 400, /are no hours/],
      ["/api/assets/BTC-USD/hours", { hours: "Mon 09:00-10:00", zone: "Mars" }, 409, /no time zone Mars/],
      ["/api/kill-switch", { confirm: "stop everything" }, 400, /type STOP EVERYTHING/],
      ["/api/wind-downs", { asset: "DOGE-USD", orders: "keep" }, 404, /no asset/],
      ["/api/wind-downs", { asset: "BTC-USD", orders: "keep", stopServices: true }, 400, /all assets/],
      [
        "/api/transfers",
        { kind: "deposit", account: "trader", amount: "0.0000000000001", currency: "USD" },
        400,
        /finer/,
      ],
      ["/api/transfers", { kind: "deposit", account: "trader", amount: "1", currency: "XYZ" }, 400, /no currency XYZ/],
      ["/api/transfers/99/approve", {}, 404, /no transfer request 99/],
      ["/api/transfers/1/approve", {}, 409, /is rejected already, by olga/],
    ];
    const { actions } = await audited(async () => {
      for (const [path, body, status, text] of wrong) {
        const answer = await desk.ask("POST", path, { ...body, why: WHY });
        expect(answer.json.text, path).to.match(text);
        expect(answer.status, path).to.equal(status);
      }
    });
    expect(actions).to.deep.equal([]);
  });

  it("books a transfer when a second operator approves: not who asked, nor a key that he made", async () => {
    const transfer = {
      kind: "deposit",
      account: "trader",
      amount: "10.50",
      currency: "USD",
      reference: "wire 2",
      why: WHY,
    };
    const first = await desk.ask("POST", "/api/transfers", transfer);
    const again = await desk.ask("POST", "/api/transfers", transfer);
    expect(again.json.requestId).to.equal(first.json.requestId);
    const other = await desk.ask("POST", "/api/transfers", { ...transfer, amount: "11" });
    expect(other).to.include({ status: 409 });
    const path = `/api/transfers/${first.json.requestId}/approve`;
    expect((await desk.ask("POST", path, { why: WHY })).json.text).to.match(/by a second operator/);
    const made = await desk.ask("POST", "/api/accounts/olga/keys", { role: "operator", why: WHY });
    const approved = await fetch(`${desk.url}${path}`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${made.json.keyId}:${made.json.secret}`).toString("base64")}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ why: WHY }),
    });
    expect(approved.status).to.equal(409);
    const { actions } = await audited(async () => {
      for (const _ of [1, 2])
        expect(await desk.ask("POST", path, { why: "seen" }, { key: "oscar" })).to.include({ status: 200 });
    });
    expect(kinds(actions)).to.deep.equal(["deposit"]);
    expect(actions[0]).to.include({ made_by: "oscar", why: "seen" });
    const { json } = await desk.ask("GET", "/api/accounts/trader");
    expect(json.balances).to.deep.equal([{ currency: "USD", available: "10.5", held: "0" }]);
    const { requests } = (await desk.ask("GET", "/api/transfers?limit=1")).json;
    expect(requests[0]).to.include({ status: "approved", requestedBy: "olga", decidedBy: "oscar", decision: "seen" });
  });

  it("does not book what an account does not have", async () => {
    const transfer = { kind: "withdrawal", account: "trader", amount: "99", currency: "USD", why: WHY };
    const { requestId } = (await desk.ask("POST", "/api/transfers", transfer)).json;
    const answer = await desk.ask("POST", `/api/transfers/${requestId}/approve`, { why: WHY }, { key: "oscar" });
    expect(answer).to.include({ status: 409 });
    expect(answer.json.text).to.match(/has less than 99 USD/);
    expect((await desk.ask("GET", "/api/transfers?status=open")).json.requests).to.have.length(1);
  });

  it("stops everything but who can end that: operators act on, and customers do not", async () => {
    await desk.ask("POST", "/api/kill-switch", { confirm: "STOP EVERYTHING", why: WHY });
    const states = (await desk.ask("GET", "/api/assets")).json.assets.map(({ state }: { state: string }) => state);
    expect(new Set(states)).to.deep.equal(new Set(["halted"]));
    expect((await desk.ask("GET", "/api/accounts/trader")).json.status).to.equal("suspended");
    expect((await desk.ask("GET", "/api/accounts/olga")).json.status).to.equal("open");
    await desk.ask("POST", "/api/everybody/resume", { why: WHY });
    expect((await desk.ask("GET", "/api/accounts/trader")).json.status).to.equal("open");
  });

  it("ends the services through who runs them, and says so in the audit", async () => {
    asked.length = 0;
    const { actions } = await audited(() => desk.ask("POST", "/api/shutdown", { stopServices: true, why: WHY }));
    expect(kinds(actions)).to.deep.equal(["set_asset_state", "stop_services"]);
    expect(asked).to.deep.equal(["stop"]);
  });

  it("knows nobody whose key is revoked, or whose account is suspended, from the next request on", async () => {
    const me = () => desk.ask("GET", "/api/me", undefined, { key: "oscar" });
    expect(await me()).to.deep.include({ status: 200, json: { account: "oscar", keyId: "oscar" } });
    await desk.ask("POST", "/api/accounts/oscar/suspend", { why: WHY });
    expect(await me()).to.include({ status: 403 });
    await desk.ask("POST", "/api/accounts/oscar/resume", { why: WHY });
    expect(await me()).to.include({ status: 200 });
    await desk.ask("POST", "/api/keys/oscar/revoke", { why: WHY });
    expect(await me()).to.include({ status: 401 });
  });

  it("pages accounts and the audit, and finds accounts by how their names begin", async () => {
    const names: string[] = [];
    for (let next = 0; ; ) {
      const { json } = await desk.ask("GET", `/api/accounts?limit=2&next=${next}`);
      names.push(...json.accounts.map(({ account }: { account: string }) => account));
      if (json.next === undefined) break;
      next = json.next;
    }
    expect(names).to.include.members(["olga", "oscar", "trader", "alice", "exchange:fees"]);
    expect(new Set(names).size).to.equal(names.length);
    const found = await desk.ask("GET", "/api/accounts?prefix=al");
    expect(found.json.accounts.map(({ account }: { account: string }) => account)).to.deep.equal(["alice"]);
    const first = (await desk.ask("GET", "/api/actions?limit=1")).json;
    const second = (await desk.ask("GET", `/api/actions?limit=1&next=${first.next}`)).json;
    expect(second.actions[0].actionId).to.equal(first.actions[0].actionId - 1);
    expect((await desk.ask("GET", "/api/actions?account=alice")).json.actions[0]).to.include({ kind: "close" });
    for (const path of [
      "/api/differences",
      "/api/wind-downs",
      "/api/accounts/alice/orders",
      "/api/accounts/alice/trades",
    ])
      expect(await desk.ask("GET", path), path).to.include({ status: 200 });
  });

  it("has a page of its API, of which each route needs a key and says what it is for", async () => {
    const { json } = await desk.ask("GET", "/api/openapi.json", undefined, { key: null });
    const operations = Object.values(json.paths).flatMap((path) => Object.values(path as object));
    expect(operations).to.have.length.above(25);
    for (const { summary, security } of operations)
      expect([typeof summary, security]).to.deep.equal(["string", [{ basic: [] }]]);
  });

  it("has no start of bots in the audit that the launcher was not asked for", async () => {
    answersLauncher = false;
    const { actions, answer } = await audited(() => desk.ask("POST", "/api/bot/start", { why: WHY }));
    answersLauncher = true;
    expect([answer.status, actions]).to.deep.equal([500, []]);
  });

  it("says that bots, and the end of services, are a launcher's, where there is none", async () => {
    const alone = await startDesk({ databaseUrl, natsUrl: "nats://127.0.0.1:1" });
    try {
      expect(await alone.ask("GET", "/api/bot/status")).to.include({ status: 409 });
      const stop = await alone.ask("POST", "/api/shutdown", { stopServices: true, why: WHY });
      expect(stop.json.text).to.match(/no launcher/);
    } finally {
      await alone.stop();
    }
  });
});
