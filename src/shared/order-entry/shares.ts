/**
 * Makes the account that slows the log down wait for it. While several accounts send requests, those that take more than
 * their share are served at a limited rate, which rises as long as publishes take little longer than usual, and falls when
 * they do: what accounts share are the machine's processors, and only the time of a publish tells that they are used up. An
 * account that is alone, and accounts that send equally much, are not limited. Pure; times are monotonic.
 */
import type { AccountId } from "../domain/units.js";

/** One account's requests. */
interface Flow {
  /** Since the last review. */
  count: number;
  perSecond: number;
  takesMore: boolean;
  /** When it last took so much of its limit that it waits; null: it never did. */
  heldBackAtMs: number | null;
  /** When it has waited long enough for the requests that it has sent. */
  freeAtMs: number;
}

/** What an account may take, in equal shares: one of two is alone at 2; two that a third one hardly disturbs are at 1.5. */
const SHARES_MAX = 1.75;
/** Rates are averaged over so long. */
const MEMORY_MS = 1_000;
/** An account that sends less takes no part. */
const ACTIVE_PER_SECOND = 0.5;
/** A review is due after so long, or so many requests, but not fewer than there are accounts to look at: the beginning of a flood can't wait. */
const REVIEW_MS = 100;
const REVIEW_REQUESTS = 128;

/** Requests a second of an account that takes more: at first and at least, and at most. */
const LIMIT_MIN = 500;
const LIMIT_MAX = 1_000_000;
/** An account that takes less than this part of its limit hardly waits; one that takes more has the limit's ups and downs. */
const HELD_BACK_FACTOR = 0.5;
/** So long it is still told afterwards: whoever looks comes every few seconds. */
const HELD_BACK_TOLD_MS = 10_000;
/** By how much the limit changes in a review. */
const RISE = 1.1;
const FALL = 0.7;

/** How many times its usual time a publish may take. */
const SLOW_TIMES = 1.5;
/** Over about how many publishes their time is averaged, and over how many reviews the usual one, when it falls and when it rises. */
const PUBLISHES = 16;
const REVIEWS_DOWN = 16;
const REVIEWS_UP = 64;
/**
 * While accounts are limited, only the least limit shows what is usual: the log itself may have become slower. So after so long they
 * get no more than that for a moment, in which the usual time is averaged over so many reviews.
 */
const PROBE_EVERY_MS = 30_000;
const PROBE_MS = 1_000;
const REVIEWS_PROBED = 4;

export class Shares {
  readonly #flows = new Map<AccountId, Flow>();
  #reviewedAtMs = 0;
  #unreviewed = 0;
  #limitPerSecond = LIMIT_MIN;
  #publishMs = 0;
  #usualMs = 0;
  /** When the last probe ended, or accounts were limited last before that. */
  #probedAtMs = 0;
  #isProbing = false;

