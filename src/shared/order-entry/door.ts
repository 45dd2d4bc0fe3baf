/**
 * The door to the order log: hands a request of a logged-in session to the batcher, or refuses it before it is logged. All
 * reasons to refuse one stand here, in the order in which they are asked.
 */
import type { Access } from "../access/access-feed.js";
import type { OrderRequest } from "../domain/messages.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { AccountId } from "../domain/units.js";
import type { TokenBucket } from "../process/token-bucket.js";
import { orderProblem } from "./access-rules.js";
import type { Backlog } from "./backlog.js";
import type { Batcher, Settle } from "./batcher.js";
import type { CancelAllowance } from "./cancel-allowance.js";
import type { LogWatch } from "./log-watch.js";
import { type LogWriter, UNAVAILABLE } from "./log-writer.js";
import type { OrderRates } from "./order-rates.js";
import type { Shares } from "./shares.js";

export interface DoorLimits {
  /** How old an asset's oldest unprocessed request may be; past that, new orders are refused. */
  readonly backlogAgeMaxMs: number;
  /** Limit of one account's requests in one asset that are acknowledged and not processed. */
  readonly unprocessedMax: number;
  /**
   * What an account may always have waiting in an asset. Beyond it, and if it has a good part of what waits (Backlog.hasShare), its
   * orders are refused while the asset's oldest unprocessed request is older than `promptMs`: what is acknowledged is to be
   * reported soon, at any rate that is offered. Who waits behind another one's requests is not refused.
   */
  readonly credit: { readonly requests: number; readonly promptMs: number };
}

export interface DoorParts {
  readonly access: Access;
  readonly logWatch: Pick<LogWatch, "whyLost">;
  readonly logWriter: Pick<LogWriter, "isAwayTooLong">;
  readonly rates: OrderRates;
  readonly cancels: CancelAllowance;
  readonly backlog: Backlog;
  readonly batcher: Pick<Batcher, "submit">;
  readonly shares: Pick<Shares, "took">;
  readonly limits: DoorLimits;
  readonly shuttingDown: Refusal;
  /** Monotonic. */
  readonly nowMs: () => number;
}

/** Cancels may exceed `unprocessedMax` by this share of it: they take load and risk away. */
const CANCELS_BEYOND = 0.25;
/** When the backlog is so many times older than `backlogAgeMaxMs`, all orders are refused, not only its causers'. */
const BACKLOG_AGES_MAX = 2;

export class Door {
  readonly #parts: DoorParts;
  #isClosed = false;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** From now on refuses all requests. */
  close(): void {
    this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** `rate` is the bucket of the request's session. */
  submit(asset: string, request: OrderRequest, rate: TokenBucket, settle: Settle): void {
    const { kind } = request.body;
    const isOrder = kind === "new" || kind === "replace";
    const refusal =
      this.#refuseAll() ??
      (isOrder ? this.#refuseOrder(asset, request, rate) : this.#refuseCancel(asset, request, rate));
    if (refusal !== null) {
      settle(refusal);
      return;
    }
    const { shares, backlog, batcher, nowMs } = this.#parts;
    const { accountId } = request;
    shares.took(accountId, nowMs());
    backlog.taken(asset, accountId);
    batcher.submit(asset, request, (outcome) => {
      backlog.settled(asset, accountId);
      settle(outcome);
    });
  }

  /** Why the request would be refused by who asks, what operators decided and what waits; rates are not asked, nothing is counted. */
  refusalOf(asset: string, { accountId, body }: OrderRequest): Refusal | null {
    const isOrder = body.kind === "new" || body.kind === "replace";
    const nowMs = this.#parts.nowMs();
    return (
      this.#refuseAll() ??
      (isOrder ? orderProblem(this.#parts.access, accountId, asset) : null) ??
      this.#refuseAway(nowMs) ??
      this.#refuseCauser(asset, accountId, this.#mayWait(asset, accountId, nowMs)) ??
      this.#refuseBacklog(asset, accountId, nowMs)
    );
  }

  /** Setting a dead man's switch is not logged, but it counts against the rates. */
  refuseTimer(accountId: AccountId, rate: TokenBucket): Refusal | null {
    return this.#parts.rates.refuseCancel(rate, accountId, this.#parts.nowMs());
  }

  #refuseAll(): Refusal | null {
    if (this.#isClosed) return this.#parts.shuttingDown;
    return this.#parts.logWatch.whyLost() === null ? null : LOG_LOST;
  }

  #refuseOrder(asset: string, { accountId }: OrderRequest, rate: TokenBucket): Refusal | null {
    const { access, rates } = this.#parts;
    const nowMs = this.#parts.nowMs();
    return (
      orderProblem(access, accountId, asset) ??
      rates.refuseOrder(rate, accountId, nowMs) ??
      this.#refuseAway(nowMs) ??
      this.#refuseCauser(asset, accountId, this.#mayWait(asset, accountId, nowMs)) ??
      this.#refuseBacklog(asset, accountId, nowMs)
    );
  }

  #refuseCancel(asset: string, { accountId, body }: OrderRequest, rate: TokenBucket): Refusal | null {
    const { rates, cancels, limits } = this.#parts;
    const nowMs = this.#parts.nowMs();
    return (
      rates.refuseCancel(rate, accountId, nowMs) ??
      this.#refuseAway(nowMs) ??
      this.#refuseCauser(asset, accountId, limits.unprocessedMax * (1 + CANCELS_BEYOND)) ??
      (body.kind === "cancel_all" ? cancels.refuseCancelAll(accountId, nowMs) : cancels.refuseCancel(accountId, nowMs))
    );
  }

  /** Asked before what waits: while the log is away, that it is tells more than what it leaves waiting. */
  #refuseAway(nowMs: number): Refusal | null {
    return this.#parts.logWriter.isAwayTooLong(nowMs) ? UNAVAILABLE : null;
  }

  #mayWait(asset: string, accountId: AccountId, nowMs: number): number {
    const { backlog, limits } = this.#parts;
    const { credit, unprocessedMax } = limits;
    const isTooMuch = backlog.ageMs(asset, nowMs) > credit.promptMs && backlog.hasShare(asset, accountId);
    return isTooMuch ? Math.min(credit.requests, unprocessedMax) : unprocessedMax;
  }

  #refuseCauser(asset: string, accountId: AccountId, unprocessedMax: number): Refusal | null {
    return this.#parts.backlog.requestsOf(asset, accountId) >= unprocessedMax ? YOURS_BEHIND : null;
  }

  #refuseBacklog(asset: string, accountId: AccountId, nowMs: number): Refusal | null {
    const { backlog, limits } = this.#parts;
    const ages = backlog.ageMs(asset, nowMs) / limits.backlogAgeMaxMs;
    if (ages <= 1) return null;
    return ages > BACKLOG_AGES_MAX || backlog.hasShare(asset, accountId) ? PROCESSING_BEHIND : null;
  }
}

const YOURS_BEHIND = refuse(
  "BUSY",
  "too many of your requests in the asset are not processed yet, nothing was logged; send it again later",
);
const PROCESSING_BEHIND = refuse(
  "BUSY",
  "the asset's orders are processed too slowly, nothing was logged; send it again later",
);
const LOG_LOST = refuse("UNAVAILABLE", "the order log was lost, nothing was logged; an operator has to put it back");
