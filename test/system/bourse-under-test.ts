import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRunning, pidIn } from "../../src/launcher/leftovers.js";
import type { Endpoints } from "../../src/shared/process/endpoints.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import type { ServiceName } from "../../src/shared/process/services.js";
import { eventually, until } from "../support/eventually.js";
import { ownPorts } from "../support/own-ports.js";
import { processesNaming } from "../support/processes.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const START_DEADLINE_MS = 40_000;

/** What can be killed. */
export type Victim = ServiceName | "nats" | "postgres";

/** The real thing, as `npm start` runs it: its own ports, its own data folder. */
export class BourseUnderTest {
  readonly dataFolder: string;
  readonly #environment: NodeJS.ProcessEnv;
  #launcher: ChildProcess | null = null;
  #output = "";
  #outputUntilNow: () => string = () => "";

  private constructor(dataFolder: string, environment: NodeJS.ProcessEnv) {
    this.dataFolder = dataFolder;
    this.#environment = environment;
  }

  /** Resolves once it is ready. */
  static async start(settings: NodeJS.ProcessEnv = {}): Promise<BourseUnderTest> {
    execFileSync(process.execPath, [join(projectRoot, "tools", "build.mjs")], { stdio: "inherit" });
    const dataFolder = join(temporaryFolder(), "data folder");
    const { NATS_URL: _, DATABASE_URL: __, NODE_ENV: ___, ...inherited } = process.env;
    const bourse = new BourseUnderTest(dataFolder, {
      ...inherited,
      DATA_DIR: dataFolder,
      ...(await ownPorts()),
      LOG_LEVEL: process.env["TEST_LOG_LEVEL"] ?? "fatal",
      ...settings,
      npm_lifecycle_event: "start", // whoever starts it takes it along when killed: npm, or this test
    });
    await bourse.start();
    return bourse;
  }

  /** Starts another launcher with the same environment; resolves when it has ended. */
  async startTwin(): Promise<{ code: number | null; output: string }> {
    const { launcher, output } = this.#spawn();
    const [code] = await once(launcher, "close");
    return { code, output: output() };
  }

  /** What an operator's command prints, and its exit code. */
  operate(...args: string[]): { code: number | null; output: string } {
    return this.#run("operator", args);
  }

  /** The same of `npm run backup`. */
  backup(...args: string[]): { code: number | null; output: string } {
    return this.#run("backup", ["backup", ...args]);
  }

  #run(program: string, args: readonly string[]): { code: number | null; output: string } {
    const file = join(projectRoot, "dist", program, "main.js");
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
      env: this.#environment,
      encoding: "utf8",
    });
    return { code: status, output: stdout + stderr };
  }

  async start(): Promise<void> {
    const { launcher, output } = this.#spawn();
    this.#launcher = launcher;
    this.#outputUntilNow = output;
    await eventually(
      "the line that says it is ready",
      () => {
        this.#output = output();
        if (hasEnded(launcher)) throw new Error(`the launcher ended:\n${this.#output}`);
        return /^bourse ready$/m.test(this.#output) ? true : null;
      },
      START_DEADLINE_MS,
    );
  }

  #spawn(): { launcher: ChildProcess; output: () => string } {
    const launcher = spawn(process.execPath, [join(projectRoot, "dist", "launcher", "main.js")], {
      cwd: "/",
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [launcher.stdout, launcher.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    return { launcher, output: () => output };
  }

  /** All that it printed until it was ready. */
  get banner(): string {
    return this.#output;
  }

  /** All that it and its processes have printed. */
  get output(): string {
    return this.#outputUntilNow();
  }

  get endpoints(): Endpoints {
    return JSON.parse(readFileSync(join(this.dataFolder, "endpoints.json"), "utf8"));
  }

  pidOf(victim: Victim): number {
    if (victim === "nats") return pidIn(join(this.dataFolder, "nats", "nats.pid")) ?? 0;
    if (victim === "postgres") return pidIn(join(this.dataFolder, "postgres", "cluster", "postmaster.pid")) ?? 0;
    return this.endpoints.services.find(({ name }) => name === victim)?.pid ?? 0;
  }

  /** SIGKILL, and waits until the launcher has put another process in its place. */
  async killAndWaitForNext(victim: Victim): Promise<void> {
    const killed = this.pidOf(victim);
    process.kill(killed, "SIGKILL");
    await eventually(`another ${victim}`, () => {
      const pid = this.pidOf(victim);
      return pid !== killed && pid > 1 && isRunning(pid) ? true : null;
    });
  }

  /** Ctrl-C; resolves with the exit code. */
  async interrupt(): Promise<number | null> {
    this.#launcher?.kill("SIGINT");
    return this.#ended();
  }

  /** Ctrl-C, and none of its processes is left. */
  async end(): Promise<void> {
    await this.interrupt();
    await until("the end of every process", () => this.processes().length === 0);
  }

  async kill9(): Promise<void> {
    this.#launcher?.kill("SIGKILL");
    await this.#ended();
  }

  async #ended(): Promise<number | null> {
    const launcher = this.#launcher;
    this.#launcher = null;
    if (launcher === null) return null;
    if (!hasEnded(launcher)) await once(launcher, "exit");
    // Services hold our pipes until they are gone, too; nobody reads them any more.
    launcher.stdout?.destroy();
    launcher.stderr?.destroy();
    return launcher.exitCode;
  }

  /** Command lines of the processes that work for this data folder. */
  processes(): string[] {
    return processesNaming(this.dataFolder);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
