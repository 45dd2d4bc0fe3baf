/**
 * Builds what is older than its sources: protocol/*.proto → protocol/generated/, packages/matching-core/src → its dist/,
 * src/ → dist/, web/ → dist/web/ and dist/desk/. Does nothing, fast, when all is up to date, and waits when another build is running. Types are checked by `npm run check`, not here.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { buildPages } from "../web/build.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, "node_modules", ".bourse-build-lock");
const LOCK_WAIT_MAX_MS = 120_000;

function newestMs(folder, ending) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isDirectory() || file.endsWith(ending)) newest = Math.max(newest, statSync(file).mtimeMs);
  }
  return newest;
}

function stampMs(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs `make` when `stamp` is older than the sources; the stamp carries the time before it began. */
function rebuild(stamp, sourcesMs, make) {
  if (stampMs(stamp) > sourcesMs) return;
  rmSync(stamp, { force: true });
  try {
    make();
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    console.error("build: the bundler failed, see above; is `npm ci` of this version done?");
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, "");
}

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules", script), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) {
    console.error(`build: ${script} ${args.join(" ")} failed`);
    process.exit(1);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

async function acquire() {
  const deadline = Date.now() + LOCK_WAIT_MAX_MS;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      process.on("exit", () => rmSync(lock, { force: true }));
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const text = (() => {
      try {
        return readFileSync(lock, "utf8");
      } catch {
        return "";
      }
    })();
    if (text !== "" && !isAlive(Number(text))) rmSync(lock, { force: true });
    else if (Date.now() > deadline) {
      console.error(`build: another build (pid ${text}) has held ${lock} for two minutes; end it, or delete the file`);
      process.exit(1);
    } else await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What clients that have none of these files are told by reflection: of each package its FileDescriptorProto, as base64. */
function descriptorsOf(files) {
  const require = createRequire(import.meta.url);
  const protobuf = require("protobufjs");
  const { FileDescriptorProto } = require("protobufjs/ext/descriptor");
  const schema = protobuf.loadSync(files.map((file) => join(root, file))).resolveAll();
  const { file: packages } = schema.toDescriptor("proto3");
  const bytesOf = (one) => FileDescriptorProto.encode(one).finish();
  return Object.fromEntries(packages.map((one) => [one.package, Buffer.from(bytesOf(one)).toString("base64")]));
}

await acquire();
const ORDER_ENTRY = "protocol/order-entry.proto";
const SERVED_BY_GRPC = [
  ORDER_ENTRY,
  "protocol/exchange.proto",
  "protocol/order_protobuf.proto",
  "protocol/grpc/health.proto",
  "protocol/grpc/reflection.proto",
];
/** Two files of generated code: those of gRPC are for the gateway alone, and take 30 ms to load. */
const PROTOS = {
  wire: [ORDER_ENTRY, "protocol/pipeline.proto"],
  grpc: [...SERVED_BY_GRPC, "protocol/grpc/status.proto"],
};
const generated = join(root, "protocol", "generated");
const protoMs = Math.max(...Object.values(PROTOS).flatMap((files) => files.map((file) => stampMs(join(root, file)))));
rebuild(join(generated, ".stamp"), protoMs, () => {
  mkdirSync(generated, { recursive: true });
  const lean = ["--no-create", "--no-verify", "--no-convert", "--no-delimited", "--no-typeurl", "--no-service"];
  for (const [name, files] of Object.entries(PROTOS)) {
    const output = `protocol/generated/${name}`;
    const code = ["-t", "static-module", "-w", "commonjs", ...lean, "--force-number", "-r", name];
    run("protobufjs-cli/bin/pbjs", ...code, "-o", `${output}.cjs`, ...files);
    run("protobufjs-cli/bin/pbjs", "-t", "json", "-o", `${output}.json`, ...files);
  }
  writeFileSync(join(generated, "descriptors.json"), JSON.stringify(descriptorsOf(SERVED_BY_GRPC)));
});
const tsconfigMs = stampMs(join(root, "tsconfig.json"));

// The engine's package is bundled into one file: a constant that is imported is then a number in the machine code, where
// V8 would otherwise read it from the other module's cell, and check it, at each use (bench/engine.md).
const core = "packages/matching-core";
const coreMs = Math.max(
  newestMs(join(root, core, "src"), ".ts"),
  stampMs(join(root, core, "tsconfig.json")),
  tsconfigMs,
);
rebuild(join(root, core, "dist", ".stamp"), coreMs, () => {
  buildSync({
    absWorkingDir: join(root, core),
    entryPoints: ["src/index.ts"],
    outdir: "dist",
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    minifySyntax: true,
    sourcemap: true,
    sourcesContent: false,
  });
  run("typescript/bin/tsc", "-p", core, "--noCheck");
});

const sourcesMs = Math.max(newestMs(join(root, "src"), ".ts"), stampMs(join(root, "tsconfig.build.json")), tsconfigMs);
rebuild(join(root, "dist", ".stamp"), sourcesMs, () =>
  run("typescript/bin/tsc", "-p", "tsconfig.build.json", "--noCheck"),
);

// The page uses what subscribers share.
const pageMs = Math.max(
  newestMs(join(root, "web"), ""),
  newestMs(join(root, "src/shared/subscriber"), ".ts"),
  ...["decimal", "crc32"].map((name) => stampMs(join(root, "src/shared/domain", `${name}.ts`))),
  tsconfigMs,
);
rebuild(join(root, "dist", "web", ".stamp"), pageMs, () => buildPages(root));
