/** Two servers of Postgres, of which the first dies. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../src/shared/process/project-root.js";
import type { Fault } from "./fault.js";
import type { World } from "./world.js";

/** As an operator does it. */
async function promote({ databaseUrl }: World): Promise<void> {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  await promisify(execFile)(process.execPath, [join(projectRoot, "dist", "operator", "main.js"), "promote"], { env });
}

const lostPrimary: Fault = {
  name: "lose-postgres",
  how: "kill -9 of the primary Postgres, whose synchronous standby is promoted at once (`npm run promote`)",
  meanwhile: "acknowledgements go on for 15 s, then BUSY; reports wait",
  measure: "report",
  recoversWithinMs: 60_000,
  limit: { of: "all", p99Ms: 15_000 },
  lastsMs: 6_000,
  longTimes: 20,
  hasStandby: true,
  inject: async (world) => {
    await world.pair.beWhole();
    await world.pair.primary.process.kill();
    world.load.recovery.mark();
    await promote(world);
    world.pair.promoted();
  },
};

export const STANDBY_FAULTS: readonly Fault[] = [lostPrimary];
