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
export type ServiceName = (typeof SERVICES)[number];

export const ADMIN_PORT_BASE = 9101;
