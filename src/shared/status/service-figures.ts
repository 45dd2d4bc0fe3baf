/** What the status shows of a service's metrics. Pure. */
import { type Sample, samplesIn } from "./exposition.js";

export interface ServiceFigures {
  /** Since its process began; services in one process have the same. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** Samples of the event loop's delay since its process began, and their sum. */
  readonly delays: { readonly count: number; readonly seconds: number };
  /** By asset, the age of the oldest input that is not handled. */
  readonly lagSeconds: Readonly<Record<string, number>>;
  /** By asset, the orders in its book; of engines only. */
  readonly openOrders: Readonly<Record<string, number>>;
  /** Queues that are not empty, fullest first; 1 is full. */
  readonly queues: readonly { readonly queue: string; readonly asset: string | null; readonly fill: number }[];
}

export function figuresIn(metricsText: string): ServiceFigures {
  const samples = samplesIn(metricsText);
  const of = (name: string) => samples.filter((sample) => sample.name === name);
  const value = (name: string) => of(name)[0]?.value ?? 0;
  const queues = of("bourse_queue_fill_ratio").filter(({ value }) => value > 0);
  return {
    cpuSeconds: value("process_cpu_seconds_total"),
    memoryBytes: value("process_resident_memory_bytes"),
    delays: {
      count: value("bourse_event_loop_delay_seconds_count"),
      seconds: value("bourse_event_loop_delay_seconds_sum"),
    },
    lagSeconds: byAsset(of("bourse_stage_lag_seconds")),
    openOrders: byAsset(of("bourse_open_orders")),
    queues: queues
      .map(({ labels, value }) => ({ queue: labels["queue"] ?? "", asset: labels["asset"] ?? null, fill: value }))
      .sort((one, other) => other.fill - one.fill),
  };
}

function byAsset(samples: readonly Sample[]): Record<string, number> {
  return Object.fromEntries(samples.map(({ labels, value }) => [labels["asset"] ?? "", value]));
}
