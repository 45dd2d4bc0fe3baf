/**
 * Smart batching into the order log (docs/arch.md): at most one publish in flight per asset; what arrives meanwhile
 * rides in the next message. An asset in trouble holds up no other. Every request is settled exactly once:
 *
 *   stored                             its log id
 *   queue full, stream full, or its    BUSY, nothing was logged
 *     disk, while another asks whether it is yet
 *   not sent: no connection for        UNAVAILABLE, nothing was logged
 *     `graceMs`, or still queued at its deadline
 *   sent, and no answer by the deadline   UNKNOWN_OUTCOME; it may be logged, or be yet
 */

import { randomUUID } from "node:crypto";
import { type Bus, ERROR_CODES, type PublishOutcome } from "../shared/bus/bus.js";
import { subjectOf } from "../shared/bus/subjects.js";
import type { OrderRequest } from "../shared/domain/messages.js";
import { type Refusal, refuse } from "../shared/domain/rejects.js";
import { BATCH_ITEMS_MAX, type EpochUs, type LogId, logIdAt } from "../shared/domain/units.js";
import { pausedFor } from "../shared/process/waits.js";
import { encodeOrderBatch } from "../shared/wire/pipeline-codec.js";
import { Pacing, type PacingOptions } from "./pacing.js";

export interface Logged {
  readonly logId: LogId;
  readonly loggedAtUs: EpochUs;
}

export type LogOutcome = Logged | Refusal;

export type Settle = (outcome: LogOutcome) => void;

export type OrderLog = Pick<Bus, "isConnected" | "publish" | "trouble">;

export interface BatcherOptions {
  readonly pacing: PacingOptions;
  /** Requests that may wait per asset. */
  readonly queueMax: number;
  /** From arrival to the answer, whatever it is. */
  readonly requestTimeoutMs: number;
  /** How long one attempt may take before the next one asks again. */
  readonly attemptTimeoutMs: number;
  readonly retryIntervalMs: number;
  /** How long requests wait for a lost connection to come back. */
  readonly graceMs: number;
}

export interface BatcherClock {
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly nowUs: () => EpochUs;
}

export interface PublishedBatch {
  readonly asset: string;
  readonly requests: number;
  readonly last: LogId;
  /** From the batch's start to its answer. */
  readonly publishMs: number;
}

/** One encodes to at most 200 bytes, so that a full batch stays far below the 256 KiB that a message may have. */
interface Waiting {
  readonly request: OrderRequest;
  readonly settle: Settle;
  readonly arrivedAtMs: number;
}

interface Lane {
  readonly asset: string;
  /** Oldest first, from `head` on. */
  waiting: Waiting[];
  isPublishing: boolean;
  startedAtMs: number;
  timer: NodeJS.Timeout | null;
}

export class Batcher {
  readonly #log: OrderLog;
  readonly #options: BatcherOptions;
  readonly #clock: BatcherClock;
  readonly #pacing: Pacing;
  readonly #lanes = new Map<string, Lane>();
  readonly #isNew: (asset: string, first: LogId, last: LogId) => boolean;
  readonly #observe: (published: PublishedBatch) => void;
  /** Makes message ids unique over processes and restarts. */
  readonly #writer = randomUUID();
  #batches = 0;
  #disconnectedSinceMs: number | null = null;

  constructor(
    log: OrderLog,
    options: BatcherOptions,
    clock: BatcherClock,
    observe: (published: PublishedBatch) => void = () => undefined,
    isNew: (asset: string, first: LogId, last: LogId) => boolean = () => true,
  ) {
    this.#log = log;
    this.#options = options;
    this.#clock = clock;
    this.#pacing = new Pacing(options.pacing);
    this.#observe = observe;
    this.#isNew = isNew;
  }

