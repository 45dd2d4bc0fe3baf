/**
 * Hears when an action was committed (sql/29_action_news.sql), so that who follows actions asks Postgres when there is something
 * to ask for, and an idle process sleeps. News only say when to ask, never what: who misses one asks a little later.
 */
import type pg from "pg";
import { pausedFor } from "../process/waits.js";
import { ended } from "./session.js";

const LISTEN = "listen actions";
/** Without news it is time to ask, too, now and then: a connection that is gone without a word tells none. */
const HEARING_MS = 5_000;
/** The same where there is no connection that could tell, and after a question that failed. */
const DEAF_MS = 500;
/** What was committed soon after the last question is asked for with what follows. */
const APART_MS = 400;

/** The news of one who follows actions. */
export interface News {
  /** Whether it is time to ask; it always is before the first time. */
  isDue(): boolean;
  /** Waits until it is time to ask; false: the service was told to stop before. */
  come(stopping: AbortSignal): Promise<boolean>;
  /** Asks, and settles as that does. What is committed from now on is news again. */
  ask<T>(question: () => Promise<T>): Promise<T>;
}

/** One connection of its own, for all followers of a service. */
export class NewsSource {
  readonly #newClient: () => pg.Client;
  readonly #waiting = new Set<() => void>();
  #client: pg.Client | null = null;
  #isHearing = false;
  #isClosed = false;
  /** Counts what was heard, and each beginning and end of hearing: between these there may have been news. */
  #heard = 0;

  /** `newClient` makes one that is not connected yet. */
  constructor(newClient: () => pg.Client) {
    this.#newClient = newClient;
  }

  follow(): News {
    let heard = -1;
    let askedMs = Number.NEGATIVE_INFINITY;
    let hasFailed = false;
    const dueInMs = () => {
      const quietMs = hasFailed || !this.#isHearing ? DEAF_MS : HEARING_MS;
      return askedMs + (this.#heard === heard || hasFailed ? quietMs : APART_MS) - performance.now();
    };
    return {
      isDue: () => {
        this.#listen();
        return dueInMs() <= 0;
      },
      come: async (stopping) => {
        this.#listen();
        while (dueInMs() > 0 && !stopping.aborted) await this.#rangWithin(dueInMs(), stopping);
        return !stopping.aborted;
      },
      ask: async (question) => {
        heard = this.#heard;
        askedMs = performance.now();
        hasFailed = true;
        const answer = await question();
        hasFailed = false;
        return answer;
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#client !== null) await ended(this.#client);
  }

  /** Connects, unless it is connected or on its way: while it is not, its followers come back every DEAF_MS. */
  #listen(): void {
    if (this.#client !== null || this.#isClosed) return;
    const client = this.#newClient();
    this.#client = client;
    const changed = (isHearing: boolean) => {
      if (this.#client !== client) return;
      if (!isHearing) this.#client = null;
      this.#isHearing = isHearing;
      this.#tell();
    };
    const lost = () => {
      client.connection.stream.destroy();
      changed(false);
    };
    client.on("error", lost).on("end", lost);
    client.on("notification", () => this.#tell());
    client
      .connect()
      .then(() => client.query(LISTEN))
      .then(() => changed(true), lost);
  }

  #tell(): void {
    this.#heard++;
    for (const wake of this.#waiting) wake();
  }

  async #rangWithin(ms: number, stopping: AbortSignal): Promise<void> {
    const rang = new AbortController();
    const wake = () => rang.abort();
    this.#waiting.add(wake);
    await pausedFor(ms, AbortSignal.any([rang.signal, stopping]));
    this.#waiting.delete(wake);
  }
}
