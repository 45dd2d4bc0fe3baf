import type { LogId } from "../shared/domain/units.js";

/** How often an asset's log is sampled, and how many samples are kept: together more than any limit on the age. */
const SAMPLE_INTERVAL_MS = 250;
const SAMPLES_MAX = 1_000;

interface Sample {
  readonly logId: LogId;
  readonly loggedAtMs: number;
}

/**
 * How far processing is behind the log, as time: the age of the oldest request that was acknowledged here and is not
 * processed. Acknowledging fast while reports fall behind is not a service. Pure; all times are monotonic.
 */
export class Backlog {
  /** Oldest first. */
  readonly #samples = new Map<string, Sample[]>();

  logged(asset: string, logId: LogId, nowMs: number): void {
    const samples = this.#samples.get(asset) ?? [];
    this.#samples.set(asset, samples);
    const isDue = nowMs - (samples.at(-1)?.loggedAtMs ?? Number.NEGATIVE_INFINITY) >= SAMPLE_INTERVAL_MS;
    if (isDue && samples.length < SAMPLES_MAX) samples.push({ logId, loggedAtMs: nowMs });
  }

  /** Up to where each asset has been processed. Where nothing ever was, there is no processing to wait for. */
  processed(through: ReadonlyMap<string, LogId>): void {
    const otherwise = through.size === 0 ? Number.POSITIVE_INFINITY : 0;
    for (const [asset, samples] of this.#samples) {
      const reached = through.get(asset) ?? otherwise;
      const first = samples.findIndex(({ logId }) => logId > reached);
      samples.splice(0, first < 0 ? samples.length : first);
    }
  }

  ageMs(asset: string, nowMs: number): number {
    const oldest = this.#samples.get(asset)?.[0];
    return oldest === undefined ? 0 : nowMs - oldest.loggedAtMs;
  }

  get isEmpty(): boolean {
    for (const samples of this.#samples.values()) if (samples.length > 0) return false;
    return true;
  }

  oldestMs(nowMs: number): number {
    return Math.max(0, ...[...this.#samples.keys()].map((asset) => this.ageMs(asset, nowMs)));
  }
}
