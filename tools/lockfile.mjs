/**
 * Two things that package-lock.json must not say; `npm install` writes them, `--fix` takes them out:
 * - "resolved" addresses: they would tie everybody's installation to the registry of whoever ran npm last;
 * - the "engines" of the nats-server package: they name what its authors build it with, but npm silently leaves out an
 *   optional package whose engines don't match the running Node, and the binary itself needs no Node at all.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("../package-lock.json", import.meta.url));
const lock = JSON.parse(readFileSync(file, "utf8"));
const problems = [];

for (const [path, entry] of Object.entries(lock.packages)) {
  if (entry.resolved !== undefined && entry.link !== true) {
    problems.push(`${path} has an address`);
    delete entry.resolved;
  }
  if (path.startsWith("node_modules/@eplightning/") && entry.engines !== undefined) {
    problems.push(`${path} has engines`);
    delete entry.engines;
  }
}

if (problems.length > 0 && process.argv.includes("--fix")) {
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: took out ${problems.length} entries`);
} else if (problems.length > 0) {
  console.error(`package-lock.json: ${problems.slice(0, 5).join(", ")} (${problems.length} in all)`);
  console.error("run: node tools/lockfile.mjs --fix");
  process.exitCode = 1;
}
