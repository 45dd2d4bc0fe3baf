/**
 * All services in the order of the pipeline, then those that came later: reconciliation, the gateway, which is a second door, and
 * the operators' desk.
 * Their places give the default admin ports.
 */
export const SERVICES = [
  "order-handler",
  "order-processing",
  "matching-engine",
  "trade-processing",
  "market-data-notifier",
  "reconciliation",
  "gateway",
  "back-office",
] as const;
/** Beside the pipeline, which the one only looks at, and the other trades with; started where settings ask for them. */
export const TRACE_EXPORT = "trace-export";
export const BOTS = "bots";
export const BESIDE = [TRACE_EXPORT, BOTS] as const;
export type ServiceName = (typeof SERVICES)[number] | (typeof BESIDE)[number];

export const ADMIN_PORT_BASE = 9101;

/** Where it stands among the admin ports: in the order of SERVICES, and after them. */
export function placeOf(service: ServiceName): number {
  return [...SERVICES, ...BESIDE].indexOf(service);
}
