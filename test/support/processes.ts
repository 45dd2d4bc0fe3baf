import { readdirSync, readFileSync } from "node:fs";
import { isRunning } from "../../src/launcher/leftovers.js";

/** Command lines of the running processes that name the path: a folder's servers and services do. */
export function processesNaming(path: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isRunning(Number(name)))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(path));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it ended meanwhile
  }
}
