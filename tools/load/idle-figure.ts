/** What a pipeline takes of the machine while nobody asks it for anything. */
import { connectDatabase } from "../../src/shared/database/database.js";
import { createLogger } from "../../src/shared/process/log.js";
import { pausedFor, waitFor } from "../../src/shared/process/waits.js";
import { cpuBetween, readCpu } from "./cpu.js";
import { calmDown, type Figure, type Sample } from "./figure.js";
import { cpuGroups, LOAD_GENERATOR } from "./measured-run.js";
import type { Target } from "./target.js";

const IDLE_SECONDS = 30;
/** Of the parts that a service makes once a day for the days to come, the last one; a start makes them all, a minute later. */
const DAYS_MADE = "select 1 from history_days where day >= (now() at time zone 'UTC')::date + 21";
const DAYS_MADE_WITHIN = { deadlineMs: 180_000, everyMs: 1_000 };

export const idleFigure: Figure = {
  name: "idle",
  bounds: [{ name: "CPU, all processes", unit: "% of a core", needed: 3, aim: 1.5 }],
  run: idleRun,
};

async function idleRun(target: Target): Promise<Sample> {
  await daysMade(target.databaseUrl ?? "");
  await calmDown();
  const groups = cpuGroups(target).filter(({ name }) => name !== LOAD_GENERATOR);
  const before = readCpu(groups);
  await pausedFor(IDLE_SECONDS * 1_000);
  const { use } = cpuBetween(before, readCpu(groups));
  return { values: [use.reduce((sum, { cores }) => sum + cores, 0) * 100], broken: [] };
}

/** What comes once after a start is over. */
async function daysMade(databaseUrl: string): Promise<void> {
  const log = createLogger("idle", "silent");
  const database = await connectDatabase(databaseUrl, { applicationName: "idle", log, poolMax: 1 });
  try {
    await waitFor("the coming days' parts", DAYS_MADE_WITHIN, async () => {
      const [row] = await database.query(DAYS_MADE);
      return row ?? null;
    });
  } finally {
    await database.close();
  }
}
