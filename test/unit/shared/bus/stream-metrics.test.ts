import { expect } from "chai";
import { reportStreams } from "../../../../src/shared/bus/stream-metrics.js";
import { type StreamUsage, usageIn } from "../../../../src/shared/bus/stream-usage.js";
import type { StreamName } from "../../../../src/shared/bus/subjects.js";
import { Metrics } from "../../../../src/shared/process/metrics.js";

type Info = Parameters<typeof usageIn>[0];

const ORDERS = {
  config: { name: "ORDERS", max_bytes: 1_000 },
  state: { messages: 7, bytes: 640 },
  cluster: { leader: "nats-1", replicas: [{ name: "nats-2", current: false, active: 0, lag: 12 }] },
} as unknown as Info;

describe("the metrics of streams", () => {
  let isConnected = true;
  const answering = new Set<StreamName>(["ORDERS"]);
  const bus = {
    isConnected: () => isConnected,
    streamUsage: async (stream: StreamName): Promise<StreamUsage> => {
      if (!answering.has(stream)) throw new Error("no answer");
      return usageIn(ORDERS);
    },
  };
  const linesOf = async (metrics: Metrics) =>
    (await metrics.text()).split("\n").flatMap((line) => /^bourse_(stream_\w+\{.*)/.exec(line)?.[1] ?? []);

  it("are bytes against their limit, messages, and how far each replica is behind", async () => {
    const metrics = new Metrics("reconciliation");
    reportStreams(metrics, bus);
    expect(await linesOf(metrics)).to.deep.equal([
      'stream_bytes{stream="ORDERS",service="reconciliation"} 640',
      'stream_limit_bytes{stream="ORDERS",service="reconciliation"} 1000',
      'stream_messages{stream="ORDERS",service="reconciliation"} 7',
      'stream_replica_lag_operations{stream="ORDERS",server="nats-2",service="reconciliation"} 12',
      'stream_replica_current{stream="ORDERS",server="nats-2",service="reconciliation"} 0',
    ]);
  });

  it("show nothing old of a stream that does not answer, or of a server that is away", async () => {
    const metrics = new Metrics("reconciliation");
    reportStreams(metrics, bus);
    await metrics.text();
    answering.clear();
    expect(await linesOf(metrics)).to.deep.equal([]);
    answering.add("ORDERS");
    isConnected = false;
    expect(await linesOf(metrics)).to.deep.equal([]);
  });
});
