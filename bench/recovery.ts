/**
 * npm run bench:recovery [-- --commands 2000000 --resting 100000 --batch 256 --after 50000]: how long an engine takes to come
 * back, from the log alone and from its snapshot: the real stage, a real nats-server, everything compared with what is
 * published. Left out: the start of the process.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findNatsBinary, startNats } from "../src/launcher/embedded-nats.js";
import { freePort } from "../src/launcher/free-port.js";
import { MatchingEngines } from "../src/matching-engine/service.js";
import { SnapshotStore } from "../src/matching-engine/snapshot-store.js";
import { SNAPSHOT_POLICY, type SnapshotPolicy } from "../src/matching-engine/snapshotter.js";
import { fixedShare } from "../src/shared/asset-share.js";
import { loadAssets } from "../src/shared/assets.js";
import { type Bus, connectBus } from "../src/shared/bus.js";
import { projectRoot } from "../src/shared/config.js";
import { createLogger } from "../src/shared/log.js";
import type { Command, CommandBody, NewOrder } from "../src/shared/messages.js";
import { decodeExecutionRows, encodeCommandBatch } from "../src/shared/pipeline-codec.js";
import { runStage } from "../src/shared/stage-loop.js";
import { accountId, commandSequence, epochUs, logId, lots, orderId, priceTicks } from "../src/shared/units.js";
import { BenchService } from "./bench-service.js";
import { median } from "./measurement.js";
import { machine } from "./report.js";
import { TakeOver } from "./take-over.js";

const ASSET = "BTC-USD";
const IN_FLIGHT = 64;
const POLL_MS = 1;
const RUNS = 5;
const TAKE_OVER_RUNS = 3;
const NEVER: SnapshotPolicy = { everyCommands: 1e9, everyMs: 1e9, replayMax: 1e9 };

const { values } = parseArgs({
  options: {
    commands: { type: "string", default: "2000000" },
    resting: { type: "string", default: "100000" },
    batch: { type: "string", default: "256" },
    after: { type: "string", default: String(SNAPSHOT_POLICY.everyCommands) },
  },
});
const [commands, resting, batch] = [Number(values.commands), Number(values.resting), Number(values.batch)];
// dist-bench lies one folder deeper than the sources.
const registry = loadAssets(join(projectRoot, "..", "config", "assets.json"));
const log = createLogger("bench", "error");

/** The first orders rest; then the oldest of them is cancelled, another comes to rest, and three orders trade, for ever. */
function commandAt(index: number): Command {
  const id = index + 1;
  const at = epochUs(1_700_000_000_000_000 + index * 100);
  const step = index - resting;
  const body = step >= 0 && step % 5 === 0 ? cancelOf(step / 5) : bodyAt(index);
  const owner = body.kind === "cancel" ? Number(body.orderId) : id;
  const [account, sequence] = [accountId(1 + (owner % 50)), commandSequence(id)];
  return { commandSequence: sequence, logId: logId(id), accountId: account, receivedAtUs: at, atUs: at, body };
}

function cancelOf(count: number): CommandBody {
  const id = count < resting ? count + 1 : resting + 5 * (count - resting) + 2;
  return { kind: "cancel", orderId: orderId(id), clientOrderId: null };
}

function bodyAt(index: number): NewOrder {
  if (index < resting || (index - resting) % 5 === 1)
    return order(index % 2 === 0 ? "buy" : "sell", 1_000 + (index % 5_000), 10, "GTC");
  return (index - resting) % 5 === 2 ? order("sell", 0, 4, "GTC") : order("buy", 0, 2, "IOC");
}

function order(side: "buy" | "sell", away: number, quantity: number, timeInForce: "GTC" | "IOC"): NewOrder {
  const price = 6_400_000 + (side === "buy" && away > 0 ? -away : away);
  return {
    kind: "new",
    clientOrderId: null,
    side,
    type: "limit",
    timeInForce,
    quantityLots: lots(quantity),
    priceTicks: priceTicks(price),
    stopPriceTicks: null,
    displayLots: null,
    minimumLots: null,
    quoteBudgetUnits: null,
    expiresAtMs: null,
    postOnly: false,
    selfTradePrevention: "cancel_newest",
    feeRates: null,
  };
}

