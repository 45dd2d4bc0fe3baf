/** Postgres goes back to an earlier moment, the streams follow it, and what is later is replayed from ORDERS. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { type Fault, NotAsPromised } from "./fault.js";
import { FREQUENT_SNAPSHOTS } from "./snapshot-faults.js";
import type { World } from "./world.js";

interface Made {
  readonly finishedAt: string;
}

const PROGRAM = join(projectRoot, "dist", "backup", "main.js");
const LIVES_MS = { min: 1_000, spread: 4_000 };
/** A restore is killed within so long of its start, and run again. */
const KILLED_WITHIN_MS = 6_000;

/** The one backup of a world: every injection goes back to some moment after it, also of a history that was left before. */
const made = new WeakMap<World, Made>();

function program(world: World, args: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
  const { NATS_URL: _, DATABASE_URL: __, BACKUP_DIR: ___, ...inherited } = process.env;
  return spawn(process.execPath, ["--enable-source-maps", PROGRAM, ...args, "--json"], {
    env: { ...inherited, DATA_DIR: world.folder, ASSETS_FILE: world.assetsFile, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run<T>(world: World, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<T> {
  const child = program(world, args, environment);
  const [out, problem, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream & AsyncIterable<Uint8Array>),
    text(child.stderr as NodeJS.ReadableStream & AsyncIterable<Uint8Array>),
    once(child, "exit"),
  ]);
  if (code !== 0) throw new NotAsPromised(`${args.join(" ")} ended with ${code}: ${problem}`);
  return JSON.parse(out) as T;
}

/** Beside whatever goes on. */
export function makeBackup(world: World): Promise<Made> {
  return run(world, ["backup"], { DATABASE_URL: world.databaseUrl, NATS_URL: world.nats.url });
}

/** As a crash of the whole machine would. */
export async function endAll({ processes, nats, postgres }: World): Promise<void> {
  await Promise.all(processes.map((process) => process.stop()));
  await Promise.all([nats.end(), postgres.end()]);
}

/** Of a world in which nothing runs; starts it again. With `killAfterMs` the restore is killed then, and run again. */
export async function goBack(world: World, to: string, killAfterMs: number | null = null): Promise<void> {
  if (killAfterMs !== null) {
    const killed = program(world, ["restore", "--to", to], {});
    await pausedFor(killAfterMs);
    killed.kill("SIGKILL");
  }
  await run(world, ["restore", "--to", to]);
  world.load.attempts.beginAgain();
  world.load.subscribeAnew();
  await Promise.all([world.nats.start(), world.postgres.start()]);
  for (const process of world.processes) process.startAgain();
}

const restore: Fault = {
  name: "restore",
  how:
    "everything dies, Postgres goes back to a random moment since a backup that was made under load, and what is later is " +
    "replayed from ORDERS; every second restore is killed, too, and run again",
  meanwhile: "connections break; what was reported after the moment is reported anew",
  measure: "report",
  recoversWithinMs: 120_000,
  lastsMs: 60_000,
  longTimes: 10,
  goesBack: true,
  settings: FREQUENT_SNAPSHOTS,
  inject: async (world, random) => {
    const known = made.get(world);
    const { finishedAt } = known ?? (await makeBackup(world));
    made.set(world, { finishedAt });
    await pausedFor(LIVES_MS.min + random(LIVES_MS.spread));
    await endAll(world);
    const [fromMs, untilMs] = [Date.parse(finishedAt), Date.now()];
    const to = new Date(fromMs + random(untilMs - fromMs)).toISOString();
    await goBack(world, to, known !== undefined && random(2) === 0 ? random(KILLED_WITHIN_MS) : null);
    world.load.recovery.mark();
  },
};

export const RESTORE_FAULTS: readonly Fault[] = [restore];
