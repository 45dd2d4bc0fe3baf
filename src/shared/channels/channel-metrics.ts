import { LATENCY_BUCKETS_S, type Metrics } from "../process/metrics.js";

export type ChannelMetrics = ReturnType<typeof channelMetrics>;

/** What the channels of a process count; `owner` begins the names: "notifier". */
export function channelMetrics(metrics: Metrics, owner: string) {
  return {
    subscriptions: metrics.gauge(`${owner}_subscriptions`, "Subscriptions", ["channel"]),
    lag: metrics.histogram(`${owner}_lag_seconds`, "From the match to the packet that tells it", LATENCY_BUCKETS_S, [
      "channel",
    ]),
    catchUps: metrics.gauge(`${owner}_catch_ups`, "Subscribers of orders that read from the database now"),
    gapsFilled: metrics.counter(`${owner}_gaps_filled_total`, "Holes in a sequence that were read from the database"),
    keptBytes: metrics.gauge(`${owner}_kept_bytes`, "What is kept in memory for subscribers", ["what"]),
  };
}
