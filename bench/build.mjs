/** Compiles the benchmark, and what it measures, as the services are compiled: figures are of the code that runs. */
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
for (const args of [
  ["tools/build.mjs"],
  ["node_modules/typescript/bin/tsc", "-p", "tsconfig.bench.json", "--noCheck"],
]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
for (const folder of ["protocol/generated", "sql"])
  cpSync(`${root}${folder}`, `${root}dist-bench/${folder}`, { recursive: true });
