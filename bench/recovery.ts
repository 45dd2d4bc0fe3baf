/**
 * npm run bench:recovery [-- --commands 2000000 --resting 100000 --batch 256 --after 50000]: how long an engine takes to come
 * back, from the log alone and from its snapshot: the real stage, a real nats-server, everything compared with what is
 * published. Left out: the start of the process.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsBinary, startNats } from "../src/launcher/embedded-nats.js";
import { freePort } from "../src/launcher/free-port.js";
import { SnapshotStore } from "../src/matching-engine/snapshot-store.js";
import { SNAPSHOT_POLICY, type SnapshotPolicy } from "../src/matching-engine/snapshotter.js";
import { type Bus, connectBus } from "../src/shared/bus/bus.js";
import { loadAssets } from "../src/shared/domain/assets.js";
import { createLogger } from "../src/shared/process/log.js";
import { commandLine, WrongOption, whole } from "../src/shared/process/options.js";
import { projectRoot } from "../src/shared/process/project-root.js";
import { decodeExecutionRows, encodeCommandBatch } from "../src/shared/wire/pipeline-codec.js";
import { medianOf } from "../tools/load/percentile.js";
import type { BenchService } from "./bench-service.js";
import { medianRun, runEngine, type Taken } from "./engine-run.js";
import { asked } from "./options.js";
import { machine } from "./report.js";
import { steadyCommand } from "./steady-flow.js";
import { TakeOver } from "./take-over.js";

const ASSET = "BTC-USD";
const IN_FLIGHT = 64;
const RUNS = 5;
const TAKE_OVER_RUNS = 3;
const NEVER: SnapshotPolicy = { everyCommands: 1e9, everyMs: 1e9, replayMax: 1e9 };

const { commands, resting, batch, after } = asked(() => {
  const counts = commandLine("bench:recovery", "How soon an engine is back.")
    .option("--commands <count>", "in the log", whole(), 2_000_000)
    .option("--resting <count>", "orders in the book", whole(), 100_000)
    .option("--batch <count>", "commands in a message", whole(), 256)
    .option("--after <count>", "commands before the snapshot", whole(), SNAPSHOT_POLICY.everyCommands)
    .parse()
    .opts();
  if (counts.after < counts.commands) return counts;
  throw new WrongOption(`--after is ${counts.after}; it must be less than --commands, which is ${counts.commands}`);
});
// dist-bench lies one folder deeper than the sources.
const registry = loadAssets(join(projectRoot, "..", "config", "assets.json"));
const log = createLogger("bench", "error");

async function fillLog(bus: Bus, from: number, to: number): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  for (let at = from; at < to; at += batch) {
    const count = Math.min(batch, to - at);
    const bytes = encodeCommandBatch(Array.from({ length: count }, (_, index) => steadyCommand(at + index, resting)));
    const published = bus.publish(`commands.${ASSET}`, bytes, { deadlineMs: 10_000 }).then(({ kind }) => {
      inFlight.delete(published);
      if (kind !== "stored") throw new Error(`a batch of commands is ${kind}`);
    });
    inFlight.add(published);
    if (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
}

const isReady = (service: BenchService) => Promise.resolve(service.isReady());
const run = (snapshots: SnapshotPolicy, isDone = isReady) =>
  runEngine(nats.url, registry, { asset: ASSET, snapshots, storedCommands: null }, isDone);

const folder = mkdtempSync(join(tmpdir(), "bourse-bench-"));
const binary = findNatsBinary(process.env["NATS_SERVER_BIN"] ?? null, process.env["PATH"] ?? "");
const nats = await startNats({
  folder,
  port: await freePort(),
  logFile: join(folder, "nats.log"),
  binary,
  admits: "anybody",
});
try {
  const bus = await connectBus(nats.url, { name: "bench", log });
  await bus.ensureStreams(1);
  const store = new SnapshotStore(bus);
  const snapshotAt = commands - after;
  await fillLog(bus, 0, snapshotAt);
  const first = await run({ everyCommands: snapshotAt, everyMs: 1e9 }, async () =>
    (await store.list(ASSET)).some(({ isWhole }) => isWhole),
  );
  await fillLog(bus, snapshotAt, commands);
  await run(NEVER, async () => {
    const last = await bus.lastMessage("EXECUTIONS", `executions.${ASSET}`);
    return last !== null && decodeExecutionRows(last.data).throughCommand >= commands;
  });
  const snapshot = await medianRun(RUNS, () => run(NEVER));
  for (const stored of await store.list(ASSET)) await store.remove(stored);
  const replay = await medianRun(RUNS, () => run(NEVER));
  const row = (what: string, count: number, { ms, cpuMs }: Taken) =>
    console.log(`| ${what} | ${count} | ${ms.toFixed(0)} | ${cpuMs.toFixed(0)} | ${(count / ms / 1000).toFixed(2)} |`);
  console.log(`${machine()}; ${resting} orders rest, ${batch} commands a message\n`);
  console.log("| what | commands | ms | CPU ms | million commands/s |\n|---|---|---|---|---|");
  row("the first time: everything is published, a snapshot taken", snapshotAt, first);
  row("back from the log alone, everything compared", commands, replay);
  row("back from a snapshot and what came after it", commands - snapshotAt, snapshot);
  console.log(
    "\n| taken over from a process that died | ms until its next event | of them after the lease |\n|---|---|---|",
  );
  const takeOver = new TakeOver(nats.url, bus, registry, ASSET);
  let next = commands;
  for (const standsBy of [true, false]) {
    const times: { ms: number; afterLeaseMs: number }[] = [];
    for (let run = 0; run < TAKE_OVER_RUNS; run++, next += 2) {
      const command = (index: number) => fillLog(bus, index, index + 1);
      times.push(await takeOver.measure(standsBy, next, command));
    }
    const [ms, after] = [medianOf(times.map((time) => time.ms)), medianOf(times.map((time) => time.afterLeaseMs))];
    console.log(`| ${standsBy ? "with" : "without"} a standby | ${ms.toFixed(0)} | ${after.toFixed(0)} |`);
  }
  await bus.close();
} finally {
  await nats.process.stop(5_000);
  rmSync(folder, { recursive: true, force: true });
}
