/** Reads how full all streams are, for metrics and the status. */

import type { Metrics } from "../process/metrics.js";
import type { Bus } from "./bus.js";
import type { StreamUsage } from "./stream-usage.js";
import { STREAMS, type StreamName } from "./subjects.js";

/** Reads all streams at once; those that don't answer are left out. */
export async function readStreamUsage(bus: Pick<Bus, "isConnected" | "streamUsage">): Promise<StreamUsage[]> {
  if (!bus.isConnected()) return [];
  const asked = (Object.keys(STREAMS) as StreamName[]).map((stream) => bus.streamUsage(stream));
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
}

/** Shows the usage of all streams; one process of the pipeline does so for all. */
export function reportStreams(metrics: Metrics, bus: Pick<Bus, "isConnected" | "streamUsage">): void {
  const bytes = metrics.gauge("stream_bytes", "Bytes of the stream's messages", ["stream"]);
  const limit = metrics.gauge("stream_limit_bytes", "Bytes at which the stream is full", ["stream"]);
  const messages = metrics.gauge("stream_messages", "Messages in the stream", ["stream"]);
  const behind = metrics.gauge("stream_replica_lag_operations", "What a replica has not got yet", ["stream", "server"]);
  const current = metrics.gauge("stream_replica_current", "0: the replica is away or out of step", [
    "stream",
    "server",
  ]);
  metrics.onScrape(async () => {
    const streams = await readStreamUsage(bus);
    for (const gauge of [bytes, limit, messages, behind, current]) gauge.reset();
    for (const { stream, replicas, ...usage } of streams) {
      bytes.set({ stream }, usage.bytes);
      limit.set({ stream }, usage.bytesMax);
      messages.set({ stream }, usage.messages);
      for (const { server, ...replica } of replicas) {
        behind.set({ stream, server }, replica.behind);
        current.set({ stream, server }, replica.isCurrent ? 1 : 0);
      }
    }
  });
}
