import type { Asset } from "../../shared/domain/assets.js";
import { DeadlineExceeded } from "../../shared/domain/errors.js";
import type { RequestBody } from "../../shared/domain/messages.js";
import { isRefusal, type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { SequencedReport } from "../../shared/domain/reports.js";
import { type AccountId, type EpochUs, type LogId, type OrderId, orderId } from "../../shared/domain/units.js";
import type { Identity } from "../../shared/http/identification.js";
import type { EntryMetrics } from "../../shared/order-entry/entry-metrics.js";
import type { OrderEntry } from "../../shared/order-entry/order-entry.js";
import { nowUs } from "../../shared/process/clock.js";
import type { Logger } from "../../shared/process/log.js";
import type { TokenBucket } from "../../shared/process/token-bucket.js";
import { beforeDeadline, pausedFor } from "../../shared/process/waits.js";
import type { Results, Watch } from "./results.js";

/** A request that is durably in the log. A new order's log id is its order id. */
export interface Acknowledged {
  readonly logId: LogId;
  readonly receivedAtUs: EpochUs;
  readonly loggedAtUs: EpochUs;
}

export interface Submitted extends Acknowledged {
  /** Null: they are not known yet; absent: nobody asked. */
  readonly reports?: readonly SequencedReport[] | null;
}

export interface OrdersParts {
  readonly entry: OrderEntry;
  readonly results: Results;
  /** The reports of an account's order that Postgres has, since a time. */
  readonly storedReports: (
    asset: string,
    accountId: AccountId,
    target: Target,
    sinceUs: EpochUs,
  ) => Promise<SequencedReport[]>;
  readonly limits: { readonly resultTimeoutMs: number; readonly inFlightPerKeyMax: number };
  readonly metrics: EntryMetrics;
  readonly log: Logger;
}

/** The order that a request is about. */
export interface Target {
  readonly orderId: OrderId | null;
  readonly clientOrderId: string | null;
}

/** A key's requests: how many are under way, and its rate. */
interface Sender {
  underWay: number;
  readonly rate: TokenBucket;
}

/** An account that takes more than its share waits; a client's own patience ends, too. */
const WAIT_MAX_MS = 1_000;
const SENDERS_MAX = 10_000;

const TOO_MANY_SENDERS = refuse("BUSY", "too many keys have requests under way, nothing was logged; try again");
const TOO_MANY_UNDER_WAY = "requests of this key are under way already, nothing was logged; wait for their answers";

/** Puts requests of HTTP clients into the log, and tells what became of them. */
export class Orders {
  readonly #parts: OrdersParts;
  readonly #senders = new Map<string, Sender>();

  constructor(parts: OrdersParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the request is durably logged, or with why it is not. With `about`, the order whose result is waited for,
   * when settlement has committed what became of it: then with that order's reports, or, after the deadline, without them.
   */
  async submit(
    identity: Identity,
    asset: Asset,
    body: RequestBody,
    about: Target | "new order" | null,
  ): Promise<Submitted | Refusal> {
    if (about === null) return await this.#submit(identity, asset, body);
    const watch = this.#parts.results.watch(asset.asset, identity.accountId);
    try {
      const outcome = await this.#submit(identity, asset, body);
      if (isRefusal(outcome)) return outcome;
      const own = { orderId: orderId(outcome.logId), clientOrderId: null };
      const target = about === "new order" ? own : about;
      return { ...outcome, reports: await this.#reportsOf(watch, asset.asset, target, outcome) };
    } finally {
      watch.end();
    }
  }

  /** Why the request would be refused; null: it would be logged. */
  refusalOf(identity: Identity, asset: Asset, body: RequestBody): Refusal | null {
    return this.#parts.entry.refusalOf(asset.asset, { accountId: identity.accountId, receivedAtUs: nowUs(), body });
  }

  /** Sets the account's dead man's switch; null: it is set. */
  async setTimer(identity: Identity, seconds: number): Promise<Refusal | null> {
    const sender = this.#senderOf(identity.keyId);
    return sender === null ? TOO_MANY_SENDERS : this.#parts.entry.setTimer(identity.accountId, seconds, sender.rate);
  }

  async #submit(identity: Identity, asset: Asset, body: RequestBody): Promise<Acknowledged | Refusal> {
    const sender = this.#senderOf(identity.keyId);
    const { limits, metrics } = this.#parts;
    const receivedAtUs = nowUs();
    if (sender === null) return this.#counted(body, TOO_MANY_SENDERS);
    if (sender.underWay >= limits.inFlightPerKeyMax)
      return this.#counted(body, refuse("RATE_LIMITED", `${sender.underWay} ${TOO_MANY_UNDER_WAY}`));
    sender.underWay++;
    try {
      const outcome = await this.#log(identity.accountId, asset, body, sender.rate, receivedAtUs);
      if (!isRefusal(outcome)) metrics.acknowledged(receivedAtUs);
      return this.#counted(body, outcome);
    } finally {
      sender.underWay--;
    }
  }

  /** Null: they are not known before the deadline. */
  async #reportsOf(
    watch: Watch,
    asset: string,
    about: Target,
    { logId, receivedAtUs }: Acknowledged,
  ): Promise<readonly SequencedReport[] | null> {
    const { storedReports, limits, log } = this.#parts;
    try {
      const gathered = await beforeDeadline(watch.completeThrough(logId), limits.resultTimeoutMs);
      if (gathered !== "in doubt") return gathered.filter((report) => isAbout(report, about));
      return await storedReports(asset, watch.accountId, about, receivedAtUs);
    } catch (err) {
      if (!(err instanceof DeadlineExceeded)) log.warn({ err }, "a result could not be read");
      return null;
    }
  }

  async #log(
    accountId: AccountId,
    { asset }: Asset,
    body: RequestBody,
    rate: TokenBucket,
    receivedAtUs: EpochUs,
  ): Promise<Acknowledged | Refusal> {
    const { entry } = this.#parts;
    const waitMs = entry.waitMs(accountId);
    if (waitMs > 0) await pausedFor(Math.min(waitMs, WAIT_MAX_MS));
    return new Promise((resolve) =>
      entry.submit(asset, { accountId, receivedAtUs, body }, rate, (outcome) =>
        resolve(isRefusal(outcome) ? outcome : { ...outcome, receivedAtUs }),
      ),
    );
  }

  #counted<Outcome extends Acknowledged | Refusal>(body: RequestBody, outcome: Outcome): Outcome {
    this.#parts.metrics.answered(body.kind);
    if (isRefusal(outcome)) this.#parts.metrics.refused(outcome.name);
    return outcome;
  }

  /** Null: there are as many as may be, and each has requests under way. */
  #senderOf(keyId: string): Sender | null {
    const known = this.#senders.get(keyId);
    if (known !== undefined) return known;
    if (this.#senders.size >= SENDERS_MAX && !this.#forgetOne()) return null;
    const sender = { underWay: 0, rate: this.#parts.entry.newRate() };
    this.#senders.set(keyId, sender);
    return sender;
  }

  /** Forgets the one known longest that has nothing under way. */
  #forgetOne(): boolean {
    for (const [keyId, { underWay }] of this.#senders) if (underWay === 0) return this.#senders.delete(keyId);
    return false;
  }
}

function isAbout({ orderId, clientOrderId }: SequencedReport, target: Target): boolean {
  if (target.orderId !== null) return orderId === target.orderId;
  return clientOrderId !== null && clientOrderId === target.clientOrderId;
}
