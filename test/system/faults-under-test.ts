/** Faults of the chaos run as tests: each once, under a light load, in a world that is exact when it begins. */
import { expect } from "chai";
import type { Fault } from "../../tools/chaos/fault.js";
import type { RunOptions } from "../../tools/chaos/fault-run.js";
import type { Worlds } from "../../tools/chaos/worlds.js";

export const SEED = 1;
export const OPTIONS: RunOptions = { times: 1, ratePerSecond: 150, seed: SEED, warmUpMs: 0, tell: () => {} };

export function itIsExactAfter(fault: Fault, worlds: Worlds): void {
  const obstacle = fault.obstacle?.() ?? null;
  if (obstacle !== null) console.warn(`not tested here: ${fault.name}, ${obstacle}`);
  else
    it(`is exact after ${fault.how}`, async () => {
      const { differences, exceeded } = await worlds.run(fault, OPTIONS);
      expect([...differences, ...exceeded]).to.deep.equal([], `seed ${SEED}`);
    });
}
