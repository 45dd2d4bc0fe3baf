import type { Database } from "../database/database.js";
import type { News } from "../database/news.js";
import type { AssetState } from "../domain/messages.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import { type AccountId, type ActionId, actionId } from "../domain/units.js";
import type { Logger } from "../process/log.js";
import { ACCESS_TOKEN_S, isSession } from "./access-tokens.js";
import {
  type Action,
  actionsAfter,
  assetStates,
  concernsSuspensions,
  endedSessions,
  lastAction,
  suspendedAccounts,
} from "./actions.js";

/** The suspensions, revoked keys and asset states that this process knows. */
export interface Access {
  isSuspended(accountId: AccountId): boolean;
  /** Whether the key was revoked since this process started; keys revoked before are refused at login. */
  isRevoked(keyId: string): boolean;
  stateOf(asset: string): AssetState;
}

const ACTIONS_MAX = 1_000;
/** How long the end of a sign-in is remembered: longer than its access tokens last, and than a look at its connections takes. */
const ENDED_KEPT_MS = 1.5 * ACCESS_TOKEN_S * 1_000;

/** Follows the actions of operators, as soon as there is news of one. While Postgres is away, the last known state holds. */
export class AccessFeed implements Access {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #revoked = new Set<string>();
  /** Sign-ins that were ended, and when that was seen. */
  readonly #ended = new Map<string, number>();
  #last: ActionId = actionId(0);
  #suspended: ReadonlySet<AccountId> = new Set();
  #states: ReadonlyMap<string, AssetState> = new Map();
  #isFailing = false;

  /** Rejects if Postgres can't answer: without it no client may be let in. */
  static async start(database: Database, log: Logger): Promise<AccessFeed> {
    const feed = new AccessFeed(database, log);
    feed.#last = await lastAction(database);
    for (const session of await endedSessions(database, ENDED_KEPT_MS)) feed.#ended.set(session, performance.now());
    feed.#suspended = await suspendedAccounts(database);
    feed.#states = await assetStates(database);
    return feed;
  }

  private constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  isSuspended(accountId: AccountId): boolean {
    return this.#suspended.has(accountId);
  }

  isRevoked(keyId: string): boolean {
    return this.#revoked.has(keyId) || this.#ended.has(keyId);
  }

  stateOf(asset: string): AssetState {
    return this.#states.get(asset) ?? "open";
  }

  async run(stopping: AbortSignal): Promise<void> {
    const news = this.#database.news();
    while (await news.come(stopping)) await this.#poll(news);
  }

  async #poll(news: News): Promise<void> {
    try {
      await news.ask(() => this.#readOn());
      this.#isFailing = false;
    } catch (err) {
      if (!this.#isFailing) this.#log.warn({ err }, "what operators decide can't be read; what was known before holds");
      this.#isFailing = true;
    }
  }

  async #readOn(): Promise<void> {
    for (let isAll = false; !isAll; ) {
      const actions = await actionsAfter(this.#database, this.#last, ACTIONS_MAX);
      if (actions.length > 0) await this.#apply(actions);
      isAll = actions.length < ACTIONS_MAX;
    }
  }

  async #apply(actions: readonly Action[]): Promise<void> {
    for (const { kind, keyId } of actions) if (kind === "revoke_key" && keyId !== null) this.#revoked.add(keyId);
    const nowMs = performance.now();
    for (const { kind, sessionId } of actions)
      if (kind === "end_session" && sessionId !== null) this.#ended.set(sessionId, nowMs);
    for (const [session, endedMs] of this.#ended) {
      if (nowMs - endedMs < ENDED_KEPT_MS) break;
      this.#ended.delete(session);
    }
    if (actions.some(concernsSuspensions)) this.#suspended = await suspendedAccounts(this.#database);
    if (actions.some(({ kind }) => kind === "set_asset_state")) this.#states = await assetStates(this.#database);
    this.#last = actions.at(-1)?.actionId ?? this.#last;
  }
}

const SIGNED_OUT = refuse("LOGIN_REQUIRED", "the sign-in was ended; sign in again");
const REVOKED = refuse("LOGIN_REQUIRED", "the key was revoked; connect again and log in with another one");
const EXPIRED = refuse("LOGIN_REQUIRED", "the key has expired; connect again and log in with another one");

/** Why a session must end whose key was good at its login; null: the key is still good. */
export function keyProblem(
  access: Access,
  { keyId, expiresAtMs }: { readonly keyId: string; readonly expiresAtMs: number | null },
  nowMs: number,
): Refusal | null {
  if (access.isRevoked(keyId)) return isSession(keyId) ? SIGNED_OUT : REVOKED;
  if (expiresAtMs === null || expiresAtMs > nowMs) return null;
  return isSession(keyId) ? SIGNED_OUT : EXPIRED;
}
