/** Services that are replaced one after the other, as an operator upgrades them. */
import { SERVICES, type ServiceName } from "../../src/shared/process/services.js";
import type { Fault } from "./fault.js";

/** A second process of each of these services is started, and the first is told to stop when that one is ready. */
function replacementOf(services: readonly ServiceName[], about: Pick<Fault, "name" | "how">): Fault {
  return {
    ...about,
    meanwhile: "nothing is refused; clients and subscribers connect again",
    measure: "report",
    recoversWithinMs: 60_000,
    lastsMs: 3_000 * services.length,
    longTimes: 10,
    holdsPorts: true,
    mayRefuse: [],
    gapMaxMs: 2_000,
    reportGapMaxMs: 2_000,
    inject: async (world) => {
      for (const service of services) await world.replace(service);
      world.load.recovery.mark();
    },
  };
}

/** Each of these opens a port of its own: a second one stands beside the first behind a load balancer, with another. */
const OPEN_PORTS: readonly ServiceName[] = ["gateway", "back-office"];

export const ROLLING_FAULTS: readonly Fault[] = SERVICES.filter((service) => !OPEN_PORTS.includes(service)).map(
  (service) =>
    replacementOf([service], { name: `replace-${service}`, how: `${service} hands over to a second process of it` }),
);

/** Who reads before who writes. */
export const SHORT_ROLLING_FAULTS: readonly Fault[] = [
  replacementOf(["matching-engine", "order-handler"], {
    name: "replace-some",
    how: "the matching-engine, then the order-handler, hands over to a second process of it",
  }),
];
