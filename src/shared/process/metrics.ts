import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { beforeDeadline } from "./waits.js";

/** What the library shows of the event loop is its interval of sampling: event-loop-delay.ts does better. */
const WITHOUT = /^nodejs_eventloop_lag/;
/** By default the library would sample all the same, and wake an idle process a hundred times a second. */
const EVENT_LOOP_SAMPLE_MS = 3_600_000;

/** How long a look at another server may hold up a scrape: less than the ten seconds after which Prometheus gives up. */
const LOOK_DEADLINE_MS = 3_000;

/** How full a queue is, 1 is full: the whole of it, or by asset. */
type Fill = number | Iterable<readonly [asset: string, fill: number]>;

/**
 * A service's Prometheus metrics, with the prefix bourse_. Times are in seconds, as is usual there. What each one means is in the
 * catalogue of docs/operations.md, which a test compares with what services print.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #looks: (() => void | Promise<void>)[] = [];
  readonly #queues = new Map<string, () => Fill>();

  constructor(service: string) {
    this.#registry.setDefaultLabels({ service });
    const fills = this.gauge("queue_fill_ratio", "How full a queue is; 1: its limit takes effect", ["queue", "asset"]);
    this.onScrape(() => {
      fills.reset();
      for (const [queue, fill] of this.#queues)
        for (const [asset, ratio] of byAsset(fill())) fills.set({ queue, ...(asset === null ? {} : { asset }) }, ratio);
    });
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS });
    for (const { name } of this.#registry.getMetricsAsArray())
      if (WITHOUT.test(name)) this.#registry.removeSingleMetric(name);
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

  /** Shows how full a queue is; `fill` is asked at each scrape. */
  queue(name: string, fill: () => Fill): void {
    this.#queues.set(name, fill);
  }

  /** Calls `look` before each scrape, to set what is read only then. It must remove what it can't read: no value beats an old one. */
  onScrape(look: () => void | Promise<void>): void {
    this.#looks.push(look);
  }

  /** All metrics, in the Prometheus text format. A look that fails or takes too long leaves the others as they are. */
  async text(): Promise<string> {
    await Promise.allSettled(this.#looks.map((look) => beforeDeadline((async () => look())(), LOOK_DEADLINE_MS)));
    return await this.#registry.metrics();
  }
}

/** Buckets for latencies of this pipeline, in seconds: 0.25 ms … 10 s. */
export const LATENCY_BUCKETS_S = [
  0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];

function byAsset(fill: Fill): Iterable<readonly [asset: string | null, fill: number]> {
  return typeof fill === "number" ? [[null, fill]] : fill;
}
