/**
 * npm run check: types, style, layers, dead code and the lockfile, as many side by side as there are cores. Prints what each one
 * that fails said; the exit code is 0 when none failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const PATH = [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);

/** The longest first. */
const CHECKS = [
  ["tsc", "--noEmit", "-p", "tsconfig.json"],
  ["biome", "check"],
  ["npm", "run", "--silent", "layers"],
  ["tsc", "--noEmit", "-p", "web"],
  ["knip"],
  ["node", "tools/lockfile.mjs"],
];

/** Whether it passed. */
async function run([program, ...args]) {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, PATH }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const [code] = await once(child, "close");
  const passed = code === 0;
  console.log(`${passed ? "ok    " : "FAILED"} ${program} ${args.join(" ")}`);
  if (!passed) console.error(said);
  return passed;
}

const waiting = [...CHECKS];
let failed = 0;
async function worker() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) if (!(await run(next))) failed++;
}
await Promise.all(Array.from({ length: availableParallelism() }, worker));
process.exitCode = failed === 0 ? 0 : 1;
