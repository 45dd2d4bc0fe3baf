import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { ownPorts } from "../../test/support/own-ports.js";
import { type Target, targetOf } from "./target.js";

/** Something that was started for the runs and goes with them. */
export interface Own {
  readonly target: Target;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 45_000;
const LAST_WORDS_MAX = 2_000;
const INTERRUPTED = 130;

export function build(root = projectRoot): void {
  const { status } = spawnSync(process.execPath, [join(root, "tools", "build.mjs")], { stdio: "inherit" });
  if (status !== 0) throw new Error("the build failed");
}

/** A data folder that nobody else uses, and free ports, as environment variables. */
export async function ownEnvironment(): Promise<NodeJS.ProcessEnv & { DATA_DIR: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), "bourse-load-"));
  chmodSync(dataDir, 0o755); // as root, Postgres runs as somebody else
  const { NATS_URL: _nats, DATABASE_URL: _database, ...inherited } = process.env;
  return {
    ...inherited,
    DATA_DIR: dataDir,
    ...(await ownPorts()),
    LOG_LEVEL: process.env["LOG_LEVEL"] ?? "warn",
  };
}

const stopsOnSignal = new Set<() => Promise<void>>();

/** A run that is broken off leaves nothing behind either. */
export function stopOnSignal(stop: () => Promise<void>): void {
  stopsOnSignal.add(stop);
  if (stopsOnSignal.size > 1) return;
  const stopAll = () => Promise.allSettled([...stopsOnSignal].map((each) => each()));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stopAll().finally(() => process.exit(INTERRUPTED)));
}

/** The whole pipeline, as `npm start` runs it, with more settings where they are given; of another checkout, where one is. */
export async function startOwnPipeline(
  settings: NodeJS.ProcessEnv = {},
  root = projectRoot,
): Promise<Own & { readonly dataDir: string }> {
  build(root);
  const env = { ...(await ownEnvironment()), ...settings };
  const launcher = spawn(process.execPath, [join(root, "dist", "launcher", "main.js")], {
    cwd: root,
    env,
    detached: true, // Ctrl-C is for us; we stop it
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async () => {
    await ended(launcher);
    rmSync(env.DATA_DIR, { recursive: true, force: true });
  };
  stopOnSignal(stop);
  try {
    await ready(launcher);
    return { target: targetOf(env.DATA_DIR), dataDir: env.DATA_DIR, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function ready(launcher: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why: string) =>
      reject(new Error(`the pipeline did not start: ${why}\n${said.slice(-LAST_WORDS_MAX)}`));
    const deadline = setTimeout(() => fail(`not ready after ${READY_TIMEOUT_MS} ms`), READY_TIMEOUT_MS);
    launcher.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2 * LAST_WORDS_MAX);
      if (!said.includes("bourse ready")) return;
      clearTimeout(deadline);
      resolve();
    });
    launcher.once("exit", (code) => fail(`the launcher ended with ${code}`));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGINT");
  const deadline = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(deadline);
}
