/** `npm run metrics`: Prometheus with the rules of config/metrics, beside the pipeline that runs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "../shared/domain/errors.js";
import { commandLine } from "../shared/process/options.js";
import { projectRoot } from "../shared/process/project-root.js";
import { beforeDeadline, pausedFor } from "../shared/process/waits.js";
import { metricsConfig, placesToLookAt } from "./config.js";
import { OTHERWISE, prometheusFolder } from "./prometheus-package.js";
import { targetsText } from "./prometheus-targets.js";

const SUMMARY = "Prometheus with the alerts of config/metrics, looking at the pipeline that runs.";
const HELP = `
Its page is http://127.0.0.1:9090 (PROMETHEUS_PORT): the alerts are under Alerts. What it has seen is kept in DATA_DIR/prometheus
for 15 days. It is the one in /usr/bin, /usr/local/bin or PROMETHEUS_FOLDER, else Debian's package, which is fetched once and unpacked into
node_modules/.cache; nothing is installed. Ctrl-C ends it. Dashboards: docker compose --profile metrics up.`;

const LOOK_EVERY_MS = 1_000;
const STOP_TIMEOUT_MS = 10_000;
const RULES = ["prometheus.yml", "alerts.yml"];

/** Runs until it is told to stop; rejects if Prometheus ends by itself. */
export async function runMetrics(args: readonly string[]): Promise<void> {
  commandLine("metrics", SUMMARY)
    .addHelpText("after", HELP)
    .parse([...args], { from: "user" });
  const { dataFolder, port, programs } = metricsConfig();
  const { admins } = placesToLookAt();
  const folder = join(dataFolder, "prometheus");
  const program = join(prometheusFolder(programs), "prometheus");
  mkdirSync(folder, { recursive: true });
  for (const file of RULES) copyFileSync(join(projectRoot, "config", "metrics", file), join(folder, file));
  const targets = new TargetsFile(join(folder, "targets.json"));
  targets.write(targetsText(admins));
  const asked = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => asked.abort());
  const prometheus = spawn(
    program,
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const gone = new AbortController();
  const ended = once(prometheus, "exit").then(([code, signal]) => {
    gone.abort();
    return signal === null ? `exit code ${code}` : String(signal);
  });
  ended.catch(() => undefined); // that it did not start is told below
  await once(prometheus, "spawn").catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(`${program} can't be executed (${error.code}); ${OTHERWISE}`, { cause: error });
  });
  process.on("exit", () => prometheus.kill("SIGKILL"));
  process.stdout.write(`Prometheus is at http://127.0.0.1:${port}; Ctrl-C ends it\n`);
  const over = AbortSignal.any([asked.signal, gone.signal]);
  while (await pausedFor(LOOK_EVERY_MS, over)) targets.write(targetsNow() ?? targets.text);
  // Ctrl-C of a terminal reaches both, in whichever order.
  if (!asked.signal.aborted)
    throw new ConfigurationError(`Prometheus ended by itself (${await ended}); what it says is above`);
  prometheus.kill("SIGTERM");
  await beforeDeadline(ended, STOP_TIMEOUT_MS, "Prometheus did not end");
}

/** The targets of the pipeline that runs now; null: none does, and those it had are to be missed. */
function targetsNow(): string | null {
  try {
    return targetsText(placesToLookAt().admins);
  } catch (error) {
    if (error instanceof ConfigurationError) return null;
    throw error;
  }
}

/** The file of targets, written when they change; a reader meanwhile sees the old one or the new one. */
class TargetsFile {
  readonly #path: string;
  #text = "";

  constructor(path: string) {
    this.#path = path;
  }

  get text(): string {
    return this.#text;
  }

  write(text: string): void {
    if (text === this.#text) return;
    writeFileSync(`${this.#path}.new`, text);
    renameSync(`${this.#path}.new`, this.#path);
    this.#text = text;
  }
}
