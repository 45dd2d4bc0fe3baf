/** A process whose clock is wrong. */

import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { SERVICES, type ServiceName } from "../../src/shared/process/services.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import type { Fault } from "./fault.js";

const HOUR_MS = 3_600_000;
const SHIFTED_CLOCK = join(projectRoot, "tools", "chaos", "shifted-clock.mjs");
const STEPPING_CLOCK = join(projectRoot, "tools", "chaos", "stepping-clock.mjs");
const WRONG_FOR_MS = 3_000;
/** Less than orders about to expire are waited for. */
const STEP_MS = 5_000;

function wrongClock(service: ServiceName, forMs: number): Fault {
  return {
    name: `clock-${service}`,
    how: `${service} starts again with a clock that is an hour ahead, or behind, and then with the right one`,
    meanwhile: "orders with an expiry may be refused, or expire at once, or late",
    measure: service === "order-handler" ? "ack" : "report",
    recoversWithinMs: 60_000,
    lastsMs: forMs,
    inject: async (world, random) => {
      const process = world.process(service);
      const shiftMs = random(2) === 0 ? HOUR_MS : -HOUR_MS;
      await process.stop();
      process.startAgain({ NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`, CHAOS_CLOCK_SHIFT_MS: String(shiftMs) });
      await process.ready();
      await pausedFor(forMs);
      await process.stop();
      process.startAgain();
      world.load.recovery.mark();
    },
  };
}

/** Every service's at once, as the system's does: its messages, not its start, say so. */
function steppingClock(stepMs: number, forMs: number): Fault {
  return {
    name: "clock-steps",
    how: `the clock of all services steps by ${stepMs / 1000} s, ahead or back, and ${forMs / 1000} s later back again`,
    meanwhile: "orders with an expiry may be refused, or expire at once, or late",
    measure: "report",
    recoversWithinMs: 60_000,
    lastsMs: forMs,
    settings: { NODE_OPTIONS: `--import=${STEPPING_CLOCK}` },
    inject: async (world, random) => {
      const step = (clockStepMs: number) => {
        for (const process of world.processes) process.tell({ clockStepMs });
      };
      const aheadMs = random(2) === 0 ? stepMs : -stepMs;
      step(aheadMs);
      await pausedFor(forMs);
      step(-aheadMs);
      world.load.recovery.mark();
    },
  };
}

export const CLOCK_FAULTS: readonly Fault[] = [
  ...SERVICES.map((service) => wrongClock(service, WRONG_FOR_MS)),
  steppingClock(STEP_MS, WRONG_FOR_MS),
];

export const SHORT_CLOCK_FAULTS: readonly Fault[] = [wrongClock("order-processing", 500)];
/** In a world whose clocks can step. */
export const SHORT_STEP_FAULTS: readonly Fault[] = [steppingClock(STEP_MS, 1_000)];
