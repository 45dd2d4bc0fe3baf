/**
 * How late timers of this process are: what keeps its event loop busy keeps every client waiting. The library's own gauges would
 * show the interval of sampling instead (Node's histogram contains it), and only since the last scrape, whoever's that was.
 */
import { lookEvery } from "./looks.js";
import type { Metrics } from "./metrics.js";

/** Rare enough not to wake an idle process for nothing, and often enough to hit what blocks it for long. */
const SAMPLE_MS = 250;
const BUCKETS_S = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5];

/** Services of a process have metrics of their own, and one event loop: one timer tells them all. */
const observers = new Set<(delaySeconds: number) => void>();
let stopSampling: (() => void) | null = null;

export function observeEventLoopDelay(metrics: Metrics, stopping: AbortSignal): void {
  const help = "How late a timer was, four samples a second: for so long the process could do nothing else";
  const delay = metrics.histogram("event_loop_delay_seconds", help, BUCKETS_S);
  const observe = (delaySeconds: number) => delay.observe(delaySeconds);
  observers.add(observe);
  stopSampling ??= startSampling();
  stopping.addEventListener("abort", () => {
    observers.delete(observe);
    if (observers.size > 0) return;
    stopSampling?.();
    stopSampling = null;
  });
}

function startSampling(): () => void {
  return lookEvery(SAMPLE_MS, (lateMs) => {
    for (const observe of observers) observe(lateMs / 1000);
  });
}
