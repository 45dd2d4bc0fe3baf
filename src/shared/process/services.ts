/**
 * All services in the order of the pipeline, then those that came later: reconciliation, and the gateway, which is a second door.
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
] as const;
/** Beside the pipeline, which it only looks at; it is started where its settings ask for it. Its usual place is after all others. */
export const TRACE_EXPORT = "trace-export";
export type ServiceName = (typeof SERVICES)[number] | typeof TRACE_EXPORT;

export const ADMIN_PORT_BASE = 9101;

/** Where it stands among the admin ports: in the order of SERVICES, and after them. */
export function placeOf(service: ServiceName): number {
  return service === TRACE_EXPORT ? SERVICES.length : SERVICES.indexOf(service);
}
