/**
 * A service's access to Postgres. Reads go through a small pool; transactions go through one connection of their own, each
 * as one write and one answer (pipelined-transaction.ts).
 */

import pg from "pg";
import type { Logger } from "../process/log.js";
import { beforeDeadline, tryFor } from "../process/waits.js";
import { AnswerWatch } from "./answer-watch.js";
import { type CopiedRow, copyRows } from "./binary-copy.js";
import { DoubtedSessions } from "./doubted-sessions.js";
import { type News, NewsSource } from "./news.js";
import { PipelinedTransaction, type Row, type Statement } from "./pipelined-transaction.js";
import { isPostgresError, sqlState } from "./postgres-errors.js";
import { ServerChoice } from "./server-choice.js";
import { databaseTypes } from "./types.js";
import { WRITER_SETTINGS } from "./writer-plans.js";

export type { CopiedRow, Row, Statement };

export interface Queries {
  /** Rejects after a deadline. int8 arrives as a number and must be a safe integer. */
  query<R = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

export interface LaneOptions {
  readonly connections: number;
  /** How long a query may wait for a connection, and then as long again for its answer. */
  readonly timeoutMs: number;
}

export interface Database extends Queries {
  /**
   * Reads many rows several times faster than `query`: `decode` must read all columns of each row, in their order. The
   * values become literals in the text.
   */
  copy<R>(select: string, values: readonly (string | number)[], decode: (row: CopiedRow) => R): Promise<R[]>;
  /**
   * Runs the statements as one transaction; resolves with their rows once it is committed. Rejects with the first error,
   * and nothing is committed then, unless the connection broke: in that case read back whether it was committed. Reads
   * wait until the server has ended the broken session, so what they find stays true. Transactions run one after the other,
   * in the order of the calls.
   */
  transaction(statements: readonly Statement[]): Promise<Row[][]>;
  /** When there is something new to ask for in `actions`. */
  news(): News;
  /** Why Postgres counts as away; null: it answers. */
  whyNotReady(): string | null;
  close(): Promise<void>;
}

/** The database as its opener has it. */
export interface ConnectedDatabase extends Database {
  /** How often Postgres went away. */
  readonly outages: number;
  /** The URL of the server that it is connected to, of those that its own URL names. */
  readonly server: string;
  /** Opens connections for queries that must not wait behind others. They are closed with the database. */
  lane(options: LaneOptions): Queries;
}

export interface DatabaseOptions {
  readonly applicationName: string;
  readonly log: Logger;
  /** Connections for reads. */
  readonly poolMax?: number;
}

const QUERY_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const PROBE_INTERVAL_MS = 500;
const COPIES_IDLE_MS = 10_000;
/** Routers forget connections on which nothing passes for minutes, as on the one that waits for news. */
const KEEP_ALIVE_MS = 30_000;

/**
 * The server ends a transaction that takes longer than this. A process that stands still, or whose machine is gone, in the
 * middle of sending one would else hold its locks until TCP gives up, hours later, and no other could take over from it. If
 * transactions take long because the server is slow, each one that is ended doubles the time for the next connection.
 */
const TRANSACTION_TIMEOUT_FIRST_MS = 2_000;
const TRANSACTION_TIMEOUT_LAST_MS = QUERY_TIMEOUT_MS;
/** Sets the timeout if the server knows it: Postgres 17 and later do. */
const TRANSACTION_TIMEOUT = "select set_config(name, $1, false) from pg_settings where name = 'transaction_timeout'";

const parserOf = (typeId: number) =>
  databaseTypes.getTypeParser(typeId, "text") as unknown as (text: string) => unknown;

/** Tries to connect for `deadlineMs`; resolves once there is a connection. */
export async function connectDatabase(
  url: string,
  options: DatabaseOptions,
  deadlineMs = 30_000,
): Promise<ConnectedDatabase> {
  const database = new PostgresDatabase(url, options);
  const failed = (err: unknown) => options.log.warn({ err }, "Postgres can't be reached yet");
  const attempts = { deadlineMs, everyMs: PROBE_INTERVAL_MS, failed };
  const whyNot = "Postgres can't be reached; is DATABASE_URL right and the server up?";
  await tryFor(() => database.query("select 1"), attempts, whyNot).catch(async (late: unknown) => {
    await database.close();
    throw late;
  });
  return database;
}

interface Writer {
  readonly client: pg.Client;
  /** Texts of the statements that are prepared on the connection, by their names. */
  readonly prepared: Map<string, string>;
}

class PostgresDatabase implements ConnectedDatabase {
  readonly #servers: ServerChoice;
  readonly #pool: pg.Pool;
  readonly #copies: pg.Pool;
  readonly #lanes: pg.Pool[] = [];
  readonly #watch: AnswerWatch;
  readonly #news: NewsSource;
  #writer: Promise<Writer> | null = null;
  #transactionTimeoutMs = TRANSACTION_TIMEOUT_FIRST_MS;
  /** What the next transaction waits for: a client has one at a time. */
  #lastTransaction: Promise<unknown> = Promise.resolve();
  readonly #doubted: DoubtedSessions;
  #closed = false;

