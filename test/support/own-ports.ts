import { freePort, listenProblem } from "../../src/launcher/free-port.js";
import { BESIDE, SERVICES } from "../../src/shared/process/services.js";

/** One more than there are programs: for a second notifier. */
const ADMIN_PORTS = SERVICES.length + BESIDE.length + 1;

/** Ports for a pipeline of its own, as settings of its environment: each is free, and none is another's. */
export async function ownPorts() {
  const adminPorts = await freePortsInARow(ADMIN_PORTS);
  const taken = (port: number) => port >= adminPorts && port < adminPorts + ADMIN_PORTS;
  const ports = new Set<number>();
  while (ports.size < 6) {
    const port = await freePort();
    if (!taken(port)) ports.add(port);
  }
  const [orderHandler, notifier, gateway, grpc, rustExchange, backOffice] = ports;
  return {
    ORDER_HANDLER_PORT: String(orderHandler),
    NOTIFIER_PORT: String(notifier),
    GATEWAY_PORT: String(gateway),
    GRPC_PORT: String(grpc),
    GATEWAY_RUST_EXCHANGE_WS_PORT: String(rustExchange),
    BACK_OFFICE_PORT: String(backOffice),
    ADMIN_PORT_BASE: String(adminPorts),
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
