/** What is done about differences: each is said once and halts its assets once, and is taken back when it is right again. */
import type { Service } from "../shared/process/lifecycle.js";
import { rowKey } from "./comparison.js";
import type { DifferenceStore, NewDifference, OpenDifference } from "./difference-store.js";
import { differenceText } from "./difference-text.js";
import type { Looked } from "./pass.js";

const LOGGED_MAX = 50;

export class Alarm {
  readonly #log: Service["log"];
  readonly #store: DifferenceStore;
  readonly #assets: ReadonlySet<string>;

  constructor(log: Service["log"], store: DifferenceStore, assets: ReadonlySet<string>) {
    this.#log = log;
    this.#store = store;
    this.#assets = assets;
  }

  /** `open` is what was known before that look. */
  async raise({ findings, seen, resolved }: Looked, open: readonly OpenDifference[]): Promise<void> {
    const known = new Set(open.map(({ difference }) => rowKey(difference)));
    const added: NewDifference[] = [];
    for (const { difference, foundIn } of findings)
      if (!known.has(rowKey(difference)))
        added.push({ difference, foundIn, assets: await this.#store.assetsOf(difference, this.#assets) });
    if (added.length > 0) await this.#store.add(added);
    for (const { difference, assets } of added.slice(0, LOGGED_MAX))
      this.#log.fatal({ ...difference, halted: assets }, "what is written differs");
    if (added.length > LOGGED_MAX)
      this.#log.fatal({ more: added.length - LOGGED_MAX }, "more rows differ: see reconciliation_differences");
    await this.#store.update(seen, resolved);
    for (const { id, difference } of resolved)
      this.#log.info({ id, difference: differenceText(difference) }, "what differed is right again");
  }
}
