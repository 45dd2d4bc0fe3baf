/** In pipeline order, and who checks on it last; the place decides the default admin port. */
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
