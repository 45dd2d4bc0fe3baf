/** The way of a sampled order: the hops that every order takes, and when this one took each. Pure. */
import { createHash } from "node:crypto";
import type { ReportEvent } from "../shared/domain/reports.js";
import type { AccountId, AccountSequence, EpochUs, EventSequence, OrderId } from "../shared/domain/units.js";

/** Each hop by what is reached at its end, with the service that does it: the steps of `npm run trace`. */
export const HOPS = [
  { reaches: "on disk", by: "order-handler" },
  { reaches: "decided", by: "order-processing" },
  { reaches: "logged", by: "order-processing" },
  { reaches: "handed over", by: "order-processing" },
  { reaches: "matched", by: "matching-engine" },
  { reaches: "settled", by: "trade-processing" },
  { reaches: "published", by: "trade-processing" },
] as const;
export type Step = (typeof HOPS)[number]["reaches"];

/** A sampled order, as Postgres has it once it is settled. */
export interface SampledOrder {
  readonly asset: string;
  readonly orderId: OrderId;
  readonly commandSequence: number;
  readonly accountId: AccountId;
  readonly receivedAtUs: EpochUs;
  readonly decidedAtUs: EpochUs;
  /** Of commits; null: Postgres does not note when (track_commit_timestamp). */
  readonly loggedAtUs: EpochUs | null;
  readonly settledAtUs: EpochUs | null;
  /** Of its first report, which says what became of it on arrival. */
  readonly event: ReportEvent;
  readonly eventSequence: EventSequence;
  readonly accountSequence: AccountSequence;
  readonly matchedAtUs: EpochUs;
}

/** A time is missing where the message that had it is gone. */
export interface OrderWay {
  readonly order: SampledOrder;
  readonly timesUs: Readonly<Partial<Record<Step, EpochUs>>>;
}

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
