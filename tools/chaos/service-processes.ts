/** The services as processes of ours: killed, frozen and started again as a fault wants it, their logs kept and read. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../src/launcher/free-port.js";
import { logTail } from "../../src/launcher/guarded-process.js";
import { mainFile, untilReady } from "../../src/launcher/service-process.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import type { ServiceName } from "../../src/shared/process/services.js";
import { patience } from "../../test/support/machine.js";
import { residentMegabytes } from "../load/resident-memory.js";
import type { HeldPort } from "./held-port.js";
import { type KillOrder, killMessage } from "./kill-points.js";

export interface ServiceOptions {
  readonly service: ServiceName;
  /** Its INSTANCE. */
  readonly instance: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly folder: string;
  /** Whose port it serves; null: it opens its own, if it has one. */
  readonly heldPort: HeldPort | null;
}

/** As long as the launcher waits the first time. */
const RESTART_MS = 25;
const METRICS_WITHIN_MS = 2_000;
const LEVEL_FATAL = 60;

export class ServiceProcess {
  readonly service: ServiceName;
  readonly instance: string;
  /** Ends that nobody wanted, since they were asked for. */
  #unwanted: string[] = [];
  readonly #options: ServiceOptions;
  readonly #logFile: string;
  readonly #adminPort: number;
  /** By us. */
  readonly #isKilled = new WeakSet<ChildProcess>();
  #child: ChildProcess | null = null;
  #isWanted = true;
  #isToldToStop = false;
  #settings: Readonly<Record<string, string>> = {};
  #logRead = 0;
  #ended: Promise<void> = Promise.resolve();

  private constructor(options: ServiceOptions, adminPort: number) {
    this.#options = options;
    this.service = options.service;
    this.instance = options.instance;
    this.#adminPort = adminPort;
    this.#logFile = join(options.folder, `${options.service}-${options.instance}.log`);
  }

  /** It is not ready yet. */
  static async start(options: ServiceOptions): Promise<ServiceProcess> {
    const process = new ServiceProcess(options, await freePort());
    process.#spawn();
    return process;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.#adminPort}`;
  }

  /** Rejects with its last words when it ends instead. */
  async ready(): Promise<void> {
    const exited = this.#ended.then(() => "ended");
    const part = { pid: this.#child?.pid ?? 0, exited, stop: () => this.stop() };
    await untilReady(part, this.adminUrl).catch((cause) => {
      throw new Error(`${this.service} is not ready; it said\n${logTail(this.#logFile)}`, { cause });
    });
  }

  /** What /readyz says; empty: nobody answers. */
  async readiness(): Promise<string> {
    const answer = await fetch(`${this.adminUrl}/readyz`).catch(() => null);
    return (await answer?.text()) ?? "";
  }

  /** It is started again a little later. */
  kill9(): void {
    if (this.#child === null) return;
    this.#isKilled.add(this.#child);
    this.#child.kill("SIGKILL");
  }

  /** Resolves when it has died there, if it was started with kill-point.mjs; it is started again a little later. */
  async dieAt(order: KillOrder): Promise<void> {
    if (this.#child === null) return;
    this.#isKilled.add(this.#child);
    this.#child.send(killMessage(order));
    await this.#ended;
  }

  /** What one of the modules that were loaded into it listens for. */
  tell(message: object): void {
    this.#child?.send(message);
  }

  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** For good, in order: resolves when it has ended. */
  async stopInOrder(): Promise<void> {
    this.#isWanted = false;
    this.#isToldToStop = true;
    this.#child?.kill("SIGTERM");
    await this.#ended;
  }

  /** For good; as a crash would. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    this.kill9();
    await this.#ended;
  }

  /** After `stop`; with these settings besides its own. */
  startAgain(settings: Readonly<Record<string, string>> = {}): void {
    this.#isWanted = true;
    this.#settings = settings;
    this.#spawn();
  }

  async metrics(): Promise<string> {
    return await (
      await fetch(`${this.adminUrl}/metrics`, { signal: AbortSignal.timeout(patience(METRICS_WITHIN_MS)) })
    ).text();
  }

  /** What it takes of the machine's memory; null: it does not run. */
  memory(): { readonly pid: number; readonly megabytes: number } | null {
    const pid = this.#child?.pid;
    const megabytes = pid === undefined ? null : residentMegabytes(pid);
    return pid === undefined || megabytes === null ? null : { pid, megabytes };
  }

  /** Ends that nobody wanted, and what its log has at level fatal or not as a log line at all, since this was asked before. */
  takeProblems(): { readonly exits: string[]; readonly lines: string[] } {
    const bytes = readFileSync(this.#logFile);
    const fresh = bytes.subarray(this.#logRead, bytes.lastIndexOf("\n") + 1).toString("utf8");
    this.#logRead = bytes.lastIndexOf("\n") + 1;
    const lines = fresh.split("\n").filter((line) => line !== "" && isProblem(line));
    const exits = this.#unwanted;
    this.#unwanted = [];
    return { exits, lines: lines.map((line) => `${this.service}: ${line}`) };
  }

  #spawn(): void {
    const { service, environment, folder, instance, heldPort } = this.#options;
    const log = openSync(this.#logFile, "a");
    // The folder among its arguments says for people whose it is; the channel ends it when we are gone.
    const child = spawn(process.execPath, ["--enable-source-maps", mainFile(service), folder], {
      cwd: projectRoot,
      stdio: ["ignore", log, log, heldPort?.file ?? "ignore", "ipc"],
      env: {
        ...environment,
        ...this.#settings,
        INSTANCE: instance,
        ADMIN_PORT: String(this.#adminPort),
        LISTEN_FDS: heldPort === null ? "0" : "1",
      },
    });
    closeSync(log);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        if (!this.#isKilled.has(child) && !(this.#isToldToStop && code === 0))
          this.#unwanted.push(`${service} ${instance} ended with ${signal ?? `code ${code}`}`);
        resolve();
        if (this.#isWanted) setTimeout(() => this.#isWanted && child === this.#child && this.#spawn(), RESTART_MS);
      });
    });
  }
}

/** Warnings of Node itself, stack traces of what nobody caught, and everything fatal. */
function isProblem(line: string): boolean {
  if (!line.startsWith("{")) return true;
  try {
    return (JSON.parse(line) as { level: number }).level >= LEVEL_FATAL;
  } catch {
    return false; // cut off by a kill
  }
}
