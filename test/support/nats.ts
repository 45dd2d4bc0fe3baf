import { join } from "node:path";
import * as embedded from "../../src/launcher/embedded-nats.js";
import { freePort } from "../../src/launcher/free-port.js";
import { stopAfterRun } from "./hooks.js";
import { temporaryFolder } from "./temporary-folder.js";

export interface NatsForTest {
  readonly url: string;
  stop(): Promise<void>;
  /** SIGKILL; what it acknowledged must still be there after `restart`. */
  kill9(): Promise<void>;
  /** It hangs, with its connections open, until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** On the same port with the same streams, after `stop` or `kill9` (or instead: it stops first). */
  restart(): Promise<void>;
}

/** A nats-server for one test file, as the launcher starts it. It stops by itself when the run ends. */
export async function startNats(): Promise<NatsForTest> {
  const folder = temporaryFolder();
  const binary = embedded.findNatsBinary(process.env["NATS_SERVER_BIN"] ?? null, process.env["PATH"] ?? "");
  const options = { folder, port: await freePort(), logFile: join(folder, "nats.log"), binary };
  let server = await embedded.startNats(options);
  const stop = () => server.process.stop(5000);
  stopAfterRun(stop);
  return {
    url: server.url,
    stop,
    kill9: () => server.process.kill(),
    freeze: () => void process.kill(server.process.pid, "SIGSTOP"),
    thaw: () => void process.kill(server.process.pid, "SIGCONT"),
    async restart() {
      await stop();
      server = await embedded.startNats(options);
    },
  };
}
