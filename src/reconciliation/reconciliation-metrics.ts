import { nowEpochMs } from "../shared/process/clock.js";
import type { Metrics } from "../shared/process/metrics.js";
import type { OpenDifference } from "./difference-store.js";
import type { Lag } from "./pass.js";

/** The label of differences that are about no asset. */
const NO_ASSET = "none";

export class ReconciliationMetrics {
  readonly passes;
  readonly books;
  readonly vanished;
  readonly #assets: ReadonlyMap<string, unknown>;
  readonly #differences;
  readonly #passedAt;
  readonly #seconds;
  readonly #orders;
  readonly #unchecked;
  readonly #oldestUnchecked;
  readonly #lapStartedAt;
  readonly #verifiedThrough;

  constructor(metrics: Metrics, assets: ReadonlyMap<string, unknown>) {
    this.#assets = assets;
    this.passes = metrics.counter("reconciliation_passes_total", "Looks at everything that is new", ["outcome"]);
    this.books = metrics.counter("reconciliation_books_total", "Engines' snapshots by what became of them", [
      "outcome",
    ]);
    this.vanished = metrics.counter(
      "reconciliation_vanished_total",
      "Values that differed in one snapshot and not in the next: nothing was halted",
    );
    this.#differences = metrics.gauge("reconciliation_differences", "Values that are not what others say", ["asset"]);
    this.#passedAt = metrics.gauge("reconciliation_passed_at_seconds", "When the last pass was done, since the epoch");
    this.#seconds = metrics.gauge("reconciliation_pass_seconds", "How long the last pass took");
    this.#orders = metrics.gauge("reconciliation_pass_orders", "Orders that the last pass looked at");
    this.#unchecked = metrics.gauge(
      "reconciliation_unchecked_commands",
      "New commands that the last pass had no time for; the next one goes on with them",
    );
    this.#oldestUnchecked = metrics.gauge(
      "reconciliation_oldest_unchecked_seconds",
      "How old the oldest command was that was not looked at when the last pass was done",
    );
    this.#lapStartedAt = metrics.gauge(
      "reconciliation_lap_started_at_seconds",
      "When old history began to be looked at again from its beginning, since the epoch",
    );
    this.#verifiedThrough = metrics.gauge("reconciliation_verified_through", "The last event that was looked at", [
      "asset",
    ]);
  }

  differences(open: readonly OpenDifference[]): void {
    for (const asset of [...this.#assets.keys(), NO_ASSET]) {
      const about = open.filter(({ assets }) => (asset === NO_ASSET ? assets.length === 0 : assets.includes(asset)));
      this.#differences.set({ asset }, about.length);
    }
  }

  passed(orders: number, tookMs: number): void {
    this.#passedAt.set(nowEpochMs() / 1000);
    this.#seconds.set(tookMs / 1000);
    this.#orders.set(orders);
  }

  lag({ uncheckedCommands, oldestUncheckedAtMs, lapStartedAtMs, checkedThrough }: Lag): void {
    this.#unchecked.set(uncheckedCommands);
    this.#oldestUnchecked.set(oldestUncheckedAtMs === null ? 0 : (nowEpochMs() - oldestUncheckedAtMs) / 1000);
    this.#lapStartedAt.set(lapStartedAtMs / 1000);
    for (const { asset, event } of checkedThrough) this.#verifiedThrough.set({ asset }, event);
  }
}