  constructor(url: string, { applicationName, log, poolMax = 2 }: DatabaseOptions) {
    this.#servers = new ServerChoice(url, {
      application_name: applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      types: databaseTypes,
    });
    this.#pool = this.#openPool({ max: poolMax });
    // pg's query_timeout knows no streams: it would strike when the copy is long done.
    this.#copies = this.#openPool({ max: poolMax, query_timeout: 0, idleTimeoutMillis: COPIES_IDLE_MS });
    this.#news = new NewsSource(() => this.#servers.client());
    const query = (text: string, values: readonly unknown[] = []) => this.#watched(this.#pool.query(text, [...values]));
    this.#doubted = new DoubtedSessions({ query, settled: () => this.#servers.settled({ query }) });
    this.#watch = new AnswerWatch("Postgres", () => this.#pool.query("select 1"), log);
  }

  async query<R>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    await this.#doubted.ended();
    const { rows } = await this.#watched(this.#pool.query(text, [...values]));
    return rows as R[];
  }

  lane({ connections: max, timeoutMs }: LaneOptions): Queries {
    const pool = this.#openPool({ max, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
    this.#lanes.push(pool);
    return {
      query: async <R>(text: string, values: readonly unknown[] = []) =>
        (await this.#watched(pool.query(text, [...values]))).rows as R[],
    };
  }

  #openPool(config: pg.PoolConfig): pg.Pool {
    const pool = this.#servers.pool({ idleTimeoutMillis: 0, ...config });
    pool.on("error", (err) => this.#lost(err));
    return pool;
  }

  async copy<R>(select: string, values: readonly (string | number)[], decode: (row: CopiedRow) => R): Promise<R[]> {
    await this.#doubted.ended();
    const literal = (_: string, place: string) => pg.escapeLiteral(String(values[Number(place) - 1]));
    return await this.#watched(this.#copied(select.replace(/\$(\d+)/g, literal), decode));
  }

  async #copied<R>(select: string, decode: (row: CopiedRow) => R): Promise<R[]> {
    const client = await this.#copies.connect();
    // The pool listens again once it has the client back; a server may end the connection before that, also when the copy is done.
    const lost = (err: unknown) => this.#lost(err);
    client.on("error", lost);
    let isDone = false;
    try {
      const rows = await beforeDeadline(copyRows(client, select, decode), QUERY_TIMEOUT_MS);
      isDone = true;
      return rows;
    } finally {
      client.release(!isDone);
      client.off("error", lost);
    }
  }

  async #watched<T>(answer: Promise<T>): Promise<T> {
    try {
      const result = await answer;
      this.#watch.answered();
      return result;
    } catch (error) {
      if (sqlState(error) === null) this.#lost(error);
      throw error;
    }
  }

  transaction(statements: readonly Statement[]): Promise<Row[][]> {
    const results = this.#lastTransaction.then(() => this.#run(statements));
    this.#lastTransaction = results.catch(() => undefined);
    return results;
  }

  async #run(statements: readonly Statement[]): Promise<Row[][]> {
    const writer = await this.#connectedWriter();
    const transaction = new PipelinedTransaction(statements, writer.prepared, parserOf);
    try {
      writer.client.query(transaction as unknown as pg.Submittable);
      const results = await transaction.done;
      this.#watch.answered();
      this.#transactionTimeoutMs = TRANSACTION_TIMEOUT_FIRST_MS;
      return results;
    } catch (error) {
      if (isPostgresError(error, "transactionTimedOut"))
        this.#transactionTimeoutMs = Math.min(2 * this.#transactionTimeoutMs, TRANSACTION_TIMEOUT_LAST_MS);
      // After an error it is not known which statements are prepared, and whether an answer is still to come.
      this.#discardWriter(writer);
      if (sqlState(error) === null || isPostgresError(error, "sessionEnded")) {
        this.#doubted.add(processIdOf(writer.client));
        this.#lost(error);
      }
      throw error;
    }
  }

  news(): News {
    return this.#news.follow();
  }

  whyNotReady(): string | null {
    return this.#watch.whyNot();
  }

  get outages(): number {
    return this.#watch.outages;
  }

  get server(): string {
    return this.#servers.server;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    const writer = this.#writer;
    this.#writer = null;
    await Promise.allSettled([
      writer?.then(({ client }) => client.end()),
      this.#news.close(),
      this.#pool.end(),
      this.#copies.end(),
      ...this.#lanes.map((pool) => pool.end()),
    ]);
  }

  #connectedWriter(): Promise<Writer> {
    if (this.#closed) return Promise.reject(new Error("the database connection was closed by its owner"));
    this.#writer ??= this.#connectWriter().catch((error: unknown) => {
      this.#writer = null;
      this.#lost(error);
      throw error;
    });
    return this.#writer;
  }

  async #connectWriter(): Promise<Writer> {
    const writer = { client: this.#servers.client(), prepared: new Map<string, string>() };
    writer.client.on("error", (err) => {
      this.#discardWriter(writer);
      this.#lost(err);
    });
    await writer.client.connect();
    await writer.client.query(WRITER_SETTINGS);
    await writer.client.query(TRANSACTION_TIMEOUT, [String(this.#transactionTimeoutMs)]);
    return writer;
  }

  #discardWriter(writer: Writer): void {
    void this.#writer?.then((current) => {
      if (current === writer) this.#writer = null;
    });
    writer.client.removeAllListeners("error").on("error", () => undefined);
    writer.client.connection.stream.destroy();
  }

  #lost(err: unknown): void {
    if (!this.#closed) this.#watch.lost(err);
  }
}

/** The id of the server's process that serves the connection. */
function processIdOf(client: pg.Client): number {
  return (client as unknown as { readonly processID: number }).processID;
}
