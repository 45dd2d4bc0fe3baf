import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../../src/launcher/free-port.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { eventually } from "../support/eventually.js";

/** Fetching the package may be part of the start. */
const START_DEADLINE_MS = 300_000;

export interface SeenAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
  readonly activeAt: string;
}

/** `npm run metrics`, beside the pipeline of a data folder. */
export class PrometheusUnderTest {
  readonly url: string;
  readonly #program: ChildProcess;
  #printed = "";

  private constructor(program: ChildProcess, url: string) {
    this.#program = program;
    this.url = url;
    for (const stream of [program.stdout, program.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#printed += text;
      });
  }

  /** Resolves once Prometheus answers. */
  static async start(dataFolder: string): Promise<PrometheusUnderTest> {
    const port = await freePort();
    const main = join(projectRoot, "dist", "operator", "main.js");
    const environment = { ...process.env, DATA_DIR: dataFolder, PROMETHEUS_PORT: String(port) };
    const program = spawn(process.execPath, [main, "metrics"], { env: environment });
    const prometheus = new PrometheusUnderTest(program, `http://127.0.0.1:${port}`);
    await eventually(
      "Prometheus' first answer",
      async () => {
        if (program.exitCode !== null) throw new Error(`npm run metrics has ended:\n${prometheus.#printed}`);
        return await fetch(`${prometheus.url}/-/ready`).then(
          ({ ok }) => (ok ? true : null),
          () => null,
        );
      },
      START_DEADLINE_MS,
    );
    return prometheus;
  }

  /** Everything that it and Prometheus have printed. */
  get printed(): string {
    return this.#printed;
  }

  /** The series that the expression gives now; throws what Prometheus says against it. */
  async query(expr: string): Promise<{ readonly metric: Readonly<Record<string, string>>; readonly value: number }[]> {
    const { result } = await this.#ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
      `query?query=${encodeURIComponent(expr)}`,
    );
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  async alerts(): Promise<readonly SeenAlert[]> {
    return (await this.#ask<{ alerts: SeenAlert[] }>("alerts")).alerts;
  }

  async #ask<T>(what: string): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${what}`);
    const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string };
    if (status !== "success") throw new Error(`Prometheus says: ${error} (${what})`);
    return data;
  }

  /** Ctrl-C; resolves with the exit code. */
  async interrupt(): Promise<number | null> {
    this.#program.kill("SIGINT");
    if (this.#program.exitCode === null) await once(this.#program, "exit");
    return this.#program.exitCode;
  }
}
