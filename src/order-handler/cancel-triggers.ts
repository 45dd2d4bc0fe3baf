/**
 * Dead man's switches, and sessions whose orders go when they end. Both are rows in Postgres before their client is told
 * so, and order-processing fires what is due: they outlive this process. It renews its sessions every second while they
 * live, says when they end, and is given the time of nobody who came back.
 */
import { randomUUID } from "node:crypto";
import type { AccountId } from "../shared/domain/units.js";
import type { Logger } from "../shared/process/log.js";
import { beforeDeadline } from "../shared/process/waits.js";
import type { CancelTriggersStore } from "./cancel-triggers-store.js";

const RENEWAL_INTERVAL_MS = 1_000;

interface WatchedSession {
  readonly triggerId: string;
  readonly accountId: AccountId;
  /** It takes no more requests; when the account is back elsewhere before it has ended, its end is none. */
  readonly isLeaving: () => boolean;
  /** Null while it lives. */
  endedMs: number | null;
}

interface Timer {
  readonly accountId: AccountId;
  seconds: number;
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
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
  /** Not on their way to Postgres yet; the last wish of an account counts. */
  #timers = new Map<AccountId, Timer>();
  #isSettingTimers = false;
  /** What concerns sessions is written one after the other, so that a renewal never undoes an end. */
  #sessionWork: Promise<unknown> = Promise.resolve();
  #isSweeping = false;
  #isFailing = false;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #handler = "";

  constructor(options: CancelTriggersOptions) {
    this.#options = options;
  }

  /** `handler` is where this process listens, alone: sessions of another one there have ended. Never rejects. */
  async start(handler: string): Promise<void> {
    this.#handler = handler;
    const { store, log } = this.#options;
    await this.#inTurn(() => store.endSessionsOf(handler)).catch((err: unknown) =>
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
    const opened = { triggerId: `session/${randomUUID()}`, accountId, isLeaving, endedMs: null };
    const stored = this.#inTurn(async () => {
      const ofAccount = [...this.#sessions.values()].filter((session) => session.accountId === accountId);
      const left = ofAccount.filter((session) => session.endedMs !== null || session.isLeaving());
      const ids = left.map(({ triggerId }) => triggerId);
      await this.#options.store.openSession(this.#handler, opened, ids);
      for (const id of ids) this.#sessions.delete(id);
      this.#sessions.set(opened.triggerId, opened);
    });
    try {
      await beforeDeadline(stored, this.#options.answerTimeoutMs);
    } catch (error) {
      void stored.then(
        () => this.end(opened.triggerId),
        () => undefined,
      );
      throw error;
    }
    return opened.triggerId;
  }

  end(triggerId: string): void {
    const session = this.#sessions.get(triggerId);
    if (session !== undefined) session.endedMs ??= this.#options.nowMs();
  }

  /** To be called every few hundred milliseconds. */
  sweep(): void {
    const isDue = this.#sessions.size > 0 && this.#options.nowMs() - this.#renewedMs >= RENEWAL_INTERVAL_MS;
    if (this.#isSweeping || !(isDue || this.hasUnwrittenEnds)) return;
    this.#isSweeping = true;
    void this.#inTurn(() => this.#writeSessions(isDue))
      .then(() => {
        this.#isFailing = false;
      })
      .catch((err: unknown) => {
        if (!this.#isFailing) this.#options.log.warn({ err }, "sessions can't be renewed; it is tried again and again");
        this.#isFailing = true;
      })
      .finally(() => {
        this.#isSweeping = false;
      });
  }

  get hasUnwrittenEnds(): boolean {
    return this.#ended().length > 0;
  }

  async #writeSessions(withRenewal: boolean): Promise<void> {
    const { store, nowMs } = this.#options;
    const ended = this.#ended();
    if (ended.length > 0) {
      await store.endSessions(
        ended.map(({ triggerId, endedMs }) => ({ triggerId, endedAgoMs: nowMs() - (endedMs ?? nowMs()) })),
      );
      for (const { triggerId } of ended) this.#sessions.delete(triggerId);
    }
    const live = [...this.#sessions.values()].filter(({ endedMs }) => endedMs === null);
    if (!withRenewal || live.length === 0) return;
    await store.renewSessions(this.#handler, live);
    this.#renewedMs = nowMs();
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

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#sessionWork.then(work);
    this.#sessionWork = result.catch(() => undefined);
    return result;
  }
}
