/** Faults of the chaos run as tests: each once, under a light load, in a world that is exact when it begins. */
import { expect } from "chai";
import type { Fault } from "../../tools/chaos/fault.js";
import type { RunOptions } from "../../tools/chaos/fault-run.js";
import { inSharedWorlds, Worlds } from "../../tools/chaos/worlds.js";
import { build } from "../../tools/load/own-pipeline.js";

export const SEED = 1;
/** What `npm test` does: one of a process, one of the network; all others: chaos*.long.test.ts. */
export const AT_EACH_CHANGE = ["window-matching-engine-after-publish", "nats-black-hole"];
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

export function itIsExactAfterEachOf(faults: readonly Fault[]): void {
  // Waiting for what careful clients leave behind takes seconds: gone-clients.long.test.ts does it once.
  const worlds = new Worlds({ withCarefulClients: false });
  before(() => build());
  after(() => worlds.close());
  for (const fault of inSharedWorlds(faults)) itIsExactAfter(fault, worlds);
}