  /** Notes a request on its way to the log. */
  took(accountId: AccountId, nowMs: number): void {
    let flow = this.#flows.get(accountId);
    if (flow === undefined) {
      flow = { count: 0, perSecond: 0, takesMore: false, heldBackAtMs: null, freeAtMs: nowMs };
      this.#flows.set(accountId, flow);
    }
    flow.count++;
    if (flow.takesMore)
      flow.freeAtMs = Math.max(flow.freeAtMs, nowMs) + 1_000 / (this.#isProbing ? LIMIT_MIN : this.#limitPerSecond);
    const isMany = ++this.#unreviewed >= Math.max(REVIEW_REQUESTS, this.#flows.size);
    if (isMany || nowMs - this.#reviewedAtMs >= REVIEW_MS) this.#review(nowMs);
  }

  /** Forgets accounts that have stopped, also when nobody sends anything. Call it now and then. */
  sweep(nowMs: number): void {
    if (nowMs - this.#reviewedAtMs >= REVIEW_MS) this.#review(nowMs);
  }

  /** Notes how long the log took for a message. */
  published(tookMs: number): void {
    this.#publishMs = moved(this.#publishMs, tookMs, PUBLISHES);
  }

  /** How long the account must wait before more of its requests are served. */
  waitMs(accountId: AccountId, nowMs: number): number {
    const flow = this.#flows.get(accountId);
    return flow?.takesMore ? Math.max(0, flow.freeAtMs - nowMs) : 0;
  }

  /** How many accounts are served at a limited rate. */
  get limited(): number {
    let limited = 0;
    for (const { takesMore } of this.#flows.values()) if (takesMore) limited++;
    return limited;
  }

  /** How many of them wait for it. The others take more than their share, and nothing from anybody: the log is fast enough. */
  get heldBack(): number {
    let heldBack = 0;
    for (const { takesMore, heldBackAtMs } of this.#flows.values())
      if (takesMore && heldBackAtMs !== null && this.#reviewedAtMs - heldBackAtMs < HELD_BACK_TOLD_MS) heldBack++;
    return heldBack;
  }

  #review(nowMs: number): void {
    const elapsedMs = Math.max(1, nowMs - this.#reviewedAtMs);
    const kept = Math.exp(-elapsedMs / MEMORY_MS);
    let total = 0;
    for (const [accountId, flow] of this.#flows) {
      flow.perSecond = flow.perSecond * kept + (flow.count * 1_000) / MEMORY_MS;
      flow.count = 0;
      if (flow.perSecond < ACTIVE_PER_SECOND) this.#flows.delete(accountId);
      else total += flow.perSecond;
    }
    const most = (SHARES_MAX * total) / this.#flows.size;
    for (const flow of this.#flows.values()) flow.takesMore = flow.perSecond > most;
    const isLimiting = this.limited > 0;
    this.#probe(isLimiting, nowMs);
    this.#learn(isLimiting);
    if (isLimiting && !this.#isProbing) {
      this.#adapt(elapsedMs);
      this.#noteHeldBack(nowMs);
    }
    this.#reviewedAtMs = nowMs;
    this.#unreviewed = 0;
  }

  #probe(isLimiting: boolean, nowMs: number): void {
    const sinceMs = nowMs - this.#probedAtMs;
    if (!isLimiting || sinceMs >= PROBE_EVERY_MS + PROBE_MS) this.#probedAtMs = nowMs;
    this.#isProbing = isLimiting && nowMs - this.#probedAtMs >= PROBE_EVERY_MS;
  }

  /** What is slow because of those who take more is not usual. */
  #learn(isLimiting: boolean): void {
    if (this.#isProbing) this.#usualMs = moved(this.#usualMs, this.#publishMs, REVIEWS_PROBED);
    else if (this.#publishMs < this.#usualMs) this.#usualMs = moved(this.#usualMs, this.#publishMs, REVIEWS_DOWN);
    else if (!isLimiting) this.#usualMs = moved(this.#usualMs, this.#publishMs, REVIEWS_UP);
  }

  #noteHeldBack(nowMs: number): void {
    for (const flow of this.#flows.values())
      if (flow.takesMore && flow.perSecond >= HELD_BACK_FACTOR * this.#limitPerSecond) flow.heldBackAtMs = nowMs;
  }

  #adapt(elapsedMs: number): void {
    const isSlow = this.#publishMs > SLOW_TIMES * this.#usualMs;
    // A review that came early, since requests were many, changes the limit by its part of the time only.
    const factor = (isSlow ? FALL : RISE) ** Math.min(1, elapsedMs / REVIEW_MS);
    this.#limitPerSecond = Math.min(LIMIT_MAX, Math.max(LIMIT_MIN, this.#limitPerSecond * factor));
  }
}

/** An average after one more value; the first value is the average. */
function moved(average: number, value: number, over: number): number {
  return average + (value - average) / (average === 0 ? 1 : over);
}
