import type { AccessTokens } from "../../shared/access/access-tokens.js";
import { isRefusal, type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { Asker, IdentificationScheme, Identity } from "../../shared/http/identification.js";
import { nowEpochMs } from "../../shared/process/clock.js";

const MALFORMED = refuse("LOGIN_REJECTED", "Authorization must be: Bearer, and the access token of a sign-in");

/** Authorization: Bearer, with the access token of somebody who has signed in: as good as a key of the role trade. */
export class BearerScheme implements IdentificationScheme {
  readonly name = "bearer";
  readonly challenge = 'Bearer realm="bourse"';
  readonly #tokens: AccessTokens;

  constructor(tokens: AccessTokens) {
    this.#tokens = tokens;
  }

  isMarked({ headers }: Asker): boolean {
    return /^bearer\b/i.test(headers.authorization ?? "");
  }

  async identify({ headers }: Asker): Promise<Identity | Refusal> {
    const [, token] = /^bearer +([\w.-]+)$/i.exec(headers.authorization ?? "") ?? [];
    if (token === undefined) return MALFORMED;
    const signIn = await this.#tokens.check(token, nowEpochMs());
    if (isRefusal(signIn)) return signIn;
    const { accountId, account, sessionId: keyId, sessionEndsAtMs, expiresAtMs } = signIn;
    return { accountId, account, keyId, role: "trade", expiresAtMs, sessionEndsAtMs, derivedClientOrderId: null };
  }
}
