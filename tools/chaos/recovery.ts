/** Notes when life comes back: the first acknowledgement, or the first report, of a request sent after the mark. */
import { pausedFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { percentile } from "../load/percentile.js";

export type Measure = "ack" | "report";

/** From the mark on. */
export interface Recovered {
  /** Until the first acknowledgement, or report, as the fault wants it. */
  readonly firstMs: number;
  /** Until every asset had a report. */
  readonly allMs: number;
}

/** What of a recovery must be over within which time, in 99 of 100 injections. */
export interface TimeLimit {
  /** "first": the first acknowledgement or report, as the fault measures it; "all": a report of every asset. */
  readonly of: "first" | "all";
  readonly p99Ms: number;
}

/** Null: nothing recovered. */
export function timeOf({ of }: Pick<TimeLimit, "of">, recovered: readonly Recovered[], share: number): number | null {
  return percentile(
    recovered.map(({ firstMs, allMs }) => (of === "first" ? firstMs : allMs)),
    share,
  );
}

export class NotRecovered extends Error {
  override readonly name = "NotRecovered";
}

const LOOK_MS = 5;

export class Recovery {
  readonly #assets: readonly string[];
  #markMs = Number.POSITIVE_INFINITY;
  #acknowledgedAtMs = performance.now();
  #longestGapMs = 0;
  readonly #reportedAtMs = new Map<string, number>();
  #longestReportGapMs = 0;
  /** New orders of assets that have had no report yet, sent after the mark. */
  readonly #orders = new Set<string>();
  #backMs: Record<Measure, Map<string, number>> = { ack: new Map(), report: new Map() };

  constructor(assets: readonly string[]) {
    this.#assets = assets;
  }

  get markMs(): number {
    return this.#markMs;
  }

  /** From here on time counts; what was sent before does not. */
  mark(): void {
    this.#markMs = performance.now();
    this.#orders.clear();
    this.#backMs = { ack: new Map(), report: new Map() };
  }

  /** The longest time without an acknowledgement since this was asked before. */
  takeLongestGapMs(): number {
    const nowMs = performance.now();
    const longestMs = Math.max(this.#longestGapMs, nowMs - this.#acknowledgedAtMs);
    this.#longestGapMs = 0;
    this.#acknowledgedAtMs = nowMs;
    return longestMs;
  }

  /** The longest time without a report of one and the same asset since this was asked before. */
  takeLongestReportGapMs(): number {
    const nowMs = performance.now();
    const open = [...this.#reportedAtMs.values()].map((atMs) => nowMs - atMs);
    const longestMs = Math.max(this.#longestReportGapMs, ...open);
    this.#longestReportGapMs = 0;
    for (const asset of this.#reportedAtMs.keys()) this.#reportedAtMs.set(asset, nowMs);
    return longestMs;
  }

  acknowledged(asset: string, logId: number, sentAtMs: number): void {
    const nowMs = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#acknowledgedAtMs);
    this.#acknowledgedAtMs = nowMs;
    if (sentAtMs < this.#markMs) return;
    this.#note("ack", asset);
    if (!this.#backMs.report.has(asset)) this.#orders.add(`${asset} ${logId}`);
  }

  reported(asset: string, orderId: number): void {
    const nowMs = performance.now();
    this.#longestReportGapMs = Math.max(this.#longestReportGapMs, nowMs - (this.#reportedAtMs.get(asset) ?? nowMs));
    this.#reportedAtMs.set(asset, nowMs);
    if (this.#orders.has(`${asset} ${orderId}`)) this.#note("report", asset);
  }

  /** Once there was a new report of every asset. Rejects with NotRecovered after the deadline. */
  async complete(measure: Measure, deadlineMs: number, without: ReadonlySet<string> = new Set()): Promise<Recovered> {
    const reported = this.#backMs.report;
    const awaited = this.#assets.filter((asset) => !without.has(asset));
    while (!awaited.every((asset) => reported.has(asset))) {
      if (performance.now() - this.#markMs > patience(deadlineMs)) {
        const missing = awaited.filter((asset) => !reported.has(asset));
        throw new NotRecovered(
          `no new report of ${missing.join(", ")} within ${Math.round(performance.now() - this.#markMs)} ms`,
        );
      }
      await pausedFor(LOOK_MS);
    }
    return { firstMs: Math.min(...this.#backMs[measure].values()), allMs: Math.max(...reported.values()) };
  }

  #note(measure: Measure, asset: string): void {
    const back = this.#backMs[measure];
    if (!back.has(asset)) back.set(asset, performance.now() - this.#markMs);
  }
}
