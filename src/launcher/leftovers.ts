import { readFileSync } from "node:fs";
import { type Endpoints, readEndpoints, removeEndpoints } from "../shared/process/endpoints.js";
import { waitFor } from "../shared/process/waits.js";

const STOP_DEADLINE_MS = 10_000;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a process runs. A zombie is alive for kill(2), but does not run and holds nothing any more. */
export function isRunning(pid: number): boolean {
  return isAlive(pid) && !/^\d+ \(.*\) Z /s.test(procFile(pid, "stat") ?? "");
}

/**
 * Whether the process was started with the path among its arguments: since process ids are used again, an id in a file does
 * not prove that the process is ours. False where the system has no /proc.
 */
export function isStartedWith(pid: number, path: string): boolean {
  return procFile(pid, "cmdline")?.split("\0").includes(path) ?? false;
}

function procFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return null;
  }
}

export function pidIn(pidFile: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, "utf8"), 10);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

/** Ends a process that an earlier run left behind, by the signal first. Does nothing unless the process is provably ours. */
export async function stopLeftover(pid: number | null, path: string, signal: "SIGINT" | "SIGTERM"): Promise<boolean> {
  if (pid === null || !isStartedWith(pid, path)) return false;
  const gone = () => (isRunning(pid) ? null : true);
  process.kill(pid, signal);
  await waitFor(`process ${pid} to stop`, { deadlineMs: STOP_DEADLINE_MS }, gone).catch(() => {
    process.kill(pid, "SIGKILL");
    return waitFor(`process ${pid} to die`, { deadlineMs: STOP_DEADLINE_MS }, gone);
  });
  return true;
}

/** Waits for services of an earlier run: each ends by itself when its launcher is gone, which may take a while. */
export async function stopLeftoverServices(dataFolder: string): Promise<void> {
  let services: Endpoints["services"];
  try {
    services = readEndpoints(dataFolder, "").services;
  } catch {
    return; // the earlier run ended in order
  }
  await Promise.all(services.map(({ pid }) => stopLeftover(pid, dataFolder, "SIGTERM")));
  removeEndpoints(dataFolder);
}