async function fillLog(bus: Bus, from: number, to: number): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  for (let at = from; at < to; at += batch) {
    const count = Math.min(batch, to - at);
    const bytes = encodeCommandBatch(Array.from({ length: count }, (_, index) => commandAt(at + index)));
    const published = bus.publish(`commands.${ASSET}`, bytes, { deadlineMs: 10_000 }).then(({ kind }) => {
      inFlight.delete(published);
      if (kind !== "stored") throw new Error(`a batch of commands is ${kind}`);
    });
    inFlight.add(published);
    if (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
}

/** Runs an engine until `isDone`; returns how long that took, from its first line on. */
async function runEngine(url: string, policy: SnapshotPolicy, isDone: (service: BenchService) => Promise<boolean>) {
  const service = new BenchService();
  const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
  const bus = await connectBus(url, { name: "bench", log });
  const stage = new MatchingEngines(service, bus, registry, { snapshots: policy });
  const loop = runStage(service, bus, stage, {
    share: fixedShare([ASSET]),
    pendingMessagesMax: 1_024,
    batchMessagesMax: 256,
    batchIntervalMs: 0,
    batchIntervalMaxMs: 0,
    gatherMs: 0,
  });
  service.background("loop", loop);
  while (!(await isDone(service))) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  const { user, system } = process.cpuUsage(startedCpu);
  const taken = { ms: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
  await service.stop();
  await loop;
  await bus.close();
  return taken;
}

interface Taken {
  readonly ms: number;
  /** Of this process: what it would take on a core of its own, if the server kept up. */
  readonly cpuMs: number;
}

async function medianOf(measure: () => Promise<Taken>): Promise<Taken> {
  const taken: Taken[] = [];
  for (let run = 0; run < RUNS; run++) taken.push(await measure());
  return { ms: median(taken.map(({ ms }) => ms)), cpuMs: median(taken.map(({ cpuMs }) => cpuMs)) };
}

const folder = mkdtempSync(join(tmpdir(), "bourse-bench-"));
const binary = findNatsBinary(process.env["NATS_SERVER_BIN"] ?? null, process.env["PATH"] ?? "");
const nats = await startNats({ folder, port: await freePort(), logFile: join(folder, "nats.log"), binary });
try {
  const bus = await connectBus(nats.url, { name: "bench", log });
  await bus.ensureStreams(1);
  const store = new SnapshotStore(bus);
  const isReady = (service: BenchService) => Promise.resolve(service.isReady());
  const snapshotAt = commands - Number(values.after);
  await fillLog(bus, 0, snapshotAt);
  const first = await runEngine(nats.url, { everyCommands: snapshotAt, everyMs: 1e9 }, async () =>
    (await store.list(ASSET)).some(({ isWhole }) => isWhole),
  );
  await fillLog(bus, snapshotAt, commands);
  await runEngine(nats.url, NEVER, async () => {
    const last = await bus.lastMessage("EXECUTIONS", `executions.${ASSET}`);
    return last !== null && decodeExecutionRows(last.data).throughCommand >= commands;
  });
  const snapshot = await medianOf(() => runEngine(nats.url, NEVER, isReady));
  for (const stored of await store.list(ASSET)) await store.remove(stored);
  const replay = await medianOf(() => runEngine(nats.url, NEVER, isReady));
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
    const [ms, after] = [median(times.map((time) => time.ms)), median(times.map((time) => time.afterLeaseMs))];
    console.log(`| ${standsBy ? "with" : "without"} a standby | ${ms.toFixed(0)} | ${after.toFixed(0)} |`);
  }
  await bus.close();
} finally {
  await nats.process.stop(5_000);
  rmSync(folder, { recursive: true, force: true });
}
