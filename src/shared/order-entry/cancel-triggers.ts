/**
 * Triggers of this process's clients: dead man's switches, and sessions that cancel their account's orders when they end.
 * Both are rows in Postgres before their client is answered, and order-processing fires those that are due, so they outlive
 * this process. While it lives it renews its lease, which covers all its sessions, and writes down which sessions ended. A
 * client that comes back in time replaces its ended session, and nothing is cancelled.
 */
import { randomUUID } from "node:crypto";
import type { AccountId } from "../domain/units.js";
import type { Logger } from "../process/log.js";
import { beforeDeadline } from "../process/waits.js";
import type { CancelTriggersStore } from "./cancel-triggers-store.js";

const RENEWAL_INTERVAL_MS = 1_000;
/** If two renewals are further apart, order-processing may have counted the sessions as ended meanwhile. */
const LAPSE_MS = 4_000;
/** How long after its connection broke a statement may still be carried out by the server. */
const LATE_STATEMENT_MS = 15_000;

/** What a session that is watched says of itself. */
export interface SessionState {
  /** Whether it takes no more requests: then a new session of the account replaces it, and its end cancels nothing. */
  readonly isLeaving: () => boolean;
  /** Whether a request of it may still be logged. */
  readonly isBusy: () => boolean;
}

interface WatchedSession extends SessionState {
  readonly triggerId: string;
  readonly accountId: AccountId;
  /** Null while it lives. */
  endedMs: number | null;
  /** Its end is stored, as of one whose requests may still be logged. */
  isEndStored: boolean;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Timer {
  readonly accountId: AccountId;
  seconds: number;
  readonly waiting: Waiting[];
}

export interface CancelTriggersOptions {
  readonly store: CancelTriggersStore;
  /** How long a client waits for Postgres to store its trigger. */
  readonly answerTimeoutMs: number;
  /** By then a request is logged or refused. */
  readonly requestTimeoutMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
}

export class CancelTriggers {
  readonly #options: CancelTriggersOptions;
  readonly #sessions = new Map<string, WatchedSession>();
  /** Sessions that wait to be stored. */
  #opening: (Waiting & { readonly session: WatchedSession })[] = [];
  /** When sessions were refused because Postgres did not answer, by id: they may be stored all the same. */
  readonly #refused = new Map<string, number>();
  /** Timers that wait to be stored; of an account's, the last one counts. */
  #timers = new Map<AccountId, Timer>();
  #isSettingTimers = false;
  /** The end of the queue of statements about sessions: they run one after the other, so that none overtakes another. */
  #sessionWork: Promise<unknown> = Promise.resolve();
  #isSweeping = false;
  #isRenewing = false;
  #isFailing = false;
  #renewedMs = Number.NEGATIVE_INFINITY;
  /** The lease was renewed too late: living sessions may have been given up, and must be stored again. */
  #hasLapsed = false;
  #handler = "";

  constructor(options: CancelTriggersOptions) {
    this.#options = options;
  }

  /** `place` is where this process alone listens: sessions of earlier processes there are ended. Never rejects. */
  async start(place: string): Promise<void> {
    this.#handler = `${place}#${randomUUID()}`;
    const { store, log } = this.#options;
    await this.#inTurn(() => store.endSessionsBefore(this.#handler)).catch((err: unknown) =>
      log.warn({ err }, "sessions of an order-handler before this one will be given up a little later"),
    );
  }

