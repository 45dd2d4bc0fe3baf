import { type Static, Type } from "@sinclair/typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ACCESS_TOKEN_S, AccessTokens } from "../../shared/access/access-tokens.js";
import type { KeySeal } from "../../shared/access/key-seal.js";
import { refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import { nowEpochMs } from "../../shared/process/clock.js";
import type { PeopleStore, Person, Session } from "./people-store.js";
import { type RefreshToken, refreshTokenIn, refreshTokenText } from "./refresh-tokens.js";
import { noSessionCookie, sessionCookie, tokenInCookies } from "./session-cookie.js";

export const SIGNED_IN = Type.Object({
  accessToken: Type.String({ description: "for Authorization: Bearer, and the logins of WebSocket and Socket.IO" }),
  access_token: Type.String({ description: "the same, as mExchange's clients read it" }),
  expiresInS: Type.Integer(),
  user: Type.Object({ id: Type.String(), email: Type.String(), account: Type.String(), accountId: Type.Integer() }),
});
export type SignedIn = Static<typeof SIGNED_IN>;

const OVER = refuse("LOGIN_REQUIRED", "there is no sign-in that could be refreshed; sign in again");

/** The sessions of people: opened, refreshed by their cookie, ended. */
export class SignIns {
  readonly #store: PeopleStore;
  readonly #tokens: AccessTokens;
  readonly #refreshKey: Buffer;
  readonly #production: boolean;

  constructor(
    store: PeopleStore,
    { keySeal, production }: { readonly keySeal: KeySeal; readonly production: boolean },
  ) {
    this.#store = store;
    this.#tokens = new AccessTokens(keySeal);
    this.#refreshKey = keySeal.keyFor("refresh tokens");
    this.#production = production;
  }

  async open(person: Person, request: FastifyRequest, reply: FastifyReply): Promise<SignedIn> {
    return await this.#answer(await this.#store.open(person, request.ip), reply);
  }

  /** Throws a Problem when the cookie is not the session's last one. */
  async refresh(request: FastifyRequest, reply: FastifyReply): Promise<SignedIn> {
    const token = this.tokenIn(request);
    const session = token === null ? null : await this.#store.refresh(token, request.ip);
    if (session !== null) return await this.#answer(session, reply);
    this.forget(reply);
    throw new Problem(OVER);
  }

  tokenIn({ headers }: FastifyRequest): RefreshToken | null {
    const text = tokenInCookies(headers.cookie);
    return text === null ? null : refreshTokenIn(this.#refreshKey, text);
  }

  forget(reply: FastifyReply): void {
    void reply.header("set-cookie", noSessionCookie(this.#production));
  }

  async #answer(session: Session, reply: FastifyReply): Promise<SignedIn> {
    const { email, account, accountId, sessionId, generation, personId, endsAtMs } = session;
    const refreshToken = refreshTokenText(this.#refreshKey, { sessionId, generation });
    void reply.header("set-cookie", sessionCookie(refreshToken, this.#production));
    void reply.header("cache-control", "no-store");
    const signIn = { accountId, account, sessionId, sessionEndsAtMs: endsAtMs };
    const accessToken = await this.#tokens.issue(signIn, nowEpochMs());
    const user = { id: String(personId), email, account, accountId };
    return { accessToken, access_token: accessToken, expiresInS: ACCESS_TOKEN_S, user };
  }
}
