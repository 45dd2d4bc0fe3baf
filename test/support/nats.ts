import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as embedded from "../../src/launcher/embedded-nats.js";
import { freePort } from "../../src/launcher/free-port.js";
import type { NatsUser } from "../../src/launcher/nats-users.js";
import { stopAfterFile } from "./hooks.js";
import { temporaryFolder } from "./temporary-folder.js";

export interface NatsForTest {
  readonly url: string;
  /** With users: that of one of them. */
  readonly urlOf?: (user: NatsUser) => string;
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

/** A nats-server for one test file, as the launcher starts it. It stops by itself when the file ends. */
export async function startNats(): Promise<NatsForTest> {
  const folder = temporaryFolder();
  const binary = findBinary();
  const options = {
    folder,
    port: await freePort(),
    logFile: join(folder, "nats.log"),
    binary,
    admits: "anybody" as const,
  };
  let server = await embedded.startNats(options);
  const stop = () => server.process.stop(5000);
  stopAfterFile(stop);
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

/** As under `npm start`: with the users of docker-compose and what they may do (config/nats-users.conf). */
export async function startNatsWithUsers(): Promise<
  Required<Pick<NatsForTest, "url" | "urlOf" | "stop">> & { readonly folder: string }
> {
  const folder = temporaryFolder();
  const files = { folder, logFile: join(folder, "nats.log"), binary: findBinary() };
  const server = await embedded.startNats({ ...files, port: await freePort(), admits: "users" });
  const stop = () => server.process.stop(5000);
  stopAfterFile(stop);
  return { url: server.url, urlOf: server.urlOf, stop, folder };
}

function findBinary(): string {
  return embedded.findNatsBinary(process.env["NATS_SERVER_BIN"] ?? null, process.env["PATH"] ?? "");
}
