/** All services in the order of the pipeline, reconciliation last. Their places give the default admin ports. */
export const SERVICES = [
  "order-handler",
  "order-processing",
  "matching-engine",
  "trade-processing",
  "market-data-notifier",
  "reconciliation",
] as const;
export type ServiceName = (typeof SERVICES)[number];

export const ADMIN_PORT_BASE = 9101;
