/**
 * Access tokens of people who have signed in: JWTs that the gateway makes, and whatever door a client knocks at can check by
 * itself. They are good for minutes; a session that was ended takes its tokens with it (`Access`, half a second later).
 */
import { jwtVerify, SignJWT } from "jose";
import { type Refusal, refuse } from "../domain/rejects.js";
import { type AccountId, accountId, type EpochMs } from "../domain/units.js";
import type { KeySeal } from "./key-seal.js";

export const ACCESS_TOKEN_S = 600;

const ALGORITHM = "HS256";
const ISSUER = "bourse";
const AUDIENCE = "bourse people";
const LENGTH_MAX = 1_024;
const SESSION_ID = /^session-[0-9a-f]{32}$/;
const WRONG = refuse("LOGIN_REJECTED", "the token is wrong or has expired: refresh it, or sign in again");

/** What a token says: who has signed in, and how. */
export interface SignIn {
  readonly accountId: AccountId;
  readonly account: string;
  /** Stands where a key's id stands: what is revoked is the session. */
  readonly sessionId: string;
  /** When the session ends unless it is refreshed before; connections that it has opened end with it. */
  readonly sessionEndsAtMs: number;
}

/** `expiresAtMs`: of the token itself. */
export type TokenSignIn = SignIn & { readonly expiresAtMs: number };

export class AccessTokens {
  readonly #key: Uint8Array;

  constructor(seal: KeySeal) {
    this.#key = seal.keyFor("access tokens");
  }

  issue({ accountId, account, sessionId, sessionEndsAtMs }: SignIn, nowMs: EpochMs): Promise<string> {
    const nowS = Math.floor(nowMs / 1_000);
    return new SignJWT({ account, session: sessionId, sessionEnds: Math.floor(sessionEndsAtMs / 1_000) })
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(String(accountId))
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + ACCESS_TOKEN_S)
      .sign(this.#key);
  }

  /** Never rejects. Whether the session was ended meanwhile, `Access` knows. */
  async check(token: string, nowMs: EpochMs): Promise<TokenSignIn | Refusal> {
    if (token.length > LENGTH_MAX) return WRONG;
    const expected = { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE, currentDate: new Date(nowMs) };
    try {
      const { payload } = await jwtVerify(token, this.#key, { ...expected, requiredClaims: ["sub", "exp"] });
      const { sub, exp = 0, account, session, sessionEnds } = payload;
      if (typeof account !== "string" || typeof session !== "string" || typeof sessionEnds !== "number") return WRONG;
      if (!SESSION_ID.test(session)) return WRONG;
      return {
        accountId: accountId(Number(sub)),
        account,
        sessionId: session,
        sessionEndsAtMs: sessionEnds * 1_000,
        expiresAtMs: exp * 1_000,
      };
    } catch {
      return WRONG;
    }
  }
}

/** Whether what stands for a key is a session of somebody who has signed in. */
export function isSession(keyId: string): boolean {
  return SESSION_ID.test(keyId);
}
