/**
 * Dead man's switches, and sessions whose orders go when they end. Both are rows in Postgres before their client is told
 * so, and order-processing fires what is due: they outlive this process. As long as it lives it renews its lease, which
 * covers all its sessions; it says when one ends, and is given the time of nobody who came back.
 */
import { randomUUID } from "node:crypto";
import type { AccountId } from "../shared/domain/units.js";
import type { Logger } from "../shared/process/log.js";
import { beforeDeadline } from "../shared/process/waits.js";
import type { CancelTriggersStore } from "./cancel-triggers-store.js";

const RENEWAL_INTERVAL_MS = 1_000;
/** Between two renewals: after more than this, order-processing may have taken the sessions for ended. */
const LAPSE_MS = 4_000;
/** A statement that was sent before its connection broke may still be carried out for so long. */
const LATE_STATEMENT_MS = 15_000;

interface WatchedSession {
  readonly triggerId: string;
  readonly accountId: AccountId;
  /** It takes no more requests; when the account is back elsewhere before it has ended, its end is none. */
  readonly isLeaving: () => boolean;
  /** Null while it lives. */
  endedMs: number | null;
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
  /** How long Postgres may take. */
  readonly answerTimeoutMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
}

export class CancelTriggers {
  readonly #options: CancelTriggersOptions;
  readonly #sessions = new Map<string, WatchedSession>();
  /** Not on their way to Postgres yet. */
  #opening: (Waiting & { readonly session: WatchedSession })[] = [];
  /** Sessions that were refused, with the time of that: they may be stored all the same. */
  readonly #refused = new Map<string, number>();
  /** Not on their way to Postgres yet; the last wish of an account counts. */
  #timers = new Map<AccountId, Timer>();
  #isSettingTimers = false;
  /** Statements that change sessions are written one after the other, so that none is opened that a later statement ends. */
  #sessionWork: Promise<unknown> = Promise.resolve();
  #isSweeping = false;
  #isRenewing = false;
  #isFailing = false;
  #renewedMs = Number.NEGATIVE_INFINITY;
  /** Sessions that live may have been given up while the lease could not be renewed. */
  #hasLapsed = false;
  #handler = "";

  constructor(options: CancelTriggersOptions) {
    this.#options = options;
  }

  /** `place` is where this process listens, alone: sessions of those before it there have ended. Never rejects. */
  async start(place: string): Promise<void> {
    this.#handler = `${place}#${randomUUID()}`;
    const { store, log } = this.#options;
    await this.#inTurn(() => store.endSessionsBefore(this.#handler)).catch((err: unknown) =>
      log.warn({ err }, "sessions of an order-handler before this one will be given up a little later"),
    );
  }

  /** Resolves once it is stored; 0 seconds: off. When it rejects, it may be stored or not. */
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

  /** Resolves with its id once the session is watched. It takes the place of those that the account has left. */
  async open(accountId: AccountId, isLeaving: () => boolean): Promise<string> {
    const session = { triggerId: `session/${randomUUID()}`, accountId, isLeaving, endedMs: null };
    const stored = new Promise<void>((resolve, reject) => {
      if (this.#opening.push({ session, resolve, reject }) === 1) void this.#inTurn(() => this.#storeOpened());
    });
    try {
      await beforeDeadline(stored, this.#options.answerTimeoutMs);
    } catch (error) {
      this.#sessions.delete(session.triggerId);
      this.#refused.set(session.triggerId, this.#options.nowMs());
      throw error;
    }
    return session.triggerId;
  }

  end(triggerId: string): void {
    const session = this.#sessions.get(triggerId);
    if (session !== undefined) session.endedMs ??= this.#options.nowMs();
  }

  /** To be called every few hundred milliseconds. */
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

  /** Renews the lease out of turn, whatever else waits for Postgres. */
  async #renew(): Promise<void> {
    const { store, nowMs } = this.#options;
    this.#isRenewing = true;
    const sentMs = nowMs();
    await this.#watched(
      store.renew(this.#handler).then(() => {
        this.#hasLapsed ||= sentMs - this.#renewedMs > LAPSE_MS;
        this.#renewedMs = sentMs;
      }),
    );
    this.#isRenewing = false;
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
      await this.#options.store.openSessions(this.#handler, opened, left);
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
    if (ended.length > 0) {
      await store.endSessions(
        ended.map(({ triggerId, endedMs }) => ({ triggerId, endedAgoMs: nowMs() - (endedMs ?? nowMs()) })),
      );
      for (const { triggerId } of ended) this.#sessions.delete(triggerId);
    }
    if (this.#hasLapsed) {
      const living = [...this.#sessions.values()].filter(({ endedMs }) => endedMs === null);
      await store.restoreSessions(this.#handler, living);
      this.#hasLapsed = false;
    }
    const refused = [...this.#refused];
    if (refused.length === 0) return;
    await store.forgetSessions(refused.map(([triggerId]) => triggerId));
    for (const [triggerId, refusedMs] of refused)
      if (nowMs() - refusedMs > LATE_STATEMENT_MS) this.#refused.delete(triggerId);
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

  #ended(): WatchedSession[] {
    return [...this.#sessions.values()].filter(({ endedMs }) => endedMs !== null);
  }

  /** Never rejects: what failed is tried again with the next sweep. */
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
