/**
 * Smart batching into the order log (docs/arch.md): at most one message per asset is on its way; requests that arrive
 * meanwhile ride in the next one, the accounts in turn. An asset in trouble holds up no other. Of many assets, only so many have
 * one on its way as the log stores soon; the others' turn comes, with more in a message. Every request is settled
 * exactly once: with its log id, with the refusal of its message (log-writer.ts), or, if it was never sent, with
 *
 *   the asset's queue is full               BUSY, nothing was logged
 *   the log's disk is full, and another     BUSY, nothing was logged
 *     message is trying it already
 *   no connection, or still queued when     UNAVAILABLE, nothing was logged
 *     too little time is left
 */
import type { OrderRequest } from "../domain/messages.js";
import { isRefusal, type Refusal, refuse } from "../domain/rejects.js";
import { BATCH_ITEMS_MAX, type EpochUs, type LogId, logIdAt } from "../domain/units.js";
import { FairQueue, type Queued } from "./fair-queue.js";
import { type LogWriter, UNAVAILABLE, type WriteLimits, type Written } from "./log-writer.js";
import { Pacing, type PacingOptions } from "./pacing.js";

export interface Logged {
  readonly logId: LogId;
  readonly loggedAtUs: EpochUs;
}

export type LogOutcome = Logged | Refusal;

export type Settle = (outcome: LogOutcome) => void;

export interface BatcherOptions extends WriteLimits {
  readonly pacing: PacingOptions;
  /** Limit of the requests that wait for one asset, over all accounts. */
  readonly queueMax: number;
  /** The longest time from a request's arrival to its answer. */
  readonly requestTimeoutMs: number;
}

export interface BatcherClock {
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly nowUs: () => EpochUs;
}

export interface PublishedBatch {
  readonly asset: string;
  readonly requests: readonly OrderRequest[];
  readonly last: LogId;
  /** The time from the batch's start to the log's answer. */
  readonly publishMs: number;
}

/** A waiting request. It encodes to at most 200 bytes, so a full batch stays far below a message's 256 KiB. */
interface Waiting extends Queued {
  readonly request: OrderRequest;
  readonly settle: Settle;
}

interface Lane {
  readonly asset: string;
  readonly waiting: FairQueue<Waiting>;
  isPublishing: boolean;
  startedAtMs: number;
}

/** Each message costs the log a sync, one after the other: more of them would only wait there, until nobody knows their outcome. */
const UNDERWAY_MAX = 64;

export class Batcher {
  readonly #writer: LogWriter;
  readonly #options: BatcherOptions;
  readonly #clock: BatcherClock;
  readonly #pacing: Pacing;
  readonly #published: (batch: PublishedBatch) => void;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with requests, and no message on its way, in turn: they start together, so that one write carries all their messages. */
  readonly #ready = new Set<Lane>();
  /** Messages on their way. */
  #underway = 0;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  /** `published` is called for every stored message, before its requests are settled. */
  constructor(
    writer: LogWriter,
    options: BatcherOptions,
    clock: BatcherClock,
    published: (batch: PublishedBatch) => void = () => undefined,
  ) {
    this.#writer = writer;
    this.#options = options;
    this.#clock = clock;
    this.#pacing = new Pacing(options.pacing);
    this.#published = published;
  }

