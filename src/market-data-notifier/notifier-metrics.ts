import { LATENCY_BUCKETS_S, type Metrics } from "../shared/process/metrics.js";

export type NotifierMetrics = ReturnType<typeof notifierMetrics>;

export function notifierMetrics(metrics: Metrics) {
  return {
    connections: metrics.gauge("notifier_connections", "Clients that are connected"),
    subscriptions: metrics.gauge("notifier_subscriptions", "Subscriptions", ["channel"]),
    packets: metrics.counter("notifier_packets_total", "Packets sent, over all connections"),
    bytes: metrics.counter("notifier_bytes_total", "Bytes sent in packets, over all connections"),
    lag: metrics.histogram("notifier_lag_seconds", "From the match to the packet that tells it", LATENCY_BUCKETS_S, [
      "channel",
    ]),
    catchUps: metrics.gauge("notifier_catch_ups", "Subscribers of orders that read from the database now"),
    gapsFilled: metrics.counter("notifier_gaps_filled_total", "Holes in a sequence that were read from the database"),
    keptBytes: metrics.gauge("notifier_kept_bytes", "What is kept in memory for subscribers", ["what"]),
    lagged: metrics.counter("notifier_lagged_total", "Subscribers that were cut off", ["reason"]),
  };
}
