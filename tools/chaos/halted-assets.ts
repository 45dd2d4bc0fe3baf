import type { ServiceName } from "../../src/shared/process/services.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { NotAsPromised } from "./fault.js";
import type { World } from "./world.js";

/** From when it has what it halts at. */
export const HALTS_WITHIN_MS = 30_000;
const LOOK_MS = 50;

/** Until the service's metric says so of the asset, and of no other. */
export async function untilHalted(world: World, service: ServiceName, asset: string): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    const metrics = await world
      .process(service)
      .metrics()
      .catch(() => ""); // it is starting
    const halted = [...metrics.matchAll(/^bourse_stage_halted\{.*asset="([^"]+)".*\} 1$/gm)].map(([, name]) => name);
    if (halted.includes(asset) && halted.length === 1) return;
    if (halted.length > 1 || performance.now() - startedMs > patience(HALTS_WITHIN_MS))
      throw new NotAsPromised(`${service} halted ${halted.join(", ") || "nothing"}, and should have halted ${asset}`);
    await pausedFor(LOOK_MS);
  }
}
