/**
 * Answers that wait for the result. A watch is opened before its request goes to the log, gathers its account's reports of the
 * asset meanwhile, and ends when the notifications say that the asset is complete through the request's log id: by then the
 * reports, and all that they changed, are committed. Pure.
 */
import type { NotificationBatch, SequencedReport } from "../../shared/domain/reports.js";
import type { AccountId, LogId } from "../../shared/domain/units.js";

/** "in doubt": reports may be missing here; all of them are in Postgres. */
export type Gathered = readonly SequencedReport[] | "in doubt";

/** Reports that one watch keeps; past that they are read from Postgres. */
const REPORTS_MAX = 2_000;

export class Watch {
  readonly accountId: AccountId;
  readonly #settled: () => LogId;
  readonly #ended: (watch: Watch) => void;
  readonly #reports: SequencedReport[] = [];
  #isInDoubt = false;
  #through: LogId | null = null;
  #resolve: (gathered: Gathered) => void = () => undefined;

  constructor(accountId: AccountId, settled: () => LogId, ended: (watch: Watch) => void) {
    this.accountId = accountId;
    this.#settled = settled;
    this.#ended = ended;
  }

  /** Resolves once the asset is complete through the log id. Call it once; who does not wait any longer calls `end`. */
  completeThrough(logId: LogId): Promise<Gathered> {
    return new Promise((resolve) => {
      this.#through = logId;
      this.#resolve = resolve;
      this.look();
    });
  }

  end(): void {
    this.#ended(this);
  }

  take(report: SequencedReport): void {
    if (report.accountId !== this.accountId) return;
    if (this.#reports.length < REPORTS_MAX) this.#reports.push(report);
    else this.#isInDoubt = true;
  }

  doubt(): void {
    this.#isInDoubt = true;
  }

  look(): void {
    if (this.#through === null || this.#settled() < this.#through) return;
    this.end();
    this.#resolve(this.#isInDoubt ? "in doubt" : this.#reports);
  }
}

interface Followed {
  through: LogId;
  readonly watches: Set<Watch>;
}

export class Results {
  readonly #assets = new Map<string, Followed>();

  watch(asset: string, accountId: AccountId): Watch {
    const followed = this.#followed(asset);
    const watch = new Watch(
      accountId,
      () => followed.through,
      (ended) => followed.watches.delete(ended),
    );
    followed.watches.add(watch);
    return watch;
  }

  /** Takes a notification; call it when what it says can be read, too. */
  settled(asset: string, { reports, throughLogId, resync }: NotificationBatch): void {
    const followed = this.#followed(asset);
    followed.through = Math.max(followed.through, throughLogId) as LogId;
    for (const watch of followed.watches) {
      if (resync) watch.doubt();
      for (const report of reports) watch.take(report);
    }
    for (const watch of [...followed.watches]) watch.look();
  }

  /** Notifications may have been missed. */
  doubt(): void {
    for (const { watches } of this.#assets.values()) for (const watch of watches) watch.doubt();
  }

  get waiting(): number {
    let count = 0;
    for (const { watches } of this.#assets.values()) count += watches.size;
    return count;
  }

  #followed(asset: string): Followed {
    let followed = this.#assets.get(asset);
    if (followed === undefined) {
      followed = { through: 0 as LogId, watches: new Set() };
      this.#assets.set(asset, followed);
    }
    return followed;
  }
}
