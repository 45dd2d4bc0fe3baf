/** The ids of a sampled order's trace, and which orders are sampled. Pure. */
import { createHash } from "node:crypto";
import type { OrderId } from "../shared/domain/units.js";
import type { Step } from "../shared/order-way/order-way.js";

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
/** The end of a trace id that decides, as OpenTelemetry's own samplers do: 56 bits. */
const DECIDING_DIGITS = 14;

/** The same for the same order, whoever exports it how often: a collector knows it again. */
export function traceIdOf(asset: string, orderId: OrderId): string {
  return digest(`${asset}:${orderId}`).slice(0, TRACE_ID_DIGITS);
}

/** `hop`: a step, or "order" for the whole way. */
export function spanIdOf(asset: string, orderId: OrderId, hop: Step | "order"): string {
  return digest(`${asset}:${orderId}:${hop}`).slice(0, SPAN_ID_DIGITS);
}

/** Orders whose trace id's deciding digits are below it are sampled; sample-store.ts says the same in SQL. */
export function samplingThreshold(percent: number): string {
  if (percent >= 100) return `${"f".repeat(DECIDING_DIGITS)}00`; // above each of them
  const share = BigInt(Math.round((percent / 100) * 2 ** (4 * DECIDING_DIGITS)));
  return share.toString(16).padStart(DECIDING_DIGITS, "0");
}

export function isSampled(traceId: string, threshold: string): boolean {
  return traceId.slice(-DECIDING_DIGITS) < threshold;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
