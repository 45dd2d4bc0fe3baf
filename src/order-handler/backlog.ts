import type { AccountId, LogId } from "../shared/domain/units.js";

/** How finely an asset's log is sampled, and how many samples are kept: together more than any limit on the age. */
const SAMPLE_INTERVAL_MS = 250;
const SAMPLES_MAX = 1_000;

/** What was logged of one asset within a sample's time. */
interface Sample {
  readonly firstLoggedAtMs: number;
  last: LogId;
  readonly requests: Map<AccountId, number>;
}

/** One asset's acknowledged requests that are not processed. */
interface Unprocessed {
  /** Oldest first. */
  readonly samples: Sample[];
  readonly requests: Map<AccountId, number>;
  total: number;
}

/**
 * How far processing is behind the log: the age of the oldest request that was acknowledged here and is not processed,
 * and whose requests these are. Acknowledging fast while reports fall behind is not a service, and whoever causes it is
 * the first to be refused. Pure; all times are monotonic.
 */
export class Backlog {
  readonly #assets = new Map<string, Unprocessed>();

  /** `accountIds`: whose the requests of a message are, of which `last` is the last one. */
  logged(asset: string, last: LogId, accountIds: Iterable<AccountId>, nowMs: number): void {
    const unprocessed: Unprocessed = this.#assets.get(asset) ?? { samples: [], requests: new Map(), total: 0 };
    this.#assets.set(asset, unprocessed);
    const { samples } = unprocessed;
    let sample = samples.at(-1);
    const isDue = sample === undefined || nowMs - sample.firstLoggedAtMs >= SAMPLE_INTERVAL_MS;
    if (sample === undefined || (isDue && samples.length < SAMPLES_MAX)) {
      sample = { firstLoggedAtMs: nowMs, last, requests: new Map() };
      samples.push(sample);
    }
    sample.last = last;
    for (const accountId of accountIds) {
      add(sample.requests, accountId, 1);
      add(unprocessed.requests, accountId, 1);
      unprocessed.total++;
    }
  }

  /** Up to where each asset has been processed. Where nothing ever was, there is no processing to wait for. */
  processed(through: ReadonlyMap<string, LogId>): void {
    const otherwise = through.size === 0 ? Number.POSITIVE_INFINITY : 0;
    for (const [asset, unprocessed] of this.#assets) {
      const reached = through.get(asset) ?? otherwise;
      const first = unprocessed.samples.findIndex(({ last }) => last > reached);
      const done = unprocessed.samples.splice(0, first < 0 ? unprocessed.samples.length : first);
      for (const { requests } of done)
        for (const [accountId, count] of requests) {
          add(unprocessed.requests, accountId, -count);
          unprocessed.total -= count;
        }
    }
  }

  ageMs(asset: string, nowMs: number): number {
    const oldest = this.#assets.get(asset)?.samples[0];
    return oldest === undefined ? 0 : nowMs - oldest.firstLoggedAtMs;
  }

  /** How many of the account's requests wait to be processed. */
  requestsOf(asset: string, accountId: AccountId): number {
    return this.#assets.get(asset)?.requests.get(accountId) ?? 0;
  }

  /** Whether the account has an equal share of what waits, or more; who has nothing waiting has none. */
  hasShare(asset: string, accountId: AccountId): boolean {
    const unprocessed = this.#assets.get(asset);
    const own = unprocessed?.requests.get(accountId) ?? 0;
    return unprocessed !== undefined && own > 0 && own * unprocessed.requests.size >= unprocessed.total;
  }

  get isEmpty(): boolean {
    for (const { samples } of this.#assets.values()) if (samples.length > 0) return false;
    return true;
  }

  oldestMs(nowMs: number): number {
    return Math.max(0, ...[...this.#assets.keys()].map((asset) => this.ageMs(asset, nowMs)));
  }
}

function add(counts: Map<AccountId, number>, accountId: AccountId, count: number): void {
  const sum = (counts.get(accountId) ?? 0) + count;
  if (sum === 0) counts.delete(accountId);
  else counts.set(accountId, sum);
}
