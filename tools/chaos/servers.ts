/** A nats-server and a Postgres that a fault may kill, freeze, stop and start again on the same port. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findNatsBinary, startNats } from "../../src/launcher/embedded-nats.js";
import { startPostgres } from "../../src/launcher/embedded-postgres.js";
import { freePort } from "../../src/launcher/free-port.js";
import type { GuardedProcess } from "../../src/launcher/guarded-process.js";
import { logArchiveIn } from "../../src/launcher/log-archive.js";

type Start = () => Promise<{ readonly process: GuardedProcess }>;

export class OwnServer {
  readonly port: number;
  readonly url: string;
  readonly #start: Start;
  #process: GuardedProcess;

  private constructor(port: number, url: string, start: Start, process: GuardedProcess) {
    this.port = port;
    this.url = url;
    this.#start = start;
    this.#process = process;
  }

  static async nats(folder: string): Promise<OwnServer> {
    const port = await freePort();
    const binary = findNatsBinary(process.env["NATS_SERVER_BIN"] ?? null, process.env["PATH"] ?? "");
    const options = {
      folder: join(folder, "nats"),
      port,
      logFile: join(folder, "nats.log"),
      binary,
      admits: "anybody" as const,
    };
    const start = () => startNats(options);
    const server = await start();
    return new OwnServer(port, server.url, start, server.process);
  }

  static async postgres(folder: string): Promise<OwnServer> {
    const port = await freePort();
    const logFile = join(folder, "postgres.log");
    const archive = logArchiveIn(join(folder, "backups"));
    const start = () => startPostgres({ folder: join(folder, "postgres"), port, logFile, isDurable: true, archive });
    const server = await start();
    return new OwnServer(port, new URL("/bourse", server.adminUrl).href, start, server.process);
  }

  /** Resolves when it has ended. */
  async end(signal: "SIGKILL" | "SIGQUIT" = "SIGKILL"): Promise<void> {
    process.kill(this.#process.pid, signal);
    await this.#process.exited;
  }

  /** If it has ended. */
  async startAgain(): Promise<void> {
    if (!this.#process.isRunning()) await this.start();
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    this.#process = (await this.#start()).process;
  }

  freeze(): void {
    for (const pid of this.#family()) signal(pid, "SIGSTOP");
  }

  thaw(): void {
    for (const pid of this.#family()) signal(pid, "SIGCONT");
  }

  async stop(): Promise<void> {
    if (!this.#process.isRunning()) return;
    this.thaw();
    await this.#process.kill();
  }

  /** Postgres is a process a connection. */
  #family(): number[] {
    const { pid } = this.#process;
    const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
    return [pid, ...children.map(Number)];
  }
}

/** One that has ended meanwhile is left in peace. */
function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function parentOf(pid: string): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return null; // it ended meanwhile
  }
}