  submit(asset: string, request: OrderRequest, settle: Settle): void {
    const lane = this.#laneOf(asset);
    const nowMs = this.#clock.nowMs();
    if (this.#isAwayTooLong(nowMs)) settle(UNAVAILABLE);
    else if (lane.waiting.length >= this.#options.queueMax) settle(QUEUE_FULL);
    else if (lane.isPublishing && this.#isUnwritable) settle(DISK_FULL);
    else {
      lane.waiting.push({ request, settle, arrivedAtMs: nowMs });
      if (!lane.isPublishing && lane.timer === null) this.#schedule(lane, nowMs);
    }
  }

  /** Settles what can't wait any longer. To be called every few hundred milliseconds. */
  sweep(): void {
    const nowMs = this.#clock.nowMs();
    const lastArrivalMs = this.#isAwayTooLong(nowMs) ? nowMs : this.#lastArrivalTooLateMs(nowMs);
    for (const lane of this.#lanes.values()) this.#expire(lane, lastArrivalMs);
  }

  /** Requests that wait, in the fullest queue, as a share of what it may hold. */
  get fill(): number {
    let longest = 0;
    for (const { waiting } of this.#lanes.values()) longest = Math.max(longest, waiting.length);
    return longest / this.#options.queueMax;
  }

  get isIdle(): boolean {
    for (const { waiting, isPublishing } of this.#lanes.values()) if (isPublishing || waiting.length > 0) return false;
    return true;
  }

  #laneOf(asset: string): Lane {
    let lane = this.#lanes.get(asset);
    if (lane === undefined) {
      lane = { asset, waiting: [], isPublishing: false, startedAtMs: Number.NEGATIVE_INFINITY, timer: null };
      this.#lanes.set(asset, lane);
    }
    return lane;
  }

  /** What is under way finds out when that ends. */
  get #isUnwritable(): boolean {
    return this.#log.trouble("ORDERS")?.kind === "unwritable";
  }

  #isAwayTooLong(nowMs: number): boolean {
    if (this.#log.isConnected()) this.#disconnectedSinceMs = null;
    else this.#disconnectedSinceMs ??= nowMs;
    return this.#disconnectedSinceMs !== null && nowMs - this.#disconnectedSinceMs >= this.#options.graceMs;
  }

  /** What arrived by then has too little time left for an attempt: sending it would only leave a doubt. */
  #lastArrivalTooLateMs(nowMs: number): number {
    return nowMs - this.#options.requestTimeoutMs + this.#options.attemptTimeoutMs;
  }

  #expire({ waiting }: Lane, lastArrivalMs: number): void {
    const first = waiting.findIndex(({ arrivedAtMs }) => arrivedAtMs > lastArrivalMs);
    for (const { settle } of waiting.splice(0, first < 0 ? waiting.length : first)) settle(UNAVAILABLE);
  }

  /** Starts the next batch now, or when its time has come. */
  #schedule(lane: Lane, nowMs: number): void {
    const waitMs = lane.startedAtMs + this.#pacing.intervalMs(nowMs) - nowMs;
    // A timer takes a millisecond at least; less than half of one is not worth waiting for.
    if (waitMs < 0.5) this.#start(lane, nowMs);
    else
      lane.timer = setTimeout(() => {
        lane.timer = null;
        this.#start(lane, this.#clock.nowMs());
      }, Math.round(waitMs));
  }

  #start(lane: Lane, nowMs: number): void {
    this.#expire(lane, this.#lastArrivalTooLateMs(nowMs));
    if (lane.waiting.length === 0) return;
    const batch = lane.waiting.splice(0, BATCH_ITEMS_MAX);
    lane.isPublishing = true;
    lane.startedAtMs = nowMs;
    this.#pacing.started(batch.length, nowMs);
    void this.#publish(lane, batch).then((outcome) => {
      lane.isPublishing = false;
      this.#settle(batch, outcome);
      if (lane.waiting.length > 0 && lane.timer === null) this.#schedule(lane, this.#clock.nowMs());
    });
  }

  /** Tries until there is an answer, or the oldest request's deadline has passed. */
  async #publish(lane: Lane, batch: readonly Waiting[]): Promise<PublishOutcome> {
    const { requestTimeoutMs, attemptTimeoutMs, retryIntervalMs, graceMs } = this.#options;
    const subject = subjectOf("ORDERS", lane.asset);
    const payload = encodeOrderBatch(batch.map(({ request }) => request));
    const messageId = `${this.#writer}-${++this.#batches}`;
    const startedMs = this.#clock.nowMs();
    const deadlineMs = (batch[0]?.arrivedAtMs ?? startedMs) + requestTimeoutMs;
    let mayBeStored = false;
    for (;;) {
      const leftMs = Math.max(1, deadlineMs - this.#clock.nowMs());
      const attempt = { messageId, deadlineMs: Math.min(leftMs, attemptTimeoutMs) };
      const outcome = await this.#log.publish(subject, payload, attempt);
      const nowMs = this.#clock.nowMs();
      if (outcome.kind === "stored") {
        const last = logIdAt(outcome.streamSequence, batch.length - 1);
        if (!this.#isNew(lane.asset, logIdAt(outcome.streamSequence, 0), last)) return { kind: "unknown" };
        this.#observe({ asset: lane.asset, requests: batch.length, last, publishMs: nowMs - startedMs });
        return outcome;
      }
      // After a doubtful attempt, the refusal of a later one says nothing about the first.
      mayBeStored ||= outcome.kind === "unknown";
      if (!mayBeStored && (outcome.kind === "refused" || nowMs - startedMs >= graceMs)) return outcome;
      if (nowMs + retryIntervalMs >= deadlineMs) return mayBeStored ? { kind: "unknown" } : outcome;
      await pausedFor(retryIntervalMs);
    }
  }

  #settle(batch: readonly Waiting[], outcome: PublishOutcome): void {
    if (outcome.kind === "stored") {
      const loggedAtUs = this.#clock.nowUs();
      batch.forEach(({ settle }, index) => {
        settle({ logId: logIdAt(outcome.streamSequence, index), loggedAtUs });
      });
      return;
    }
    const refusal = refusalOf(outcome);
    for (const { settle } of batch) settle(refusal);
  }
}

const QUEUE_FULL = refuse("BUSY", "the asset's queue is full, nothing was logged; send it again a little later");
const DISK_FULL = refuse("BUSY", "the order log's disk is full, nothing was logged; send it again later");
const LOG_FULL = refuse("BUSY", "the order log is full, nothing was logged; send it again later");
const UNAVAILABLE = refuse("UNAVAILABLE", "the order log can't be reached, nothing was logged; send it again later");
const UNKNOWN_OUTCOME = refuse(
  "UNKNOWN_OUTCOME",
  "the order log did not answer in time; send it again with the same client order id, it can't trade twice",
);

function refusalOf(outcome: Exclude<PublishOutcome, { kind: "stored" }>): Refusal {
  if (outcome.kind === "unknown") return UNKNOWN_OUTCOME;
  return outcome.kind === "refused" && outcome.errorCode === ERROR_CODES.STREAM_FULL ? LOG_FULL : UNAVAILABLE;
}
