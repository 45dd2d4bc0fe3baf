import { CANDLE_INTERVALS_MS, type CandleInterval } from "../domain/candles.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import { shownValue } from "./subscribe-request.js";

/** What a client asks of the channel `candles`. */
export interface CandlesRequest {
  readonly interval: CandleInterval;
  /** Null: to subscribe; else the page of the candles before this time. */
  readonly beforeMs: number | null;
}

/** Checks the fields `interval` and `next`, which are whatever a client sent. */
export function parseCandlesRequest({ interval, next }: Readonly<Record<string, unknown>>): CandlesRequest | Refusal {
  const known = Object.keys(CANDLE_INTERVALS_MS);
  if (typeof interval !== "string" || !known.includes(interval))
    return refuse("MALFORMED_MESSAGE", `channel candles needs an interval, one of ${known.join(", ")}`);
  const asked = { interval: interval as CandleInterval, beforeMs: null };
  if (next === undefined) return asked;
  if (
    typeof next !== "number" ||
    !Number.isSafeInteger(next) ||
    next < 0 ||
    next % CANDLE_INTERVALS_MS[asked.interval] > 0
  )
    return refuse(
      "MALFORMED_MESSAGE",
      `next ${shownValue(next)} is not one; give back what the last answer had as next`,
    );
  return { ...asked, beforeMs: next };
}
