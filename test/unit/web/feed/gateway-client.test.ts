import { expect } from "chai";
import { GatewayClient } from "../../../../web/feed/gateway-client.js";

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly authorization: string | null;
  readonly credentials: string;
}

describe("the page's questions to the gateway", () => {
  /** Answers by turns: a status and a body, or an error. */
  const clientOf = (...answers: (readonly [status: number, body: object] | Error)[]) => {
    const asked: Asked[] = [];
    let signedOut = 0;
    const client = new GatewayClient("http://127.0.0.1:7003", {
      fetch: async (url, { method, headers, credentials }) => {
        const { authorization = null } = headers;
        asked.push({ path: url.pathname + url.search, method, authorization, credentials });
        const next = answers.shift() ?? new Error("nothing more");
        if (next instanceof Error) throw next;
        return new Response(JSON.stringify(next[1]), { status: next[0], headers: { "retry-after": "2" } });
      },
      alone: (act) => act(),
      onSignedOut: () => signedOut++,
    });
    return { client, asked, signedOut: () => signedOut };
  };
  const OUT = [401, { code: 101, name: "LOGIN_REJECTED", text: "the token has expired" }] as const;

  it("bear a key, and are answered with the body", async () => {
    const { client, asked } = clientOf([200, { account: "ann" }]);
    client.useKey({ keyId: "ann", secret: "s€cret" });
    expect(await client.ask("/v1/orders", { query: { limit: 5, asset: undefined } })).to.deep.equal({
      ok: true,
      body: { account: "ann" },
    });
    const authorization = `Basic ${Buffer.from("ann:s€cret").toString("base64")}`;
    expect(asked).to.deep.equal([{ path: "/v1/orders?limit=5", method: "GET", authorization, credentials: "omit" }]);
  });

  it("are answered with what is wrong in the server's words", async () => {
    const body = {
      code: 205,
      name: "INVALID_PRICE",
      text: "off tick",
      field: "price",
      value: "1.005",
      allowed: { step: "0.01" },
    };
    const { client } = clientOf([400, body], [502, { error: "a proxy's" }], new Error("no network"));
    expect(await client.ask("/v1/orders")).to.deep.equal({
      ok: false,
      problem: { ...body, status: 400, retryAfterS: 2 },
    });
    for (const status of [502, 0]) {
      const outcome = await client.ask("/v1/orders");
      expect(outcome.ok ? null : [outcome.problem.code, outcome.problem.status]).to.deep.equal([0, status]);
    }
  });

  it("are asked again with the next token when the last has expired, which one refresh gets for all of them", async () => {
    const { client, asked } = clientOf(OUT, OUT, [200, { accessToken: "new" }], [200, {}], [200, {}]);
    client.useToken({ accessToken: "old" });
    const outcomes = await Promise.all([client.ask("/api/me"), client.ask("/v1/keys")]);
    expect(outcomes.map(({ ok }) => ok)).to.deep.equal([true, true]);
    expect(asked.map(({ path, authorization }) => [path, authorization])).to.deep.equal([
      ["/api/me", "Bearer old"],
      ["/v1/keys", "Bearer old"],
      ["/api/auth/refresh", "Bearer old"],
      ["/api/me", "Bearer new"],
      ["/v1/keys", "Bearer new"],
    ]);
    expect(asked[2]?.credentials).to.equal("include");
  });

  it("sign out when the cookie is no longer good, and do not when the gateway is away", async () => {
    const gone = clientOf(OUT, OUT);
    gone.client.useToken({ accessToken: "old" });
    expect((await gone.client.ask("/api/me")).ok).to.equal(false);
    expect([gone.signedOut(), gone.client.token]).to.deep.equal([1, null]);
    const away = clientOf(OUT, new Error("no network"));
    away.client.useToken({ accessToken: "old" });
    expect((await away.client.ask("/api/me")).ok).to.equal(false);
    expect([away.signedOut(), away.client.token]).to.deep.equal([0, "old"]);
  });
});
