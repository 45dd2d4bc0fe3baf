import { EntryMetrics } from "../shared/order-entry/entry-metrics.js";
import type { Metrics } from "../shared/process/metrics.js";
import type { Answered } from "./dialect.js";

/** The metrics of this service: those of every door, and its sessions. */
export class HandlerMetrics {
  readonly entry: EntryMetrics;
  readonly #sessions;

  constructor(metrics: Metrics) {
    this.#sessions = metrics.gauge("handler_sessions", "TCP sessions that are open");
    this.entry = new EntryMetrics(metrics);
  }

  answered({ exchange: { kind, receivedAtUs }, response }: Answered): void {
    this.entry.answered(kind);
    if (response.kind === "refused") this.entry.refused(response.name);
    else if (response.kind === "ack") this.entry.acknowledged(receivedAtUs);
  }

  sweep(sessions: number): void {
    this.#sessions.set(sessions);
  }
}
