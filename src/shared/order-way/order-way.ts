/** The way of an order: the hops that every order takes, and when this one took each. Pure. */
import type { ReportEvent } from "../domain/reports.js";
import type { AccountId, AccountSequence, EpochUs, EventSequence, OrderId } from "../domain/units.js";

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

/** An order as Postgres has it once it is settled. */
export interface SettledOrder {
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
  readonly order: SettledOrder;
  readonly timesUs: Readonly<Partial<Record<Step, EpochUs>>>;
}
