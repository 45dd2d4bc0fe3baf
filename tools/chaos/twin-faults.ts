/** More than one process of a service: one stands still and comes back, or two do the same work. */

import { LEASE_TIMES } from "../../src/shared/leases/lease-times.js";
import type { ServiceName } from "../../src/shared/process/services.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import type { Fault } from "./fault.js";
import type { World } from "./world.js";

/** A process that finds out that another has its work ends, and its supervisor starts it again. */
function fencedEndOf(service: ServiceName): RegExp {
  return new RegExp(`^${service} \\S+ ended with code 1$|^${service}: .*"level":60.*\\bFenced: `);
}

function frozenWithStandby(service: ServiceName, forMs: number): Fault {
  return {
    name: `freeze-${service}`,
    how: `one of two processes of ${service} stands still for ${forMs / 1000} s, the other takes over, the first comes back`,
    meanwhile: "reports of its assets wait until the other has them; the first may end and start again",
    measure: "report",
    recoversWithinMs: 60_000,
    limit: { of: "all", p99Ms: LEASE_TIMES.followedWithinMs },
    lastsMs: forMs,
    mayEnd: fencedEndOf(service),
    prepare: async (world) => (await world.add(service, "2")).ready(),
    inject: async (world, random) => {
      const [first, second] = world.of(service);
      const frozen = random(2) === 0 ? first : second;
      frozen?.freeze();
      world.load.recovery.mark();
      await pausedFor(forMs);
      frozen?.thaw();
    },
  };
}

/** Both have the same name, and so each believes that the leases are its own. */
function twinOf(service: ServiceName, forMs: number): Fault {
  return {
    name: `twin-${service}`,
    how: `a second ${service} under the same name does the same work for ${forMs / 1000} s`,
    meanwhile: "one of them ends, again and again",
    measure: "report",
    recoversWithinMs: 60_000,
    lastsMs: forMs,
    mayEnd: fencedEndOf(service),
    inject: async (world: World) => {
      const twin = await world.add(service, world.process(service).instance);
      await pausedFor(forMs);
      await world.remove(twin);
      world.load.recovery.mark();
    },
  };
}

const SHARED: readonly ServiceName[] = ["order-processing", "matching-engine", "trade-processing"];

export const TWIN_FAULTS: readonly Fault[] = [
  ...SHARED.map((service) => frozenWithStandby(service, 10_000)),
  ...SHARED.map((service) => twinOf(service, 5_000)),
];

export const SHORT_TWIN_FAULTS: readonly Fault[] = [twinOf("matching-engine", 2_000)];

/** The last of a world: it leaves a second process there. */
export const SHORT_FREEZE_FAULTS: readonly Fault[] = [
  frozenWithStandby("matching-engine", LEASE_TIMES.followedWithinMs + 1_000),
];
