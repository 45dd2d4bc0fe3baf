import type { Asset } from "../../shared/domain/assets.js";
import type { RequestBody } from "../../shared/domain/messages.js";
import type { ReportEvent } from "../../shared/domain/reports.js";
import type { EpochUs, LogId } from "../../shared/domain/units.js";
import type { RequestRules } from "../../shared/requests/order-rules.js";
import type { Caller } from "./identity.js";
import type { OrderNamed } from "./order-parameters.js";

/** A report about a request, once settlement has committed it. */
export interface Outcome {
  readonly event: ReportEvent;
  readonly orderId: number | null;
  readonly reason: string | null;
}

/** A request that is in the log. */
export interface Logged {
  readonly logId: LogId;
  readonly receivedAtUs: EpochUs;
  /** What became of it, as Postgres has it, too; null: not known in time; absent: nobody asked. */
  readonly reports?: readonly Outcome[] | null;
}

/** The gateway's way into the order log and back, as this dialect uses it. */
export interface OrderDesk {
  readonly rules: RequestRules;
  /** Waits for the result if it says which order that is about. Throws a BinanceError; of all but -1007 nothing was logged. */
  submit(caller: Caller, asset: Asset, body: RequestBody, about: OrderNamed | "new order" | null): Promise<Logged>;
  /** Throws if it would be refused now; nothing is counted or logged. */
  check(caller: Caller, asset: Asset, body: RequestBody): void;
}
