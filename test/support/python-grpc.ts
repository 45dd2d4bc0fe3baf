/**
 * Debian's python3-grpcio with its Python and protoc, for tests of gRPC with a client that nobody here wrote: packages that are
 * unpacked into node_modules/.cache; nothing is installed. Where that can't be done the tests are left out, with one line that says so.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";

const WANTED = ["python3-grpcio", "python3-protobuf", "protobuf-compiler"];
/** Of what they depend on, what a Debian system may not have. */
const NEEDED = /^(python3|libpython3|protobuf|lib(absl|c-ares|re2|grpc|upb|proto|utf8|expat|stdc|ssl)|zlib)/;
const CACHE = join(projectRoot, "node_modules", ".cache");
const UNPACKED = join(CACHE, "python-grpc");
/** After a failed try this file says that the next test need not wait for another one, for so long. */
const FAILED_MARK = join(CACHE, "python-grpc-not-fetched");
const FAILED_FOR_MS = 3_600_000;
const TIMEOUT_MS = 120_000;
const APT = ["-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"];
const DEPENDS = ["no-recommends", "no-suggests", "no-conflicts", "no-breaks", "no-replaces", "no-enhances"];

export interface PythonGrpc {
  readonly python: string;
  readonly protoc: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Null: it is not there, and can't be fetched. */
export function pythonGrpc(): PythonGrpc | null {
  return found() ?? (fetched() ? found() : null);
}

function found(): PythonGrpc | null {
  const usr = join(UNPACKED, "usr");
  const bin = join(usr, "bin");
  const name = existsSync(bin) ? readdirSync(bin).find((file) => /^python3\.\d+$/.test(file)) : undefined;
  if (name === undefined) return null;
  const libraries = [join(usr, "lib"), join(UNPACKED, "lib")].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((file) => file.endsWith("-linux-gnu"))
          .map((file) => join(folder, file))
      : [],
  );
  const environment = {
    PATH: process.env["PATH"],
    LD_LIBRARY_PATH: libraries.join(":"),
    PYTHONHOME: usr,
    PYTHONPATH: join(usr, "lib", "python3", "dist-packages"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  return { python: join(bin, name), protoc: join(bin, "protoc"), environment };
}

function fetched(): boolean {
  const failedMs = statSync(FAILED_MARK, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (!existsSync("/usr/bin/apt-get") || Date.now() - failedMs < FAILED_FOR_MS) return false;
  console.log("fetching Debian's python3-grpcio (13 MB) for the tests of gRPC …");
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, "python-grpc-"));
  try {
    if (download(draft) || (run(draft, "apt-get", "update", ...APT) !== null && download(draft))) {
      for (const file of readdirSync(draft).filter((name) => name.endsWith(".deb")))
        run(draft, "dpkg", "-x", file, "u");
      rmSync(UNPACKED, { recursive: true, force: true });
      renameSync(join(draft, "u"), UNPACKED);
      return true;
    }
    writeFileSync(FAILED_MARK, "");
    return false;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function download(folder: string): boolean {
  const listed = run(folder, "apt-cache", "depends", "--recurse", ...DEPENDS.map((option) => `--${option}`), ...WANTED);
  const packages = [...new Set(listed?.split("\n").filter((name) => NEEDED.test(name)))];
  return packages.length > WANTED.length && run(folder, "apt-get", "download", ...packages, ...APT) !== null;
}

/** What it prints; null: it failed. */
function run(cwd: string, program: string, ...args: readonly string[]): string | null {
  const { status, stdout } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: TIMEOUT_MS });
  return status === 0 ? stdout : null;
}
