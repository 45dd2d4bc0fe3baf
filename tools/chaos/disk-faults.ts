/** Disks that are full, or gone. */

import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pausedFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { type Fault, GROWTH_MAX_MB } from "./fault.js";
import { NotRecovered } from "./recovery.js";
import { refusal } from "./refusal.js";
import { smallDiskObstacle } from "./small-disk.js";
import type { World } from "./world.js";

const ALARM_WITHIN_MS = 15_000;
const SETTLE_MS = 500;
/** What was acknowledged is not processed for so long, and a while for the refusal. */
const BUSY_AFTER_MS = 20_000;

/** The order-handler must say in /readyz what is the matter. */
async function alarm(world: World, text: RegExp): Promise<void> {
  const startedMs = performance.now();
  let said = "";
  while (!text.test(said)) {
    if (performance.now() - startedMs > patience(ALARM_WITHIN_MS))
      throw new NotRecovered(`order-handler did not say ${text} within ${ALARM_WITHIN_MS} ms, but ${said}`);
    await pausedFor(100);
    said = await world.process("order-handler").readiness();
  }
}

const natsDiskFull = (forMs: number): Fault => ({
  name: "nats-disk-full",
  how: `nats-server's disk is full (tmpfs) for ${forMs / 1000} s, then has space again, and nats-server is started again`,
  meanwhile: "BUSY; UNKNOWN_OUTCOME to what was under way; an alarm",
  measure: "ack",
  recoversWithinMs: 60_000,
  lastsMs: forMs,
  growthMaxMb: GROWTH_MAX_MB,
  smallDisk: "nats",
  obstacle: smallDiskObstacle,
  mayRefuse: ["BUSY", "UNKNOWN_OUTCOME", "UNAVAILABLE"],
  mustRefuse: "BUSY",
  inject: async (world) => {
    world.smallDisk.fill();
    await Promise.all([
      pausedFor(forMs),
      alarm(world, /ORDERS: publishes time out .* free space, then restart nats-server/),
      refusal(world, "BUSY"),
    ]);
    world.smallDisk.free();
    await world.nats.end();
    await world.nats.start();
    world.load.recovery.mark();
  },
});

const natsDiskLost = (forMs: number): Fault => ({
  name: "nats-disk-lost",
  how: `nats-server comes back without its data; ${forMs / 1000} s later with it`,
  meanwhile: "UNAVAILABLE, UNKNOWN_OUTCOME; an alarm",
  measure: "ack",
  recoversWithinMs: 60_000,
  lastsMs: forMs,
  growthMaxMb: GROWTH_MAX_MB,
  mayRefuse: ["UNKNOWN_OUTCOME", "UNAVAILABLE"],
  inject: async (world) => {
    const data = join(world.folderOf("nats"), "jetstream");
    await world.nats.end();
    renameSync(data, `${data}.kept`);
    await world.nats.start();
    await pausedFor(SETTLE_MS); // what was answered before is read by then
    const { acknowledged } = world.load.attempts;
    await Promise.all([
      pausedFor(forMs),
      alarm(world, /ORDERS: the stream is not there any more: nats-server lost its disk/),
    ]);
    if (world.load.attempts.acknowledged > acknowledged)
      throw new NotRecovered(
        `${world.load.attempts.acknowledged - acknowledged} requests were acknowledged without a log`,
      );
    await world.nats.end();
    rmSync(data, { recursive: true });
    renameSync(`${data}.kept`, data);
    await world.nats.start();
    world.load.recovery.mark();
  },
});

const postgresDiskFull = (forMs: number): Fault => ({
  name: "postgres-disk-full",
  how: `Postgres' disk is full (tmpfs) for ${forMs / 1000} s, then has space again; Postgres is started again where it ended for that`,
  meanwhile: "acknowledgements go on for 15 s, then BUSY; reports wait",
  measure: "report",
  recoversWithinMs: 60_000,
  lastsMs: forMs,
  growthMaxMb: GROWTH_MAX_MB,
  catchUpMin: 2,
  smallDisk: "postgres",
  obstacle: smallDiskObstacle,
  mayRefuse: ["BUSY"],
  ...(forMs > BUSY_AFTER_MS && { mustRefuse: "BUSY" as const }),
  inject: async (world) => {
    world.smallDisk.fill();
    await pausedFor(forMs);
    world.smallDisk.free();
    await world.postgres.startAgain();
    world.load.recovery.mark();
  },
});

export const DISK_FAULTS: readonly Fault[] = [natsDiskFull(10_000), natsDiskLost(10_000), postgresDiskFull(25_000)];

export const SHORT_DISK_FAULTS: readonly Fault[] = [natsDiskLost(1_000), natsDiskFull(5_000), postgresDiskFull(3_000)];
