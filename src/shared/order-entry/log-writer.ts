/**
 * Writes one message into the order log: tries until there is an answer, or until the time of its oldest request is over.
 *
 *   stored                                  the message's sequence, which its requests' log ids are made of
 *   stream full, or its disk                BUSY, nothing was logged
 *   no connection for `graceMs`             UNAVAILABLE, nothing was logged
 *   sent, and no answer by the deadline     UNKNOWN_OUTCOME; it may be logged, now or later
 *   stored with a sequence of before        UNKNOWN_OUTCOME; the log is not the one it was (log-watch.ts)
 */
import { randomUUID } from "node:crypto";
import { type Bus, ERROR_CODES, type PublishOutcome } from "../bus/bus.js";
import { subjectOf } from "../bus/subjects.js";
import type { OrderRequest } from "../domain/messages.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import { logIdAt, type StreamSequence } from "../domain/units.js";
import { pausedFor } from "../process/waits.js";
import { TOPOLOGY } from "../stage/topology.js";
import { encodeOrderBatch } from "../wire/pipeline-codec.js";
import type { LogWatch } from "./log-watch.js";

const { output: LOG } = TOPOLOGY["order-handler"];

export type OrderLog = Pick<Bus, "isConnected" | "publish" | "trouble">;

export interface WriteLimits {
  /** How long one attempt may take before the next one. */
  readonly attemptTimeoutMs: number;
  readonly retryIntervalMs: number;
  /** How long requests wait for a lost connection. */
  readonly graceMs: number;
}

export type Written = { readonly streamSequence: StreamSequence } | Refusal;

export class LogWriter {
  readonly #log: OrderLog;
  readonly #watch: Pick<LogWatch, "stored">;
  readonly #limits: WriteLimits;
  readonly #nowMs: () => number;
  /** Part of message ids, which makes them unique over processes and restarts. */
  readonly #writer = randomUUID();
  #messages = 0;
  #disconnectedSinceMs: number | null = null;

  /** `nowMs` is monotonic. */
  constructor(log: OrderLog, watch: Pick<LogWatch, "stored">, limits: WriteLimits, nowMs: () => number) {
    this.#log = log;
    this.#watch = watch;
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Whether the connection is gone for longer than requests wait: no write need be tried. */
  isAwayTooLong(nowMs: number): boolean {
    if (this.#log.isConnected()) this.#disconnectedSinceMs = null;
    else this.#disconnectedSinceMs ??= nowMs;
    return this.#disconnectedSinceMs !== null && nowMs - this.#disconnectedSinceMs >= this.#limits.graceMs;
  }

  /** Whether the log's disk takes nothing; one attempt at a time finds out when it does again. */
  get isUnwritable(): boolean {
    return this.#log.trouble(LOG)?.kind === "unwritable";
  }

  async write(asset: string, requests: readonly OrderRequest[], deadlineMs: number): Promise<Written> {
    const outcome = await this.#publish(asset, encodeOrderBatch(requests), deadlineMs);
    if (outcome.kind !== "stored") return refusalOf(outcome);
    const { streamSequence } = outcome;
    const [first, last] = [logIdAt(streamSequence, 0), logIdAt(streamSequence, requests.length - 1)];
    return this.#watch.stored(asset, first, last) ? { streamSequence } : UNKNOWN_OUTCOME;
  }

  async #publish(asset: string, payload: Uint8Array, deadlineMs: number): Promise<PublishOutcome> {
    const { attemptTimeoutMs, retryIntervalMs, graceMs } = this.#limits;
    const messageId = `${this.#writer}-${++this.#messages}`;
    const startedMs = this.#nowMs();
    let mayBeStored = false;
    for (;;) {
      const leftMs = Math.max(1, deadlineMs - this.#nowMs());
      const attempt = { messageId, deadlineMs: Math.min(leftMs, attemptTimeoutMs) };
      const outcome = await this.#log.publish(subjectOf(LOG, asset), payload, attempt);
      const nowMs = this.#nowMs();
      if (outcome.kind === "stored") return outcome;
      // A refusal says nothing about an earlier attempt that got no answer.
      mayBeStored ||= outcome.kind === "unknown";
      if (!mayBeStored && (outcome.kind === "refused" || nowMs - startedMs >= graceMs)) return outcome;
      if (nowMs + retryIntervalMs >= deadlineMs) return mayBeStored ? { kind: "unknown" } : outcome;
      await pausedFor(retryIntervalMs);
    }
  }
}

const LOG_FULL = refuse("BUSY", "the order log is full, nothing was logged; send it again later");
export const UNAVAILABLE = refuse(
  "UNAVAILABLE",
  "the order log can't be reached, nothing was logged; send it again later",
);
const UNKNOWN_OUTCOME = refuse(
  "UNKNOWN_OUTCOME",
  "the order log did not answer in time; send it again with the same client order id, it can't trade twice",
);

function refusalOf(outcome: Exclude<PublishOutcome, { kind: "stored" }>): Refusal {
  if (outcome.kind === "unknown") return UNKNOWN_OUTCOME;
  return outcome.kind === "refused" && outcome.errorCode === ERROR_CODES.STREAM_FULL ? LOG_FULL : UNAVAILABLE;
}
