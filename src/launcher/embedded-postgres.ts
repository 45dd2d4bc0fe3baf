import { randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { waitFor } from "../shared/process/waits.js";
import { type GuardedProcess, logTail, startGuarded, type UnixAccount } from "./guarded-process.js";
import { isStartedWith, pidIn, stopLeftover } from "./leftovers.js";
import { mayAccess, postgresAccount } from "./postgres-account.js";
import { findPostgresBinaries, type PostgresBinaries } from "./postgres-binaries.js";

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
}

const USER = "bourse";
const INIT_DEADLINE_MS = 60_000;
const START_DEADLINE_MS = 120_000; // after a crash the server replays its log first

// Root's place for files that Postgres's account must reach, if the project's folders are closed to others.
const ROOT_FOLDER = "/var/lib/bourse";

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "60",
  shared_buffers: "128MB",
  // Without replicas the write-ahead log serves recovery only; it gets room, so that checkpoints are rare.
  wal_level: "minimal",
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

/** Starts Postgres, after ending one that an earlier run left behind; creates the cluster if there is none. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, port, logFile, isDurable } = options;
  const account = postgresAccount(join(folder, "cluster"));
  const home = reachableHome(folder, account);
  const cluster = join(home, "cluster");
  const passwordFile = join(home, "password");
  await stopLeftover(pidIn(join(cluster, "postmaster.pid")), cluster, "SIGINT");
  const binaries = findPostgresBinaries(account === undefined ? home : ROOT_FOLDER, (file) =>
    mayAccess(account, file, "x"),
  );
  if (!existsSync(cluster)) await createCluster(cluster, passwordFile, { binaries, account, logFile, isDurable });
  const settings = Object.entries({
    ...SETTINGS,
    ...(isDurable ? DURABLE : FAST),
    ...options.settings,
    port: String(port),
  });
  const server = await startGuarded({
    file: binaries.postgres,
    args: ["-D", cluster, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    // INT ends sessions, flushes and exits; QUIT skips the flush, which takes a while and is for durable data only
    stopSignal: isDurable ? "INT" : "QUIT",
    logFile,
    runAs: account,
  });
  await waitFor("Postgres to accept connections", { deadlineMs: START_DEADLINE_MS }, () => {
    if (!server.isRunning()) throw new Error(`Postgres did not start; ${logFile} ends with\n${logTail(logFile)}`);
    return isReady(cluster) ? true : null;
  }).catch(async (cause) => {
    await server.kill();
    throw cause;
  });
  const password = readFileSync(passwordFile, "utf8").trim();
  return { adminUrl: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`, process: server };
}

/** Whether the server takes connections, by line 8 of its pid file; a pid file left by a crash names a process that is gone. */
function isReady(cluster: string): boolean {
  const pidFile = join(cluster, "postmaster.pid");
  const pid = pidIn(pidFile);
  if (pid === null || !isStartedWith(pid, cluster)) return false;
  return /^(ready|standby)$/.test(readFileSync(pidFile, "utf8").split("\n")[7]?.trim() ?? "");
}

/**
 * The real path of the folder. If Postgres's unprivileged account can't reach it (root's projects often lie below /root, or
 * in a closed home folder), the folder becomes a link to one in ROOT_FOLDER.
 */
function reachableHome(folder: string, account: UnixAccount | undefined): string {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    if (!mayAccess(account, folder, "x")) {
      rmSync(folder, { recursive: true });
      mkdirSync(ROOT_FOLDER, { recursive: true, mode: 0o755 });
      // Each folder gets a new name, so that the data of one that was deleted does not come back.
      const home = mkdtempSync(join(ROOT_FOLDER, `${basename(dirname(folder)).replace(/^\.+/, "")}-`));
      chownSync(home, account?.uid ?? 0, account?.gid ?? 0);
      symlinkSync(home, folder);
    }
  }
  return realpathSync(folder);
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
