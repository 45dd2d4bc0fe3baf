import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import * as embedded from "../../src/launcher/embedded-postgres.js";
import { freePort } from "../../src/launcher/free-port.js";
import { applyMigrations } from "../../src/launcher/migrations.js";
import { stopAfterFile, stopAfterRun } from "./hooks.js";
import { temporaryFolder } from "./temporary-folder.js";

export interface PostgresForTest {
  /** A database of its own, all migrations applied; nobody else knows its name. Returns its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
  /** SIGKILL. Only a durable server keeps what it committed. */
  kill9(): Promise<void>;
  /** SIGSTOP, and SIGCONT: it stands still, all its connections stay open. */
  freeze(): void;
  thaw(): void;
  /** On the same port with the same data, after `stop` or `kill9` (or instead: it stops first). */
  restart(): Promise<void>;
}

const TEMPLATE = "migrated";

/** A server of one's own, for tests that stop or kill it, or migrate; all others share one through `createDatabase`. */
export async function startPostgres(options: ServerOptions = {}): Promise<PostgresForTest> {
  const postgres = await start(options);
  stopAfterFile(postgres.stop);
  return postgres;
}

interface ServerOptions {
  readonly isDurable?: boolean;
  readonly migrates?: boolean;
}

async function start({ isDurable = true, migrates = true }: ServerOptions): Promise<PostgresForTest> {
  const folder = temporaryFolder();
  const options = { folder: join(folder, "postgres"), port: await freePort(), logFile: join(folder, "log"), isDurable };
  let server = await embedded.startPostgres(options);
  const stop = () => server.process.stop(5000);
  let template: Promise<void> | null = null;
  return {
    async createDatabase() {
      const name = `test_${randomBytes(6).toString("hex")}`;
      if (migrates) template ??= applyMigrations(databaseUrl(server.adminUrl, TEMPLATE), true);
      await template;
      await execute(server.adminUrl, `create database ${name} template ${migrates ? TEMPLATE : "template1"}`);
      return databaseUrl(server.adminUrl, name);
    },
    stop,
    kill9: () => server.process.kill(),
    freeze: () => signalFamily(server.process.pid, "SIGSTOP"),
    thaw: () => signalFamily(server.process.pid, "SIGCONT"),
    async restart() {
      await stop();
      server = await embedded.startPostgres(options);
    },
  };
}

/** Postgres is a process a connection. */
function signalFamily(pid: number, signal: "SIGSTOP" | "SIGCONT"): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  for (const one of [pid, ...children.map(Number)]) process.kill(one, signal);
}

let shared: Promise<PostgresForTest> | null = null;

/** A fresh, migrated database in the server that all files of this process share. Returns its URL. */
export async function createDatabase(): Promise<string> {
  shared ??= start({ isDurable: false }).then((postgres) => {
    stopAfterRun(postgres.stop);
    return postgres;
  });
  return (await shared).createDatabase();
}

export type ServiceRole =
  | "bourse_order_handler"
  | "bourse_order_processing"
  | "bourse_matching_engine"
  | "bourse_trade_processing"
  | "bourse_market_data_notifier"
  | "bourse_gateway"
  | "bourse_back_office"
  | "bourse_reconciliation"
  | "bourse_operator";

/** The same database, with the rights of a service's role (sql/6_roles.sql) and no more. */
export function asRole(url: string, role: ServiceRole): string {
  const limited = new URL(url);
  limited.searchParams.set("options", `-c role=${role}`);
  return limited.href;
}

/** One statement on a connection of its own, for arranging and for looking at what a test did. */
export async function execute(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(sql, values);
    return rows;
  } finally {
    await client.end();
  }
}

function databaseUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}
