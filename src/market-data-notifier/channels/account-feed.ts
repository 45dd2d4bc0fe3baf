import { type Hole, SequenceGate } from "./sequence-gate.js";

/** A report as subscribers see it, with its place in the account's sequence. */
export interface FeedReport {
  readonly accountSequence: number;
  readonly matchedAtUs: number;
  /** The shape of docs/protocol.md, Execution report. */
  readonly json: object;
}

export interface AccountFeedLimits {
  readonly recentMax: number;
  readonly heldMax: number;
}

/** Told how many reports more (or fewer) are kept: the recent ones, and those behind a hole. */
export interface OnKept {
  readonly recent: (reports: number) => void;
  readonly held: (reports: number) => void;
}

/**
 * One account's execution reports while somebody listens, gapless by account sequence. It remembers the last few that
 * it released, so that a subscriber who comes from the past can close up to the live ones in one synchronous step.
 */
export class AccountFeed {
  readonly #gate: SequenceGate<FeedReport>;
  readonly #recentMax: number;
  readonly #onKept: OnKept;
  #recent: FeedReport[] = [];

  constructor(limits: AccountFeedLimits, onKept: OnKept) {
    this.#recentMax = limits.recentMax;
    this.#onKept = onKept;
    this.#gate = new SequenceGate(limits.heldMax, onKept.held);
  }

  get isStarted(): boolean {
    return this.#gate.isStarted;
  }

  /** The account sequence of the last report released to all. */
  get position(): number {
    return this.#gate.position;
  }

  /** A report is missing, and those behind it wait. */
  get isWaiting(): boolean {
    return this.#gate.isWaiting;
  }

  /** The account has settled up to here: the first time it is where the feed starts, later what must come at least. */
  settledUpTo(accountSequence: number): void {
    if (this.#gate.isStarted) this.#gate.knowUpTo(accountSequence);
    else this.#gate.start(accountSequence);
  }

  offer(report: FeedReport): void {
    this.#gate.offer(report.accountSequence, report);
  }

  /** The reports to send now to everybody who is live, at most `reportsMax`; they count as sent. */
  release(reportsMax: number): FeedReport[] {
    const reports = this.#gate.take(reportsMax);
    if (reports.length === 0) return reports;
    this.#recent.push(...reports);
    this.#onKept.recent(reports.length);
    // Cut in big steps: moving thousands of references for every report would cost more than the reports.
    if (this.#recent.length > 2 * this.#recentMax) this.#keepRecent(this.#recentMax);
    return reports;
  }

  /** What was released after `accountSequence`; null: that is too long ago, read it from the database. */
  recentAfter(accountSequence: number): FeedReport[] | null {
    const missing = this.position - accountSequence;
    if (missing <= 0) return [];
    return missing > this.#recent.length ? null : this.#recent.slice(-missing);
  }

  hole(lengthMax: number): Hole | null {
    return this.#gate.hole(lengthMax);
  }

  /** Lets go of what can be read from the database again. */
  forgetRecent(): void {
    this.#keepRecent(0);
  }

  /** The same of what waits behind a hole, but for the next few. */
  keepNext(heldMax: number): void {
    this.#gate.keepNext(heldMax);
  }

  /** Nobody listens any more. */
  close(): void {
    this.#keepRecent(0);
    this.#gate.clear();
  }

  #keepRecent(reports: number): void {
    const before = this.#recent.length;
    this.#recent = reports === 0 ? [] : this.#recent.slice(-reports);
    this.#onKept.recent(this.#recent.length - before);
  }
}
