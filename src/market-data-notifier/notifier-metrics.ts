import { channelMetrics } from "../shared/channels/channel-metrics.js";
import { LAGGED_REASONS } from "../shared/channels/listener.js";
import type { Metrics } from "../shared/process/metrics.js";

export type NotifierMetrics = ReturnType<typeof notifierMetrics>;

export function notifierMetrics(metrics: Metrics) {
  const lagged = metrics.counter("notifier_lagged_total", "Subscribers that were cut off", ["reason"]);
  // At 0 from the beginning: a counter that is first seen when many were cut at once has not grown.
  for (const reason of LAGGED_REASONS) lagged.inc({ reason }, 0);
  return {
    ...channelMetrics(metrics, "notifier"),
    connections: metrics.gauge("notifier_connections", "Clients that are connected"),
    packets: metrics.counter("notifier_packets_total", "Packets sent, over all connections"),
    bytes: metrics.counter("notifier_bytes_total", "Bytes sent in packets, over all connections"),
    lagged,
  };
}