  submit(asset: string, request: OrderRequest, settle: Settle): void {
    const lane = this.#laneOf(asset);
    const nowMs = this.#clock.nowMs();
    if (this.#writer.isAwayTooLong(nowMs)) settle(UNAVAILABLE);
    else if (lane.isPublishing && this.#writer.isUnwritable) settle(DISK_FULL);
    else {
      const { accountId } = request;
      lane.waiting.put({ accountId, request, settle, arrivedAtMs: nowMs })?.settle(QUEUE_FULL);
      if (!lane.isPublishing) this.#schedule(lane, nowMs);
    }
  }

  /** Settles requests that can't wait any longer. Call it every few hundred milliseconds. */
  sweep(): void {
    const nowMs = this.#clock.nowMs();
    const lastArrivalMs = this.#writer.isAwayTooLong(nowMs) ? nowMs : this.#lastArrivalTooLateMs(nowMs);
    for (const lane of this.#lanes.values()) this.#expire(lane, lastArrivalMs);
  }

  /** How full each asset's queue is, from 0 to 1. */
  get fills(): [asset: string, fill: number][] {
    return [...this.#lanes].map(([asset, { waiting }]) => [asset, waiting.size / this.#options.queueMax]);
  }

  get isIdle(): boolean {
    for (const { waiting, isPublishing } of this.#lanes.values()) if (isPublishing || waiting.size > 0) return false;
    return true;
  }

  #laneOf(asset: string): Lane {
    let lane = this.#lanes.get(asset);
    if (lane === undefined) {
      const waiting = new FairQueue<Waiting>(this.#options.queueMax);
      lane = { asset, waiting, isPublishing: false, startedAtMs: Number.NEGATIVE_INFINITY };
      this.#lanes.set(asset, lane);
    }
    return lane;
  }

  /** Requests that arrived by then have no time left for an attempt: sending them would only leave a doubt. */
  #lastArrivalTooLateMs(nowMs: number): number {
    return nowMs - this.#options.requestTimeoutMs + this.#options.attemptTimeoutMs;
  }

  #expire({ waiting }: Lane, lastArrivalMs: number): void {
    for (const { settle } of waiting.takeArrivedBy(lastArrivalMs)) settle(UNAVAILABLE);
  }

  #schedule(lane: Lane, nowMs: number): void {
    this.#ready.add(lane);
    this.#scheduleReady(nowMs);
  }

  /** Starts the next batches now, or together when the time of the next window has come. */
  #scheduleReady(nowMs: number): void {
    if (this.#timer !== null || this.#ready.size === 0 || this.#underway >= UNDERWAY_MAX) return;
    const waitMs = this.#startedAtMs + this.#pacing.intervalMs(nowMs) - nowMs;
    // The shortest timer takes a millisecond: waiting for less than half of one is not worth it.
    if (waitMs < 0.5) this.#startReady(nowMs);
    else
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#startReady(this.#clock.nowMs());
      }, Math.round(waitMs));
  }

  #startReady(nowMs: number): void {
    this.#startedAtMs = nowMs;
    for (const lane of this.#ready) {
      if (this.#underway >= UNDERWAY_MAX) return;
      this.#ready.delete(lane);
      this.#start(lane, nowMs);
    }
  }

  #start(lane: Lane, nowMs: number): void {
    this.#expire(lane, this.#lastArrivalTooLateMs(nowMs));
    const batch = lane.waiting.take(BATCH_ITEMS_MAX);
    if (batch.length === 0) return;
    lane.isPublishing = true;
    lane.startedAtMs = nowMs;
    this.#underway++;
    this.#pacing.started(batch.length, nowMs);
    void this.#write(lane, batch).then(() => {
      lane.isPublishing = false;
      this.#underway--;
      if (lane.waiting.size > 0) this.#ready.add(lane);
      this.#scheduleReady(this.#clock.nowMs());
    });
  }

  async #write({ asset, startedAtMs }: Lane, batch: readonly Waiting[]): Promise<void> {
    const oldestMs = batch.reduce((oldest, { arrivedAtMs }) => Math.min(oldest, arrivedAtMs), startedAtMs);
    const deadlineMs = oldestMs + this.#options.requestTimeoutMs;
    const requests = batch.map(({ request }) => request);
    const written = await this.#writer.write(asset, requests, deadlineMs);
    if (!isRefusal(written)) {
      const last = logIdAt(written.streamSequence, batch.length - 1);
      const publishMs = this.#clock.nowMs() - startedAtMs;
      this.#pacing.published(publishMs);
      this.#published({ asset, requests, last, publishMs });
    }
    this.#settle(batch, written);
  }

  #settle(batch: readonly Waiting[], written: Written): void {
    const loggedAtUs = this.#clock.nowUs();
    batch.forEach(({ settle }, index) => {
      settle(isRefusal(written) ? written : { logId: logIdAt(written.streamSequence, index), loggedAtUs });
    });
  }
}

const QUEUE_FULL = refuse("BUSY", "the asset's queue is full, nothing was logged; send it again a little later");
const DISK_FULL = refuse("BUSY", "the order log's disk is full, nothing was logged; send it again later");
