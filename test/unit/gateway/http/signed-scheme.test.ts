import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { FastifyRequest } from "fastify";
import pino from "pino";
import { SignedScheme } from "../../../../src/gateway/http/signed-scheme.js";
import type { AuthenticatedAccount } from "../../../../src/shared/access/authentication.js";
import { KeyCheck } from "../../../../src/shared/access/key-check.js";
import { isSignedBy } from "../../../../src/shared/access/signers.js";
import type { Signed } from "../../../../src/shared/access/signing-keys.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";

const ANN = { keyId: "ann", account: "ann", role: "trade", expiresInMs: null } as AuthenticatedAccount;
const LIMITS = { waitingMax: 8, answerTimeoutMs: 1_000, wrong: { perAddress: 100, perKey: 100 }, slowedMs: 5 };

describe("a signed request", () => {
  const check = new KeyCheck<Signed>(
    async (keyId, { payload, signature }) =>
      keyId === "ann" && isSignedBy({ kind: "hmac", secret: "secret" }, payload, signature) ? ANN : null,
    LIMITS,
    pino({ level: "silent" }),
  );
  const scheme = new SignedScheme(check);
  const sent = { method: "POST", path: "/v1/orders?wait=result", body: '{"asset":"BTC-USD"}' };

  function request(headers: Record<string, string>, { method, path, body } = sent): FastifyRequest {
    return { headers, method, raw: { url: path }, rawBody: body, ip: "10.0.0.1" } as unknown as FastifyRequest;
  }

  /** As docs/clients.md says it, by other code than ours. */
  async function signedHeaders(timeMs: number, windowMs = 5_000): Promise<Record<string, string>> {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sent.body));
    const text = ["ann", timeMs, windowMs, sent.method, sent.path, Buffer.from(hash).toString("hex")].join("\n");
    const signature = createHmac("sha256", "secret").update(text).digest("hex");
    const head = { "bourse-key": "ann", "bourse-time": String(timeMs), "bourse-signature": signature };
    return windowMs === 5_000 ? head : { ...head, "bourse-window": String(windowMs) };
  }

  it("is its key's, with a mark that is the same for the same bytes", async () => {
    const headers = await signedHeaders(Date.now());
    expect(scheme.isMarked(request(headers))).to.equal(true);
    expect(scheme.isMarked(request({ authorization: "Basic YTpi" }))).to.equal(false);
    const first = await scheme.identify(request(headers));
    expect(first).to.include({ account: "ann", keyId: "ann", role: "trade" });
    const upper = { ...headers, "bourse-signature": (headers["bourse-signature"] as string).toUpperCase() };
    expect(await scheme.identify(request(upper))).to.deep.equal(first);
  });

  it("is nobody's once anything of it was changed", async () => {
    const timeMs = Date.now();
    const headers = await signedHeaders(timeMs, 30_000);
    const changed = [
      request(headers, { ...sent, method: "PATCH" }),
      request(headers, { ...sent, path: "/v1/orders" }),
      request(headers, { ...sent, body: '{"asset":"ETH-USD"}' }),
      request({ ...headers, "bourse-window": "60000" }),
      request({ ...headers, "bourse-time": String(timeMs - 1) }),
      request({ ...headers, "bourse-key": "bob" }),
    ];
    expect(await scheme.identify(request(headers))).to.include({ account: "ann" });
    for (const one of changed)
      expect(await scheme.identify(one)).to.deep.equal({
        name: "LOGIN_REJECTED",
        text: "the key or its secret is wrong",
      });
  });

  it("is told the server's time where its own is outside the window", async () => {
    const answers = await Promise.all(
      [-7_000, 5_000].map(async (off) => scheme.identify(request(await signedHeaders(Date.now() + off)))),
    );
    for (const answer of answers)
      expect(answer)
        .to.have.property("text")
        .that.matches(/the server's, which is \d{13};/);
  });

  it("is told what it lacks", async () => {
    const { "bourse-time": _, ...headers } = await signedHeaders(Date.now());
    for (const some of [
      headers,
      { ...headers, "bourse-time": "soon" },
      { ...(await signedHeaders(Date.now())), "bourse-window": "60001" },
    ])
      expect(await scheme.identify(request(some)))
        .to.have.property("text")
        .that.matches(/^a signed request has Bourse-Key/);
  });

  it("is made as docs/clients.md says", () => {
    const page = readFileSync(`${projectRoot}docs/clients.md`, "utf8");
    for (const word of ["Bourse-Key", "Bourse-Time", "Bourse-Window", "Bourse-Signature"])
      expect(page).to.include(word);
  });
});
