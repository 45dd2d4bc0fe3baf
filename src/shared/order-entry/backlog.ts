import type { AccountId, LogId } from "../domain/units.js";

/** How finely an asset's log is sampled, and how many samples are kept: together they cover more than any limit of age. */
const SAMPLE_INTERVAL_MS = 250;
const SAMPLES_MAX = 1_000;

/** The requests of one asset that were logged within a sample's time. */
interface Sample {
  readonly firstLoggedAtMs: number;
  last: LogId;
  readonly requests: Map<AccountId, number>;
}

/** One asset's requests that are taken, and not refused or processed yet. */
interface Unprocessed {
  /** Of those that are acknowledged; oldest first. */
  readonly samples: Sample[];
  readonly requests: Map<AccountId, number>;
  total: number;
}

/** An account causes a backlog that has so much of an equal share of it: less, and two equal ones would each wait for the other. */
const CAUSERS_SHARE = 0.5;

/**
 * Measures how far order-processing is behind: the age of the oldest request that was acknowledged here and is not
 * processed, and each account's share of what waits, before its acknowledgement too. By it the door refuses orders, first those of
 * the accounts that cause the backlog, since acknowledging fast while reports fall behind is no service. Pure; all times are
 * monotonic.
 */
export class Backlog {
  readonly #assets = new Map<string, Unprocessed>();

  /** Notes a request on its way into the log. */
  taken(asset: string, accountId: AccountId): void {
    this.#count(asset, accountId, 1);
  }

  /** Notes that a request is no longer on its way: it is logged, or was refused. */
  settled(asset: string, accountId: AccountId): void {
    this.#count(asset, accountId, -1);
  }

  /** Notes a stored message: `last` is the log id of its last request, `accountIds` has the account of each request. */
  logged(asset: string, last: LogId, accountIds: Iterable<AccountId>, nowMs: number): void {
    const { samples } = this.#of(asset);
    let sample = samples.at(-1);
    const isDue = sample === undefined || nowMs - sample.firstLoggedAtMs >= SAMPLE_INTERVAL_MS;
    if (sample === undefined || (isDue && samples.length < SAMPLES_MAX)) {
      sample = { firstLoggedAtMs: nowMs, last, requests: new Map() };
      samples.push(sample);
    }
    sample.last = last;
    for (const accountId of accountIds) {
      add(sample.requests, accountId, 1);
      this.#count(asset, accountId, 1);
    }
  }

  /** Forgets requests that are processed. `through` is empty where order-processing has never run: nothing waits for it. */
  processed(through: ReadonlyMap<string, LogId>): void {
    const otherwise = through.size === 0 ? Number.POSITIVE_INFINITY : 0;
    for (const [asset, unprocessed] of this.#assets) {
      const reached = through.get(asset) ?? otherwise;
      const first = unprocessed.samples.findIndex(({ last }) => last > reached);
      const done = unprocessed.samples.splice(0, first < 0 ? unprocessed.samples.length : first);
      for (const { requests } of done) for (const [accountId, count] of requests) this.#count(asset, accountId, -count);
    }
  }

  ageMs(asset: string, nowMs: number): number {
    const oldest = this.#assets.get(asset)?.samples[0];
    return oldest === undefined ? 0 : nowMs - oldest.firstLoggedAtMs;
  }

  /** How many of the account's requests wait. */
  requestsOf(asset: string, accountId: AccountId): number {
    return this.#assets.get(asset)?.requests.get(accountId) ?? 0;
  }

  /** Whether what waits in the asset is the account's to a good part: half of an equal share, or more. */
  hasShare(asset: string, accountId: AccountId): boolean {
    const unprocessed = this.#assets.get(asset);
    const own = unprocessed?.requests.get(accountId) ?? 0;
    return unprocessed !== undefined && own > 0 && own * unprocessed.requests.size >= CAUSERS_SHARE * unprocessed.total;
  }

  get isEmpty(): boolean {
    for (const { samples } of this.#assets.values()) if (samples.length > 0) return false;
    return true;
  }

  oldestMs(nowMs: number): number {
    return Math.max(0, ...[...this.#assets.keys()].map((asset) => this.ageMs(asset, nowMs)));
  }

  #of(asset: string): Unprocessed {
    let unprocessed = this.#assets.get(asset);
    if (unprocessed === undefined) {
      unprocessed = { samples: [], requests: new Map(), total: 0 };
      this.#assets.set(asset, unprocessed);
    }
    return unprocessed;
  }

  #count(asset: string, accountId: AccountId, count: number): void {
    const unprocessed = this.#of(asset);
    add(unprocessed.requests, accountId, count);
    unprocessed.total += count;
  }
}

function add(counts: Map<AccountId, number>, accountId: AccountId, count: number): void {
  const sum = (counts.get(accountId) ?? 0) + count;
  if (sum === 0) counts.delete(accountId);
  else counts.set(accountId, sum);
}
