/** Debian's Prometheus, found or fetched: its package is unpacked into node_modules/.cache, and nothing is installed. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { RefusedToOperator } from "../shared/operators/refused.js";
import { projectRoot } from "../shared/process/project-root.js";

const PACKAGE = "prometheus";
const CACHE = join(projectRoot, "node_modules", ".cache");
const UNPACKED = join(CACHE, PACKAGE);
const BINARIES = join("usr", "bin");
const USUAL = ["/usr/bin", "/usr/local/bin"];
const FETCH_TIMEOUT_MS = 120_000;
const APT = ["-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"];
/** What to do where it can't be found, fetched or run. */
export const OTHERWISE =
  "install Prometheus (apt-get install prometheus), or set PROMETHEUS_FOLDER to where it and promtool are";

/** The folder with the programs `prometheus` and `promtool`. Throws RefusedToOperator, with what to do, if there is none. */
export function prometheusFolder(given: string | null): string {
  if (given !== null) {
    if (hasBoth(given)) return given;
    throw new RefusedToOperator(
      `there is no prometheus with its promtool that could be executed in PROMETHEUS_FOLDER=${given}`,
    );
  }
  return [...USUAL, join(UNPACKED, BINARIES)].find(hasBoth) ?? fetched();
}

function hasBoth(folder: string): boolean {
  return [PACKAGE, "promtool"].every((program) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function fetched(): string {
  process.stderr.write(`fetching Debian's package ${PACKAGE} (20 MB) into ${CACHE} …\n`);
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, `${PACKAGE}-`));
  try {
    const download = () => run(draft, "apt-get", ["download", PACKAGE, ...APT]);
    let whyNot = download();
    // Package lists may be missing or old; to renew them takes root.
    if (whyNot !== null && run(draft, "apt-get", ["update", ...APT]) === null) whyNot = download();
    const file = readdirSync(draft).find((name) => name.endsWith(".deb"));
    if (file === undefined)
      throw new RefusedToOperator(`Prometheus can't be fetched (${whyNot ?? "no package came"}); ${OTHERWISE}`);
    const failure = run(draft, "dpkg", ["-x", file, "unpacked"]);
    if (failure !== null) throw new RefusedToOperator(`Prometheus can't be unpacked (${failure}); ${OTHERWISE}`);
    rmSync(UNPACKED, { recursive: true, force: true });
    renameSync(join(draft, "unpacked"), UNPACKED);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return join(UNPACKED, BINARIES);
}

/** Why it failed; null: it did not. */
function run(folder: string, program: string, args: readonly string[]): string | null {
  const { status, error, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: FETCH_TIMEOUT_MS,
  });
  if (status === 0) return null;
  return error?.message ?? stderr.trim().split("\n").at(-1) ?? `${program} ended with ${status}`;
}
