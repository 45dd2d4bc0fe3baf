/**
 * Raises the alarm over differences. One counts when two looks in a row have found it: then it is logged once, stored, and
 * halts its assets once. A stored one that is no longer found is marked as right again.
 */
import type { Service } from "../shared/process/lifecycle.js";
import { rowKey } from "./comparison.js";
import type { DifferenceStore, NewDifference, OpenDifference } from "./difference-store.js";
import { differenceText } from "./difference-text.js";
import type { Finding, Looked } from "./findings.js";

const LOGGED_MAX = 50;

/** Differences that one look has found for the first time, by `rowKey`: they count if the next look finds them, too. */
export type Suspicions = ReadonlyMap<string, Finding>;

export class Alarm {
  readonly #log: Service["log"];
  readonly #store: DifferenceStore;
  readonly #assets: ReadonlyMap<string, unknown>;
  readonly #vanished: { inc(count: number): void };

  constructor(
    log: Service["log"],
    store: DifferenceStore,
    assets: ReadonlyMap<string, unknown>,
    vanished: { inc(count: number): void },
  ) {
    this.#log = log;
    this.#store = store;
    this.#assets = assets;
    this.#vanished = vanished;
  }

  /**
   * Judges a look. `open` are the differences known before it, `suspected` the suspicions of the look before; returns those of
   * this look.
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
