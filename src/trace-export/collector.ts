/** The OTLP collector that spans go to, over HTTP. */
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { beforeDeadline } from "../shared/process/waits.js";

/** For all tries that the exporter makes with a batch. */
const EXPORT_TIMEOUT_MS = 5_000;
const DEADLINE_MS = EXPORT_TIMEOUT_MS + 1_000;

export class Collector {
  readonly #exporter: OTLPTraceExporter;

  /** `url`: where traces are posted. Headers, such as a token, are those of OTEL_EXPORTER_OTLP_HEADERS. */
  constructor(url: string) {
    this.#exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS });
  }

  /** Rejects, with why, if the collector has not taken them before the deadline; they are not kept. */
  async send(spans: ReadableSpan[]): Promise<void> {
    const sent = new Promise<void>((resolve, reject) => {
      this.#exporter.export(spans, ({ code, error }) => {
        if (code === 0) resolve();
        else reject(error ?? new Error("the collector did not take the spans"));
      });
    });
    await beforeDeadline(sent, DEADLINE_MS, "no answer of the collector");
  }

  async close(): Promise<void> {
    await beforeDeadline(this.#exporter.shutdown(), DEADLINE_MS).catch(() => undefined);
  }
}
