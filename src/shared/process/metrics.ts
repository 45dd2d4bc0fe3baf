import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** How often the event loop is sampled; the library's default of 10 ms wakes an idle process a hundred times a second. */
const EVENT_LOOP_SAMPLE_MS = 200;

/** A service's Prometheus metrics, with the prefix bourse_. Times are in seconds, as is usual there. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(service: string) {
    this.#registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS });
  }

  counter<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name: `bourse_${name}`, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name: `bourse_${name}`, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ): Histogram<Label> {
    const options = { name: `bourse_${name}`, help, buckets: [...buckets], labelNames: [...labelNames] };
    return new Histogram({ ...options, registers: [this.#registry] });
  }

  /** All metrics, in the Prometheus text format. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }
}

/** Buckets for latencies of this pipeline, in seconds: 0.25 ms … 10 s. */
export const LATENCY_BUCKETS_S = [
  0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
