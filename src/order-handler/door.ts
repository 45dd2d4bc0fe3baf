/**
 * The door to the order log: a request of a logged-in session is handed to the batcher, or refused before anything of it
 * is logged. Every reason to refuse one stands here, in the order in which they are asked.
 */
import type { Access } from "../shared/access/access-feed.js";
import type { OrderRequest } from "../shared/domain/messages.js";
import { type Refusal, refuse } from "../shared/domain/rejects.js";
import type { TokenBucket } from "../shared/process/token-bucket.js";
import { orderProblem } from "./access-rules.js";
import type { Backlog } from "./backlog.js";
import type { Batcher, Settle } from "./batcher.js";
import type { LogWatch } from "./log-watch.js";
import type { OrderRates } from "./order-rates.js";

export interface DoorParts {
  readonly access: Access;
  readonly logWatch: Pick<LogWatch, "whyLost">;
  readonly rates: OrderRates;
  readonly backlog: Backlog;
  readonly batcher: Pick<Batcher, "submit">;
  /** How old the oldest acknowledged request may be that is not processed; past that, new orders are refused. */
  readonly backlogAgeMaxMs: number;
  /** Monotonic. */
  readonly nowMs: () => number;
}

export class Door {
  readonly #parts: DoorParts;
  #isClosed = false;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** Nothing is let through any more. */
  close(): void {
    this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** `rate` is the session's. Cancels are let through where they can be: they take load and risk away. */
  submit(asset: string, request: OrderRequest, rate: TokenBucket, settle: Settle): void {
    const { kind } = request.body;
    const isOrder = kind === "new" || kind === "replace";
    const refusal = this.#refuseAll() ?? (isOrder ? this.#refuseOrder(asset, request, rate) : null);
    if (refusal !== null) settle(refusal);
    else this.#parts.batcher.submit(asset, request, settle);
  }

  #refuseAll(): Refusal | null {
    if (this.#isClosed) return SHUTTING_DOWN;
    return this.#parts.logWatch.whyLost() === null ? null : LOG_LOST;
  }

  #refuseOrder(asset: string, { accountId }: OrderRequest, rate: TokenBucket): Refusal | null {
    const { access, rates, backlog, backlogAgeMaxMs } = this.#parts;
    const nowMs = this.#parts.nowMs();
    return (
      orderProblem(access, accountId, asset) ??
      rates.refuseOrder(rate, accountId, nowMs) ??
      (backlog.ageMs(asset, nowMs) > backlogAgeMaxMs ? PROCESSING_BEHIND : null)
    );
  }
}

const PROCESSING_BEHIND = refuse(
  "BUSY",
  "the asset's orders are processed too slowly, nothing was logged; send it again later",
);
const LOG_LOST = refuse("UNAVAILABLE", "the order log was lost, nothing was logged; an operator has to put it back");
export const SHUTTING_DOWN = refuse(
  "SHUTTING_DOWN",
  "this order-handler is stopping, nothing was logged; connect again",
);
