import { freePort, listenProblem } from "../../src/launcher/free-port.js";
import { SERVICES } from "../../src/shared/process/services.js";

/** Ports for a pipeline of its own, as settings of its environment. */
export async function ownPorts() {
  return {
    ORDER_HANDLER_PORT: String(await freePort()),
    NOTIFIER_PORT: String(await freePort()),
    ADMIN_PORT_BASE: String(await freePortsInARow(SERVICES.length)),
  };
}

/** The first of them. */
async function freePortsInARow(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const problems = await Promise.all(Array.from({ length: count }, (_, place) => listenProblem(first + place)));
    if (problems.every((problem) => problem === null)) return first;
  }
}
