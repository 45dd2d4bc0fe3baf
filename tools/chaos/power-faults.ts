/** A power cut: what was not synced to disk is gone. ORDERS and Postgres are synced; streams that can be rebuilt are not. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { STREAMS, type StreamName } from "../../src/shared/bus/subjects.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import type { Fault } from "./fault.js";
import type { World } from "./world.js";

const UNSYNCED = (Object.keys(STREAMS) as StreamName[]).filter((name) => "canBeRebuilt" in STREAMS[name]);

/** The disk holds these streams as they were `lostMs` before the cut, and everything else as it was acknowledged. */
function powerCut(lostMs: number): Fault {
  return {
    name: "power-cut",
    how: `the power goes: everything dies at once, and of ${UNSYNCED.join(" and ")} the last ${lostMs / 1000} s are gone`,
    meanwhile: "connections break",
    measure: "ack",
    recoversWithinMs: 60_000,
    lastsMs: lostMs + 2_000,
    longTimes: 5,
    inject: async (world) => {
      const synced = copyOf(world);
      await pausedFor(lostMs);
      world.load.recovery.mark();
      for (const process of world.processes) process.kill9();
      await Promise.all([world.nats.end(), world.postgres.end()]);
      synced.restore();
      await Promise.all([world.nats.start(), world.postgres.start()]);
    },
  };
}

/** What is on the disk now of the streams that are not synced. The server stands still while it is copied. */
function copyOf({ nats, folder }: World): { restore(): void } {
  const streams = join(folder, "nats", "jetstream", "jetstream", "$G", "streams");
  const copy = join(folder, "synced-streams");
  nats.freeze();
  for (const name of UNSYNCED) cpSync(join(streams, name), join(copy, name), { recursive: true });
  nats.thaw();
  return {
    restore() {
      for (const name of UNSYNCED) {
        rmSync(join(streams, name), { recursive: true });
        cpSync(join(copy, name), join(streams, name), { recursive: true });
      }
      rmSync(copy, { recursive: true });
    },
  };
}

export const POWER_FAULTS: readonly Fault[] = [powerCut(5_000)];

export const SHORT_POWER_FAULTS: readonly Fault[] = [powerCut(1_000)];
