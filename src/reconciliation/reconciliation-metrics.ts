import type { Metrics } from "../shared/metrics.js";
import type { OpenDifference } from "./difference-store.js";
import type { PassResult } from "./pass.js";

/** The label of what is about no asset. */
const NO_ASSET = "none";

export class ReconciliationMetrics {
  readonly passes;
  readonly books;
  readonly #assets: readonly string[];
  readonly #differences;
  readonly #passedAt;
  readonly #seconds;
  readonly #orders;
  readonly #skipped;
  readonly #verifiedThrough;

  constructor(metrics: Metrics, assets: ReadonlySet<string>) {
    this.#assets = [...assets, NO_ASSET];
    this.passes = metrics.counter("reconciliation_passes_total", "Looks at everything that is new", ["outcome"]);
    this.books = metrics.counter("reconciliation_books_total", "Engines' snapshots by what became of them", [
      "outcome",
    ]);
    this.#differences = metrics.gauge("reconciliation_differences", "Values that are not what others say", ["asset"]);
    this.#passedAt = metrics.gauge("reconciliation_passed_at_seconds", "When the last pass was done, since the epoch");
    this.#seconds = metrics.gauge("reconciliation_pass_seconds", "How long the last pass took");
    this.#orders = metrics.gauge("reconciliation_pass_orders", "Orders that the last pass looked at");
    this.#skipped = metrics.counter(
      "reconciliation_skipped_commands_total",
      "New commands that there was no time for; the rotation comes to them",
    );
    this.#verifiedThrough = metrics.gauge("reconciliation_verified_through", "The last event that was looked at", [
      "asset",
    ]);
  }

  differences(open: readonly OpenDifference[]): void {
    for (const asset of this.#assets) {
      const about = open.filter(({ assets }) => (asset === NO_ASSET ? assets.length === 0 : assets.includes(asset)));
      this.#differences.set({ asset }, about.length);
    }
  }

  passed({ orders, skippedCommands, verifiedThrough }: PassResult, tookMs: number): void {
    this.#passedAt.set(Date.now() / 1000);
    this.#seconds.set(tookMs / 1000);
    this.#orders.set(orders);
    this.#skipped.inc(skippedCommands);
    for (const { asset, event } of verifiedThrough) this.#verifiedThrough.set({ asset }, event);
  }
}
