import type { RejectName } from "../domain/rejects.js";
import type { EpochUs } from "../domain/units.js";
import { nowUs } from "../process/clock.js";
import { LATENCY_BUCKETS_S, type Metrics } from "../process/metrics.js";
import type { PublishedBatch } from "./batcher.js";

const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export interface EntryState {
  /** Age of the oldest acknowledged request that is not processed. */
  readonly backlogMs: number;
  readonly limitedAccounts: number;
  readonly isLogLost: boolean;
}

/** The metrics of a door. Requests come so often that they are tallied here and handed on when somebody looks. */
export class EntryMetrics {
  readonly #requests = new Map<string, number>();
  readonly #rejects = new Map<string, number>();
  readonly #metrics;
  readonly queue: Metrics["queue"];

  constructor(metrics: Metrics) {
    this.queue = metrics.queue.bind(metrics);
    metrics.onScrape(() => this.#handOn());
    this.#metrics = {
      requests: metrics.counter("handler_requests_total", "Requests answered", ["kind"]),
      rejects: metrics.counter("handler_rejects_total", "Requests refused, by the name of the reject", ["name"]),
      ack: metrics.histogram("handler_ack_seconds", "From a request's bytes to its ACK's", LATENCY_BUCKETS_S),
      publish: metrics.histogram("handler_publish_seconds", "From a batch's start to its answer", LATENCY_BUCKETS_S),
      batch: metrics.histogram("handler_batch_requests", "Requests in a batch of the order log", BATCH_BUCKETS),
      backlog: metrics.gauge("handler_backlog_seconds", "Age of the oldest acknowledged request not yet processed"),
      logLost: metrics.gauge(
        "handler_log_lost",
        "1: ORDERS ends before what was acknowledged; somebody must put it back",
      ),
      limited: metrics.gauge(
        "handler_limited_accounts",
        "Accounts that take more than their share of the log, and wait, since it gets slower by that",
      ),
    };
  }

  answered(kind: string): void {
    tally(this.#requests, kind);
  }

  refused(name: RejectName): void {
    tally(this.#rejects, name);
  }

  acknowledged(receivedAtUs: EpochUs): void {
    this.#metrics.ack.observe((nowUs() - receivedAtUs) / 1e6);
  }

  published({ requests, publishMs }: PublishedBatch): void {
    this.#metrics.batch.observe(requests.length);
    this.#metrics.publish.observe(publishMs / 1000);
  }

  swept({ backlogMs, limitedAccounts, isLogLost }: EntryState): void {
    this.#metrics.backlog.set(backlogMs / 1000);
    this.#metrics.limited.set(limitedAccounts);
    this.#metrics.logLost.set(isLogLost ? 1 : 0);
  }

  #handOn(): void {
    for (const [kind, count] of this.#requests) this.#metrics.requests.inc({ kind }, count);
    for (const [name, count] of this.#rejects) this.#metrics.rejects.inc({ name }, count);
    this.#requests.clear();
    this.#rejects.clear();
  }
}

function tally(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}
