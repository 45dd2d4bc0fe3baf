/** What a run is to reach, and whether it did. Pure. */
import type { LoadOutcome } from "./load-run.js";

export interface Objective {
  /** As on the command line: `ack-p99-ms`. */
  readonly name: string;
  readonly of: "acknowledged" | "reported";
  readonly percentile: "p50" | "p99" | "p999" | "p9999";
  readonly limitMs: number;
}

export interface Verdict {
  readonly objective: string;
  readonly limit: number;
  /** Null: there was nothing to measure. */
  readonly value: number | null;
  readonly isMet: boolean;
}

/** All but one in a hundred are to be acknowledged, and the last one not much after the plan's end. */
const SHARE_ACKNOWLEDGED = 0.99;
const LATE_SHARE = 0.01;
const LATE_MS = 500;

/** The first is always there: whether the system took the orders as fast as they were planned. */
export function verdictsOf(objectives: readonly Objective[], outcome: LoadOutcome): Verdict[] {
  return [rateVerdict(outcome), ...objectives.map((objective) => verdictOf(objective, outcome))];
}

function rateVerdict({ timing, measuredOrders, plannedMs, measuredMs }: LoadOutcome): Verdict {
  const limit = (measuredOrders * 1_000) / Math.max(1, plannedMs);
  const value = (timing.acknowledged.count * 1_000) / Math.max(1, plannedMs, measuredMs - LATE_MS);
  const isInTime = measuredMs <= plannedMs * (1 + LATE_SHARE) + LATE_MS;
  const isMet = isInTime && timing.acknowledged.count >= measuredOrders * SHARE_ACKNOWLEDGED;
  return { objective: "rate", limit, value, isMet };
}

function verdictOf({ name, of, percentile, limitMs }: Objective, { timing }: LoadOutcome): Verdict {
  const summary = timing[of].summary();
  const value = summary.count === 0 ? null : summary[percentile];
  return { objective: name, limit: limitMs, value, isMet: value !== null && value <= limitMs };
}

export function verdictText({ objective, limit, value, isMet }: Verdict): string {
  const unit = objective === "rate" ? "/s" : " ms";
  const round = (figure: number) => (figure < 100 ? figure.toFixed(2) : figure.toFixed(0));
  const reached = value === null ? "nothing was measured" : `${round(value)}${unit}`;
  return `${isMet ? "met   " : "MISSED"} ${objective}: ${reached}, wanted ${round(limit)}${unit}`;
}
