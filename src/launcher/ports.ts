import { ConfigurationError } from "../shared/domain/errors.js";
import type { LauncherConfig } from "./config.js";
import { listenProblem } from "./free-port.js";
import { adminPort, furtherPlaces, servicesOf } from "./service-process.js";

/** Without the Rust Crypto Exchange's port where somebody has it and nobody asked for it here: a second pipeline starts, too. */
export async function withFreePorts(config: LauncherConfig): Promise<LauncherConfig> {
  const { environment, rustExchangeWsPort: port, gateway } = config;
  const isAsked = (environment["GATEWAY_RUST_EXCHANGE_WS_PORT"] ?? "") !== "";
  const isTaken = !isAsked && port !== 0 && (await listenProblem(port, gateway.host)) !== null;
  const chosen = isTaken ? Object.freeze({ ...config, rustExchangeWsPort: 0 }) : config;
  await assertPortsFree(chosen);
  return chosen;
}

/** Throws a ConfigurationError that names each port that is taken, and the variable that moves it. */
async function assertPortsFree(config: LauncherConfig): Promise<void> {
  const needed = [
    { ...config.orderHandler, variable: "ORDER_HANDLER_PORT" },
    { ...config.notifier, variable: "NOTIFIER_PORT" },
    { ...config.gateway, variable: "GATEWAY_PORT" },
    { ...config.backOffice, variable: "BACK_OFFICE_PORT" },
    { host: config.gateway.host, port: config.grpcPort, variable: "GRPC_PORT" },
    ...(config.rustExchangeWsPort === 0
      ? []
      : [{ host: config.gateway.host, port: config.rustExchangeWsPort, variable: "GATEWAY_RUST_EXCHANGE_WS_PORT" }]),
    ...[
      ...servicesOf(config).map((service) => adminPort(config, service)),
      ...furtherPlaces(config).map((place) => adminPort(config, "market-data-notifier", place)),
    ].map((port) => ({ host: config.adminHost, port, variable: "ADMIN_PORT_BASE" })),
  ];
  const problems = new Map<string, string>();
  for (const { host, port, variable } of needed) {
    const twin = needed.find((other) => other.port === port)?.variable;
    if (twin !== variable) problems.set(variable, `it leads to port ${port}, as ${twin} does`);
    const problem = await listenProblem(port, host);
    if (problem === "EADDRINUSE") problems.set(variable, `port ${port} is in use`);
    else if (problem !== null) problems.set(variable, `${host}:${port} can't be listened on (${problem})`);
  }
  if (problems.size === 0) return;
  const lines = [...problems].map(([variable, problem]) => `set ${variable} to another value: ${problem}`);
  throw new ConfigurationError(lines.join("; "));
}
