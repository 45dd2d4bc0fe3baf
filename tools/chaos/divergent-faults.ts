/** An engine that decides otherwise than the one before it. */

import { join } from "node:path";
import { SnapshotStore } from "../../src/matching-engine/snapshot-store.js";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { type Fault, NotAsPromised } from "./fault.js";
import { HALTS_WITHIN_MS, untilHalted } from "./halted-assets.js";
import type { World } from "./world.js";

const DIVERGENT_ENGINE = join(projectRoot, "tools", "chaos", "divergent-engine.mjs");

export const divergentEngine: Fault = {
  name: "divergent-engine",
  how: "matching-engine starts again with another rule in one asset, and later the right one",
  meanwhile: "that asset is halted, with an alarm; nothing that differs is published",
  measure: "report",
  recoversWithinMs: 60_000,
  lastsMs: 5_000,
  mayEnd: /^matching-engine: .*"level":60.*is halted/,
  inject: async (world, random) => {
    const assets = [...world.registry.assets.keys()];
    const asset = assets[random(assets.length)] as string;
    const engine = world.process("matching-engine");
    await engine.stop();
    await deleteSnapshots(world, asset);
    const before = await lastOutput(world, asset);
    world.load.recovery.mark();
    engine.startAgain({ NODE_OPTIONS: `--import=${DIVERGENT_ENGINE}`, CHAOS_DIVERGENT_ASSET: asset });
    try {
      await untilHalted(world, "matching-engine", asset);
      await world.load.recovery.complete("report", HALTS_WITHIN_MS, new Set([asset]));
      const after = await lastOutput(world, asset);
      if (after !== before) throw new NotAsPromised(`a divergent engine published events of ${asset}`);
    } finally {
      await engine.stop();
      engine.startAgain();
      world.load.recovery.mark();
    }
  },
};

/** The engine then replays from the first command: what its rule decided before is there to be compared. */
async function deleteSnapshots({ bus }: World, asset: string): Promise<void> {
  for (const { subject } of await new SnapshotStore(bus).list(asset)) await bus.purge("SNAPSHOTS", subject);
}

async function lastOutput({ bus }: World, asset: string): Promise<number> {
  return (await bus.lastMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset)))?.streamSequence ?? 0;
}
