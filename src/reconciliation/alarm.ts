/**
 * What is done about differences: each counts when two looks, one after the other, have found it. Then it is said once and
 * halts its assets once, and is taken back when it is right again.
 */
import type { Service } from "../shared/process/lifecycle.js";
import { rowKey } from "./comparison.js";
import type { DifferenceStore, NewDifference, OpenDifference } from "./difference-store.js";
import { differenceText } from "./difference-text.js";
import type { Finding, Looked } from "./findings.js";

const LOGGED_MAX = 50;

/** What one look has found that was not known, by row: the next look shows whether it is so. */
export type Suspicions = ReadonlyMap<string, Finding>;

export class Alarm {
  readonly #log: Service["log"];
  readonly #store: DifferenceStore;
  readonly #assets: ReadonlySet<string>;
  readonly #vanished: { inc(count: number): void };

  constructor(
    log: Service["log"],
    store: DifferenceStore,
    assets: ReadonlySet<string>,
    vanished: { inc(count: number): void },
  ) {
    this.#log = log;
    this.#store = store;
    this.#assets = assets;
    this.#vanished = vanished;
  }

  /**
   * `open` is what was known before that look, `suspected` what the look before it found for the first time. What this one
   * does for the first time is returned.
   */
  async raise(
    { findings, seen, resolved }: Looked,
    open: readonly OpenDifference[],
    suspected: Suspicions,
  ): Promise<Suspicions> {
    const known = new Set(open.map(({ difference }) => rowKey(difference)));
    const suspicions = new Map<string, Finding>();
    const added: NewDifference[] = [];
    for (const finding of findings) {
      const key = rowKey(finding.difference);
      if (suspected.has(key) && !known.has(key))
        added.push({ ...finding, assets: await this.#store.assetsOf(finding.difference, this.#assets) });
      else if (!known.has(key)) suspicions.set(key, finding);
    }
    this.#dismiss(suspected, new Set([...known, ...findings.map(({ difference }) => rowKey(difference))]));
    if (added.length > 0) await this.#store.add(added);
    for (const { difference, assets } of added.slice(0, LOGGED_MAX))
      this.#log.fatal({ ...difference, halted: assets }, "what is written differs");
    if (added.length > LOGGED_MAX)
      this.#log.fatal({ more: added.length - LOGGED_MAX }, "more rows differ: see reconciliation_differences");
    await this.#store.update(seen, resolved);
    for (const { id, difference } of resolved)
      this.#log.info({ id, difference: differenceText(difference) }, "what differed is right again");
    return suspicions;
  }

  #dismiss(suspected: Suspicions, differing: ReadonlySet<string>): void {
    const vanished = [...suspected].filter(([key]) => !differing.has(key));
    if (vanished.length === 0) return;
    this.#vanished.inc(vanished.length);
    for (const [, { difference }] of vanished.slice(0, LOGGED_MAX))
      this.#log.warn(
        { ...difference, of: vanished.length },
        "what differed was right a moment later; nothing is halted",
      );
  }
}
