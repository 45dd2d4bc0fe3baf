import { type Hole, SequenceGate } from "./sequence-gate.js";

/** A report as subscribers see it, with its place in the account's sequence. */
export interface FeedReport {
  readonly accountSequence: number;
  readonly matchedAtUs: number;
  /** The shape of docs/protocol.md, Execution report. */
  readonly json: object;
}

/**
 * One account's execution reports while somebody listens, gapless by account sequence. It remembers the last few that
 * it released, so that a subscriber who comes from the past can close up to the live ones in one synchronous step.
 */
export class AccountFeed {
  readonly #gate: SequenceGate<FeedReport>;
  readonly #recentMax: number;
  #recent: FeedReport[] = [];

  constructor(limits: { readonly recentMax: number; readonly heldMax: number }) {
    this.#recentMax = limits.recentMax;
    this.#gate = new SequenceGate(limits.heldMax);
  }

  get isStarted(): boolean {
    return this.#gate.isStarted;
  }

  /** The account sequence of the last report released to all. */
  get position(): number {
    return this.#gate.position;
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
    // Cut in big steps: moving thousands of references for every report would cost more than the reports.
    if (this.#recent.length > 2 * this.#recentMax) this.#recent = this.#recent.slice(-this.#recentMax);
    return reports;
  }

  /** What was released after `accountSequence`; null: that is too long ago, read it from the database. */
  recentAfter(accountSequence: number): FeedReport[] | null {
    const missing = this.position - accountSequence;
    if (missing <= 0) return [];
    return missing > this.#recent.length ? null : this.#recent.slice(-missing);
  }

  hole(): Hole | null {
    return this.#gate.hole();
  }
}
