/** The settings of order entry, which both doors have: each process of either has these limits for itself. */
import * as v from "valibot";
import { integer } from "../process/settings.js";

/** A time of order entry, in milliseconds. */
export function entryMs(name: string, fallback: number) {
  return integer(`ORDER_HANDLER_${name}_MS`, fallback, { min: 1, max: 600_000 });
}

/** A limit of order entry. */
export function entryCount(name: string, fallback: number) {
  return integer(`ORDER_HANDLER_${name}_MAX`, fallback, { min: 1, max: 1_000_000 });
}

const rate = (name: string, perSecond: number) =>
  v.object({
    perSecond: entryCount(`${name}_ORDERS_PER_SECOND`, perSecond),
    burst: entryCount(`${name}_ORDERS_AT_ONCE`, 2 * perSecond),
  });

const BATCHER = v.object({
  pacing: v.object({
    intervalMaxMs: integer("ORDER_HANDLER_PACING_MS", 8, { min: 0, max: 100 }),
    fullRate: integer("ORDER_HANDLER_PACING_FULL_RATE", 1_000, { min: 1, max: 10_000_000 }),
  }),
  queueMax: entryCount("QUEUE", 16_384),
  requestTimeoutMs: entryMs("REQUEST_TIMEOUT", 5_000),
  attemptTimeoutMs: entryMs("ATTEMPT_TIMEOUT", 1_000),
  retryIntervalMs: entryMs("RETRY_INTERVAL", 100),
  graceMs: entryMs("GRACE", 500),
});

export function entrySettings() {
  return {
    batcher: v.pipe(
      BATCHER,
      v.partialCheck(
        [["attemptTimeoutMs"], ["requestTimeoutMs"]],
        ({ attemptTimeoutMs, requestTimeoutMs }) => attemptTimeoutMs < requestTimeoutMs,
        "ORDER_HANDLER_ATTEMPT_TIMEOUT_MS must be below ORDER_HANDLER_REQUEST_TIMEOUT_MS, or no publish is tried twice",
      ),
      v.partialCheck(
        [["retryIntervalMs"], ["requestTimeoutMs"]],
        ({ retryIntervalMs, requestTimeoutMs }) => retryIntervalMs < requestTimeoutMs,
        "ORDER_HANDLER_RETRY_INTERVAL_MS must be below ORDER_HANDLER_REQUEST_TIMEOUT_MS, or no publish is tried twice",
      ),
      v.partialCheck(
        [["graceMs"], ["requestTimeoutMs"]],
        ({ graceMs, requestTimeoutMs }) => graceMs < requestTimeoutMs,
        "ORDER_HANDLER_GRACE_MS must be below ORDER_HANDLER_REQUEST_TIMEOUT_MS, by which every request is answered",
      ),
    ),
    rates: v.object({ perSession: rate("SESSION", 50_000), perAccount: rate("ACCOUNT", 100_000) }),
    /** Cancels beyond one for each order that the account placed. */
    cancels: v.object({
      perSecond: entryCount("CANCELS_PER_SECOND", 100),
      burst: entryCount("CANCELS_AT_ONCE", 10_000),
    }),
    door: v.object({
      backlogAgeMaxMs: entryMs("BACKLOG_AGE_MAX", 15_000),
      unprocessedMax: entryCount("UNPROCESSED", 32_768),
      credit: v.object({ requests: entryCount("CREDIT", 256), promptMs: entryMs("PROMPT", 500) }),
    }),
  };
}

export type EntrySettings = Readonly<v.InferOutput<v.ObjectSchema<ReturnType<typeof entrySettings>, undefined>>>;
