import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../shared/process/waits.js";
import { type GuardedProcess, logTail, startGuarded, type UnixAccount } from "./guarded-process.js";
import { isStartedWith, pidIn, stopLeftover } from "./leftovers.js";
import { archiveCommand } from "./log-archive.js";
import { mayAccess, postgresAccount } from "./postgres-account.js";
import { findPostgresBinaries, type PostgresBinaries } from "./postgres-binaries.js";
import { ROOT_FOLDER, reachableFolder } from "./reachable-folder.js";

export interface EmbeddedPostgres {
  /** The URL of the database `postgres`, which always exists. */
  readonly adminUrl: string;
  readonly process: GuardedProcess;
}

export interface PostgresOptions {
  /** The server's own folder: cluster and password. It may become a link to a place that Postgres's account can reach. */
  readonly folder: string;
  readonly port: number;
  readonly logFile: string;
  /** False in tests that are not about durability: nothing is flushed to disk. */
  readonly isDurable: boolean;
  /** Instead of, or beside, the usual ones: for a server that is followed by another one, or follows. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where its log is archived, as soon as there is such a folder (log-archive.ts); not said: nowhere. */
  readonly archive?: string | undefined;
  /** A cluster beside its usual one, which is being recovered. */
  readonly recovery?: Recovery | undefined;
}

export interface Recovery {
  /** The folder's name. */
  readonly cluster: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Waits until it is done, which takes as long as its log is; the question rejects if the server has ended. */
  readonly wait: (isDone: () => boolean) => Promise<void>;
}

const USER = "bourse";
const INIT_DEADLINE_MS = 60_000;
const START_DEADLINE_MS = 120_000; // after a crash the server replays its log first

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "60",
  shared_buffers: "128MB",
  // The write-ahead log has what a backup needs; it gets room, so that checkpoints are rare.
  wal_level: "replica",
  max_wal_senders: "0",
  min_wal_size: "256MB",
  max_wal_size: "2GB",
  checkpoint_timeout: "15min",
  // When a row's transaction was committed is what npm run trace tells.
  track_commit_timestamp: "on",
  // Compiling a statement would take longer than running any of this project's.
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};
const DURABLE = { fsync: "on", synchronous_commit: "on", full_page_writes: "on" };
const FAST = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/**
 * glibc gives memory back to the kernel after each statement, and takes it again, page by page, for the next: a tenth of what a
 * settlement cost. A process may keep this much of it instead.
 */
const ALLOCATION = { MALLOC_TRIM_THRESHOLD_: String(8 * 2 ** 20), MALLOC_MMAP_THRESHOLD_: String(4 * 2 ** 20) };

/** Starts Postgres, after ending one that an earlier run left behind; creates the cluster if there is none. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, port, logFile, isDurable, archive, recovery } = options;
  const account = postgresAccount(join(folder, "cluster"));
  const home = reachableFolder(folder, account);
  const cluster = join(home, recovery?.cluster ?? "cluster");
  const passwordFile = join(home, "password");
  await stopLeftover(pidIn(join(cluster, "postmaster.pid")), cluster, "SIGINT");
  const binaries = findPostgresBinaries(account === undefined ? home : ROOT_FOLDER, (file) =>
    mayAccess(account, file, "x"),
  );
  if (!existsSync(cluster)) await createCluster(cluster, passwordFile, { binaries, account, logFile, isDurable });
  const archiving = archive === undefined ? {} : { archive_mode: "on", archive_command: archiveCommand(archive) };
  const of = { ...(isDurable ? DURABLE : FAST), ...archiving, ...options.settings, ...recovery?.settings };
  const settings = Object.entries({ ...SETTINGS, ...of, port: String(port) });
  const server = await startGuarded({
    file: binaries.postgres,
    args: ["-D", cluster, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    // INT ends sessions, flushes and exits; QUIT skips the flush, which takes a while and is for durable data only
    stopSignal: isDurable ? "INT" : "QUIT",
    logFile,
    runAs: account,
    environment: ALLOCATION,
  });
  const isDone = () => {
    if (!server.isRunning()) throw new Error(`Postgres did not start; ${logFile} ends with\n${logTail(logFile)}`);
    // One that is being recovered takes connections before it is where it is to go.
    return isReady(cluster, recovery === undefined ? ["ready", "standby"] : ["ready"]);
  };
  await (recovery?.wait ?? untilStarted)(isDone).catch(async (cause) => {
    await server.kill();
    throw cause;
  });
  const password = readFileSync(passwordFile, "utf8").trim();
  return { adminUrl: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`, process: server };
}

async function untilStarted(isDone: () => boolean): Promise<void> {
  await waitFor("Postgres to accept connections", { deadlineMs: START_DEADLINE_MS }, () => (isDone() ? true : null));
}

/**
 * Whether the server takes connections, as one of `states`, by line 8 of its pid file; a pid file left by a crash names a
 * process that is gone.
 */
function isReady(cluster: string, states: readonly string[]): boolean {
  const pidFile = join(cluster, "postmaster.pid");
  const pid = pidIn(pidFile);
  if (pid === null || !isStartedWith(pid, cluster)) return false;
  return states.includes(readFileSync(pidFile, "utf8").split("\n")[7]?.trim() ?? "");
}

interface ClusterOptions {
  readonly binaries: PostgresBinaries;
  readonly account: UnixAccount | undefined;
  readonly logFile: string;
  readonly isDurable: boolean;
}

/** Creates the cluster under another name until it is complete and on disk: an interrupted run begins again. */
async function createCluster(cluster: string, passwordFile: string, options: ClusterOptions): Promise<void> {
  const draft = `${cluster}.new`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  if (options.account !== undefined) {
    const { uid, gid } = options.account;
    for (const file of [draft, passwordFile]) chownSync(file, uid, gid);
  }
  const identity = [`--username=${USER}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  const text = ["--encoding=UTF8", "--locale=C"];
  await initdb(["-D", draft, "--no-sync", "--no-instructions", ...identity, ...text], options);
  // Flushing once at the end is faster than after every file.
  if (options.isDurable) await initdb(["-D", draft, "--sync-only"], options);
  renameSync(draft, cluster);
}

async function initdb(args: readonly string[], { binaries, account, logFile }: ClusterOptions): Promise<void> {
  const run = await startGuarded({ file: binaries.initdb, args, stopSignal: "TERM", logFile, runAs: account });
  const ended = await waitFor("initdb", { deadlineMs: INIT_DEADLINE_MS }, () =>
    run.isRunning() ? null : run.exited,
  ).catch(async (cause) => {
    await run.kill();
    throw cause;
  });
  if (ended !== "exited with code 0") throw new Error(`initdb ${ended}; ${logFile} ends with\n${logTail(logFile)}`);
}
