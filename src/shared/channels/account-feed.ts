import { type Hole, SequenceGate } from "../market-data/sequence-gate.js";

/** A report in the form that subscribers get, with its number in the account's sequence. */
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

/** Callbacks with the number of reports kept more (or fewer): recent ones, and those behind a hole. */
export interface OnKept {
  readonly recent: (reports: number) => void;
  readonly held: (reports: number) => void;
}

/**
 * The execution reports of one account that has subscribers, gapless by account sequence. It keeps the last few released
 * ones, so that a subscriber that catches up can close up to the live ones in one synchronous step.
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

  /** Whether a report is missing, and those after it wait. */
  get isWaiting(): boolean {
    return this.#gate.isWaiting;
  }

  /** The account's last settled report: by the first call the feed starts after it, later ones say which must come. */
  settledUpTo(accountSequence: number): void {
    if (this.#gate.isStarted) this.#gate.knowUpTo(accountSequence);
    else this.#gate.start(accountSequence);
  }

  offer(report: FeedReport): void {
    this.#gate.offer(report.accountSequence, report);
  }

  /** Takes the reports to send to all live subscribers now, at most `reportsMax`. */
  release(reportsMax: number): FeedReport[] {
    const reports = this.#gate.take(reportsMax);
    if (reports.length === 0) return reports;
    this.#recent.push(...reports);
    this.#onKept.recent(reports.length);
    // Cut rarely and by much: moving thousands of references for every report would cost more than the reports.
    if (this.#recent.length > 2 * this.#recentMax) this.#keepRecent(this.#recentMax);
    return reports;
  }

  /** The reports released after `accountSequence`; null: some are no longer kept, and must be read from the database. */
  recentAfter(accountSequence: number): FeedReport[] | null {
    const missing = this.position - accountSequence;
    if (missing <= 0) return [];
    return missing > this.#recent.length ? null : this.#recent.slice(-missing);
  }

  hole(lengthMax: number): Hole | null {
    return this.#gate.hole(lengthMax);
  }

  /** Forgets the released reports: the database has them. */
  forgetRecent(): void {
    this.#keepRecent(0);
  }

  /** Forgets the reports behind a hole, but for the next few: the database has them. */
  keepNext(heldMax: number): void {
    this.#gate.keepNext(heldMax);
  }

  /** Ends the feed of an account without subscribers. */
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
