import { createHmac } from "node:crypto";
import { expect } from "chai";
import { ACCESS_TOKEN_S, AccessTokens } from "../../../../src/shared/access/access-tokens.js";
import { DEVELOPMENT_SEAL, KeySeal } from "../../../../src/shared/access/key-seal.js";
import { isRefusal } from "../../../../src/shared/domain/rejects.js";
import { accountId, type EpochMs } from "../../../../src/shared/domain/units.js";

const NOW = 1_800_000_000_000 as EpochMs;
const SIGN_IN = {
  accountId: accountId(7),
  account: "person-1",
  sessionId: `session-${"a".repeat(32)}`,
  sessionEndsAtMs: NOW + 86_400_000,
};

describe("access tokens", () => {
  const tokens = new AccessTokens(DEVELOPMENT_SEAL);
  const later = (ms: number) => (NOW + ms) as EpochMs;
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  it("say who has signed in, to every service with the same key, for ten minutes", async () => {
    const token = await tokens.issue(SIGN_IN, NOW);
    const elsewhere = new AccessTokens(DEVELOPMENT_SEAL);
    const expiresAtMs = NOW + ACCESS_TOKEN_S * 1_000;
    expect(await elsewhere.check(token, later(599_000))).to.deep.equal({ ...SIGN_IN, expiresAtMs });
    expect(isRefusal(await tokens.check(token, later(600_000)))).to.equal(true);
  });

  it("are nothing under another key, nor under the key that seals", async () => {
    const key = Buffer.alloc(32, 1);
    const token = await new AccessTokens(new KeySeal(key)).issue(SIGN_IN, NOW);
    expect(isRefusal(await tokens.check(token, NOW))).to.equal(true);
    const [head, body] = token.split(".");
    const mac = createHmac("sha256", key).update(`${head}.${body}`).digest("base64url");
    expect(isRefusal(await new AccessTokens(new KeySeal(key)).check(`${head}.${body}.${mac}`, NOW))).to.equal(true);
  });

  it("are nothing when they say it another way, whoever has made them", async () => {
    const [head = "", body = "", mac = ""] = (await tokens.issue(SIGN_IN, NOW)).split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString());
    const signed = (header: object, payload: object) => {
      const text = `${base64(header)}.${base64(payload)}`;
      const key = DEVELOPMENT_SEAL.keyFor("access tokens");
      return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
    };
    const alg = "HS256";
    expect(isRefusal(await tokens.check(signed({ alg }, claims), NOW))).to.equal(false);
    const { exp: _, ...forEver } = claims;
    for (const token of [
      "",
      "x",
      `${head}.${body}`,
      `${head}.${body}.`,
      `${head}.${base64({ ...claims, sub: "8" })}.${mac}`,
      `${base64({ alg: "none" })}.${body}.`,
      signed({ alg: "HS512" }, claims),
      signed({ alg }, forEver),
      signed({ alg }, { ...claims, iss: "somebody" }),
      signed({ alg }, { ...claims, aud: "something" }),
      signed({ alg }, { ...claims, sub: "no number" }),
      signed({ alg }, { ...claims, sub: "0" }),
      signed({ alg }, { ...claims, session: "ann" }),
      signed({ alg }, { ...claims, sessionEnds: "never" }),
      "a".repeat(2_000),
    ])
      expect(isRefusal(await tokens.check(token, NOW)), token.slice(0, 60)).to.equal(true);
  });
});
