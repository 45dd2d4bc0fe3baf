/**
 * What has become of a request that was sent, told in plain words, and whether it is sent again. It always goes out with the
 * same client order id, which is used once for ever: so sending it again can't trade twice.
 */

import { durationText } from "../../src/shared/subscriber/formats.js";
import type { ReportJson } from "../../src/shared/subscriber/own-orders.js";
import { NO_ANSWER, type Outcome, type Problem, problemText } from "./problem.js";

export interface Acknowledged {
  readonly logId: number;
  readonly orderId?: number;
}

/** `open`: it is not known what became of it, and nobody is asking any more. */
export type Sent =
  | { readonly kind: "sending" }
  | { readonly kind: "again"; readonly afterMs: number; readonly text: string }
  | { readonly kind: "logged"; readonly text: string }
  | { readonly kind: "done"; readonly text: string }
  | { readonly kind: "refused"; readonly problem: Problem; readonly text: string }
  | { readonly kind: "open"; readonly text: string };

export const ATTEMPTS_MAX = 6;
const AGAIN_MS = 500;
const UNKNOWN_OUTCOME = 302;
/** Nothing was logged, and a moment later it may be. */
const MOMENTARY = new Set([300, 301, 303, 305]);
const DUPLICATE = "duplicate_client_order_id";

/** `attempt` counts from 1. */
export function afterAnswer(attempt: number, outcome: Outcome<Acknowledged>, tookUs: number): Sent {
  if (outcome.ok) {
    const { logId, orderId = logId } = outcome.body;
    return { kind: "logged", text: `Taken as order ${orderId} after ${durationText(tookUs)}` };
  }
  const { problem } = outcome;
  const isUnknown = problem.code === UNKNOWN_OUTCOME || problem.code === NO_ANSWER;
  if (!isUnknown && !MOMENTARY.has(problem.code)) return { kind: "refused", problem, text: problemText(problem) };
  const what = isUnknown
    ? `It is not known whether the exchange has it (${problemText(problem)}).`
    : `Nothing was taken: the exchange can't at the moment (${problemText(problem)}).`;
  if (attempt < ATTEMPTS_MAX) {
    const afterMs = (problem.retryAfterS ?? 0) * 1_000 || AGAIN_MS * attempt;
    return { kind: "again", afterMs, text: `${what} Sending it again under the same id, which can't trade twice` };
  }
  if (isUnknown)
    return {
      kind: "open",
      text: `${what} Send it again, or look at your orders: under the same id it can't trade twice`,
    };
  return { kind: "refused", problem, text: what };
}

/** What a report of the order says; null: nothing that has to be said here. */
export function afterReport(isRepeat: boolean, { event, status = "", reason = "", orderId }: ReportJson): Sent | null {
  if (event === "rejected") {
    if (isRepeat && reason.startsWith(DUPLICATE))
      return { kind: "done", text: `It had been taken at the first attempt, and counts once (${reason})` };
    return { kind: "done", text: `Rejected: ${reason.replaceAll("_", " ")}` };
  }
  if (event !== "accepted" && event !== "trade") return null;
  return { kind: "done", text: `Order ${orderId ?? ""} is ${status.replaceAll("_", " ")}` };
}

/** Random, and short enough for every dialect: "web-" and 20 letters and digits. */
export function newClientOrderId(randomBytes: Uint8Array): string {
  return `web-${[...randomBytes].map((byte) => (byte % 36).toString(36)).join("")}`;
}