  /** Sets the account's dead man's switch; 0 seconds turns it off. Resolves once it is stored; a rejection leaves a doubt. */
  setTimer(accountId: AccountId, seconds: number): Promise<void> {
    const stored = new Promise<void>((resolve, reject) => {
      const timer = this.#timers.get(accountId) ?? { accountId, seconds, waiting: [] };
      timer.seconds = seconds;
      timer.waiting.push({ resolve, reject });
      this.#timers.set(accountId, timer);
    });
    void this.#storeTimers();
    return beforeDeadline(stored, this.#options.answerTimeoutMs);
  }

  /** Resolves with the session's trigger id once it is stored. It replaces sessions that the account has left. */
  async open(accountId: AccountId, state: SessionState): Promise<string> {
    const triggerId = `session/${randomUUID()}`;
    const session: WatchedSession = { ...state, triggerId, accountId, endedMs: null, isEndStored: false };
    const stored = new Promise<void>((resolve, reject) => {
      if (this.#opening.push({ session, resolve, reject }) === 1) void this.#inTurn(() => this.#storeOpened());
    });
    try {
      await beforeDeadline(stored, this.#options.answerTimeoutMs);
    } catch (error) {
      this.#sessions.delete(triggerId);
      this.#refused.set(triggerId, this.#options.nowMs());
      throw error;
    }
    return triggerId;
  }

  end(triggerId: string): void {
    const session = this.#sessions.get(triggerId);
    if (session !== undefined) session.endedMs ??= this.#options.nowMs();
  }

  /** All sessions count as ended: their clients are about to come back, to another process. */
  endAll(): void {
    for (const triggerId of this.#sessions.keys()) this.end(triggerId);
  }

  /** Renews the lease and writes down ended sessions. Call it every few hundred milliseconds. */
  sweep(): void {
    const isDue = this.#options.nowMs() - this.#renewedMs >= RENEWAL_INTERVAL_MS;
    if (this.#sessions.size > 0 && isDue && !this.#isRenewing) void this.#renew();
    if (this.#isSweeping || !(this.hasUnwrittenEnds || this.#refused.size > 0 || this.#hasLapsed)) return;
    this.#isSweeping = true;
    void this.#watched(this.#inTurn(() => this.#writeSessions())).finally(() => {
      this.#isSweeping = false;
    });
  }

  get hasUnwrittenEnds(): boolean {
    return this.#ended().length > 0;
  }

  /** Renews the lease out of turn, so that no other statement makes it wait. */
  async #renew(): Promise<void> {
    const { store, nowMs } = this.#options;
    this.#isRenewing = true;
    const sentMs = nowMs();
    await this.#watched(
      store.renew(this.#handler).then(() => {
        // It may have taken effect as late as this, and the one before as early as it was sent.
        this.#hasLapsed ||= this.#mayHaveLapsed(nowMs());
        this.#renewedMs = sentMs;
      }),
    );
    this.#isRenewing = false;
  }

  /** Whether it is long ago at this time that the lease was renewed; before the first time there was nothing to give up. */
  #mayHaveLapsed(atMs: number): boolean {
    return Number.isFinite(this.#renewedMs) && atMs - this.#renewedMs > LAPSE_MS;
  }

  async #storeOpened(): Promise<void> {
    const batch = this.#opening.filter(({ session }) => !this.#refused.has(session.triggerId));
    this.#opening = [];
    const opened = batch.map(({ session }) => session);
    const accounts = new Set(opened.map(({ accountId }) => accountId));
    const left = [...this.#sessions.values()]
      .filter((session) => accounts.has(session.accountId) && (session.endedMs !== null || session.isLeaving()))
      .map(({ triggerId }) => triggerId);
    try {
      await this.#options.store.openSessions(this.#handler, opened, { left, refused: [...this.#refused.keys()] });
      for (const id of left) this.#sessions.delete(id);
      for (const session of opened)
        if (!this.#refused.has(session.triggerId)) this.#sessions.set(session.triggerId, session);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async #writeSessions(): Promise<void> {
    const { store, nowMs } = this.#options;
    const ended = this.#ended();
    this.#hasLapsed ||= ended.length > 0 && this.#mayHaveLapsed(nowMs());
    if (this.#hasLapsed) {
      // Also those that have ended: what they placed after they were given up is to go, too.
      await store.restoreSessions(
        this.#handler,
        [...this.#sessions.values()].filter(({ isEndStored }) => !isEndStored),
      );
      this.#hasLapsed = false;
    }
    if (ended.length > 0) await this.#storeEnds(ended);
    const refused = [...this.#refused];
    if (refused.length === 0) return;
    await store.forgetSessions(refused.map(([triggerId]) => triggerId));
    for (const [triggerId, refusedMs] of refused)
      if (nowMs() - refusedMs > LATE_STATEMENT_MS) this.#refused.delete(triggerId);
  }

  /**
   * An order that is logged after its account's were cancelled would stay. So the end of a session whose requests may still be
   * logged counts from when they can't be any more: it is stored so, and once more, when they have their answers.
   */
  async #storeEnds(ended: readonly WatchedSession[]): Promise<void> {
    const { store, nowMs, requestTimeoutMs } = this.#options;
    const busy = new Set(ended.filter((session) => this.#mayBeLogged(session)));
    await store.endSessions(
      ended.map((session) => {
        const lastsMs = busy.has(session) ? requestTimeoutMs : 0;
        return { triggerId: session.triggerId, endedAgoMs: nowMs() - (session.endedMs ?? nowMs()) - lastsMs };
      }),
    );
    for (const session of ended) {
      session.isEndStored = true;
      if (!busy.has(session)) this.#sessions.delete(session.triggerId);
    }
  }

  async #storeTimers(): Promise<void> {
    if (this.#isSettingTimers) return;
    this.#isSettingTimers = true;
    while (this.#timers.size > 0) {
      const timers = [...this.#timers.values()];
      this.#timers = new Map();
      try {
        await this.#options.store.setTimers(this.#handler, timers);
        for (const { waiting } of timers) for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { waiting } of timers) for (const { reject } of waiting) reject(error);
      }
    }
    this.#isSettingTimers = false;
  }

  /** Those whose end is to be stored. */
  #ended(): WatchedSession[] {
    return [...this.#sessions.values()].filter(
      (session) => session.endedMs !== null && !(session.isEndStored && this.#mayBeLogged(session)),
    );
  }

  /** Of an ended session. Whatever it says of itself, its requests have their answers by then. */
  #mayBeLogged({ endedMs, isBusy }: WatchedSession): boolean {
    const { nowMs, requestTimeoutMs } = this.#options;
    return isBusy() && nowMs() - (endedMs ?? nowMs()) < requestTimeoutMs;
  }

  /** Never rejects: failed work is tried again with the next sweep. */
  async #watched(work: Promise<void>): Promise<void> {
    try {
      await work;
      this.#isFailing = false;
    } catch (err) {
      if (!this.#isFailing) this.#options.log.warn({ err }, "sessions can't be renewed; it is tried again and again");
      this.#isFailing = true;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#sessionWork.then(work);
    this.#sessionWork = result.catch(() => undefined);
    return result;
  }
}
