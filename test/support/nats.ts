import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as embedded from "../../src/launcher/embedded-nats.js";
import { freePort } from "../../src/launcher/free-port.js";
import { startGuarded } from "../../src/launcher/guarded-process.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { stopAfterRun } from "./hooks.js";
import { temporaryFolder } from "./temporary-folder.js";

export interface NatsForTest {
  readonly url: string;
  /** With users: that of one of them. */
  readonly urlOf?: (user: string) => string;
  stop(): Promise<void>;
  /** SIGKILL; what it acknowledged must still be there after `restart`. */
  kill9(): Promise<void>;
  /** It hangs, with its connections open, until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** On the same port with the same streams, after `stop` or `kill9` (or instead: it stops first). */
  restart(): Promise<void>;
}

const FREEZE_DEADLINE_MS = 5_000;

/** Returns when it has stopped: on a busy machine a thread of it may still answer a while after the signal. */
function freeze(pid: number): void {
  process.kill(pid, "SIGSTOP");
  const deadlineMs = performance.now() + FREEZE_DEADLINE_MS;
  const isStopped = (thread: string) =>
    / T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1").replace(/^.*\)/, ""));
  while (!readdirSync(`/proc/${pid}/task`).every(isStopped))
    if (performance.now() > deadlineMs) throw new Error(`nats-server did not stop within ${FREEZE_DEADLINE_MS} ms`);
}

/** A nats-server for one test file, as the launcher starts it. It stops by itself when the run ends. */
export async function startNats(): Promise<NatsForTest> {
  const folder = temporaryFolder();
  const binary = findBinary();
  const options = { folder, port: await freePort(), logFile: join(folder, "nats.log"), binary };
  let server = await embedded.startNats(options);
  const stop = () => server.process.stop(5000);
  stopAfterRun(stop);
  return {
    url: server.url,
    stop,
    kill9: () => server.process.kill(),
    freeze: () => freeze(server.process.pid),
    thaw: () => void process.kill(server.process.pid, "SIGCONT"),
    async restart() {
      await stop();
      server = await embedded.startNats(options);
    },
  };
}

/** The users of docker-compose and what they may do (config/nats-users.conf); everybody's password is "secret". */
export async function startNatsWithUsers(): Promise<Required<Pick<NatsForTest, "url" | "urlOf" | "stop">>> {
  const folder = temporaryFolder();
  const [port, configFile, logFile] = [await freePort(), join(folder, "nats.conf"), join(folder, "nats.log")];
  const users = readFileSync(join(projectRoot, "config", "nats-users.conf"), "utf8");
  const passwords = [...users.matchAll(/password: \$([A-Z_]+)/g)].map(([, name]) => `${name}: secret`);
  const server = `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(join(folder, "streams"))}, max_file_store: 64GB, max_memory_store: 1GB }`;
  writeFileSync(configFile, [...passwords, server, users].join("\n"));
  const command = { file: findBinary(), args: ["-c", configFile], stopSignal: "TERM" as const, logFile };
  const running = await startGuarded(command);
  const stop = () => running.stop(5000);
  stopAfterRun(stop);
  const urlOf = (user: string) => `nats://${user}:secret@127.0.0.1:${port}`;
  return { url: urlOf("bourse"), urlOf, stop };
}

function findBinary(): string {
  return embedded.findNatsBinary(process.env["NATS_SERVER_BIN"] ?? null, process.env["PATH"] ?? "");
}
