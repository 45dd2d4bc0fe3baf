import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/launcher/free-port.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { beforeDeadline, waitFor } from "../../src/shared/process/waits.js";

export interface Contestant {
  readonly pid: number;
  readonly port: number;
  /** The value of a metric of the notifier's; 0 where there is none, and of the peer. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

export const CONTESTANTS = ["notifier", "io.to(room).emit", "bare writes"] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

/** The core of the server; the subscribers and everything else have the others. */
export const SERVER_CORE = 0;

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
/** The crowd is one address and few keys. */
const LIMITS = {
  NOTIFIER_CONNECTIONS_MAX: "50000",
  NOTIFIER_CONNECTIONS_PER_ADDRESS_MAX: "50000",
  NOTIFIER_HANDSHAKES_PER_SECOND_MAX: "100000",
  NOTIFIER_IDLE_MAX: "50000",
};

/** Starts one of the contestants, on the server's core, with the servers' addresses in `env`. */
export async function startContestant(name: ContestantName, env: NodeJS.ProcessEnv): Promise<Contestant> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const isPeer = name !== "notifier";
  const peer = [...process.execArgv, fileURLToPath(new URL(`./peer${import.meta.url.slice(-3)}`, import.meta.url))];
  const program = isPeer ? peer : ["--enable-source-maps", join(projectRoot, "dist/market-data-notifier/main.js")];
  const child = spawn("taskset", ["-c", String(SERVER_CORE), process.execPath, ...program], {
    cwd: projectRoot,
    env: {
      ...process.env,
      LOG_LEVEL: "warn",
      ...LIMITS,
      ...env,
      ...(name === "bare writes" ? { FAN_OUT: "bare" } : {}),
      NOTIFIER_PORT: String(port),
      ADMIN_PORT: String(adminPort),
    },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const contestant = { pid: child.pid as number, port, metric: metricOf(adminPort), stop: () => stopped(child) };
  try {
    if (isPeer) await beforeDeadline(once(child, "message"), START_TIMEOUT_MS, "the peer did not start");
    else await waitFor("the notifier", { deadlineMs: START_TIMEOUT_MS, everyMs: 50 }, () => isReady(adminPort));
    return contestant;
  } catch (error) {
    await stopped(child);
    throw error;
  }
}

async function isReady(adminPort: number): Promise<true | null> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => null);
  return answer?.ok ? true : null;
}

function metricOf(adminPort: number): (name: string) => Promise<number> {
  return async (name) => {
    const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.startsWith(`bourse_notifier_${name}`));
    return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };
}

/** It ends with its channel. */
async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  if (child.connected) child.disconnect();
  await beforeDeadline(gone, STOP_TIMEOUT_MS).catch(() => child.kill("SIGKILL"));
  await gone;
}
