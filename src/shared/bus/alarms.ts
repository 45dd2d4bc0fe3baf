/** Reports troubles of the bus to /readyz, metrics and the log (one line for each change). */

import type { Service } from "../process/lifecycle.js";
import type { Bus } from "./bus.js";
import type { StreamName } from "./subjects.js";
import type { Trouble } from "./write-trouble.js";

export function reportBus(service: Pick<Service, "log" | "metrics" | "readiness">, bus: Bus): void {
  const troubles = new Map<StreamName, Trouble>();
  const gauge = service.metrics.gauge(
    "stream_trouble",
    "1: the stream takes nothing until somebody acts (unwritable: free disk space and restart nats-server; gone: its disk was lost)",
    ["stream", "trouble"],
  );
  const reconnects = service.metrics.counter("nats_reconnects_total", "Times that the connection to NATS came back");
  bus.onConnectionChange((connected) => {
    if (connected) reconnects.inc();
  });
  service.readiness("nats", () => (bus.isConnected() ? null : "not connected"));
  const whatIsWrong = () => [...troubles.values()].map(({ text }) => text).join("; ");
  service.readiness("streams", () => (bus.isConnected() && troubles.size > 0 ? whatIsWrong() : null), "somebody");
  bus.onTroubleChange((stream, trouble) => {
    const before = troubles.get(stream);
    if (before !== undefined) gauge.set({ stream, trouble: before.kind }, 0);
    if (trouble === null) {
      troubles.delete(stream);
      service.log.info({ stream }, "the stream takes messages again");
    } else {
      troubles.set(stream, trouble);
      gauge.set({ stream, trouble: trouble.kind }, 1);
      service.log.error({ stream, trouble: trouble.kind }, trouble.text);
    }
  });
}
