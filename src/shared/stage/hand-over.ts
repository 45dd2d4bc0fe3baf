/**
 * Decides which of the assets that move to another process is let go of next: one at a time, so that the other process has
 * only one to start, and each only when its next start is prepared. Its input is handled here until then.
 */

import type { Logger } from "../process/log.js";
import { beforeDeadline } from "../process/waits.js";

/** How long preparing may take; after that the asset goes unprepared, and its next start is slower. */
const PREPARE_MAX_MS = 5_000;

interface Preparation {
  readonly asset: string;
  isDone: boolean;
}

export class HandOver {
  readonly #log: Logger;
  readonly #prepare: ((asset: string) => Promise<void>) | null;
  readonly #onPrepared: () => void;
  #preparation: Preparation | null = null;

  constructor(log: Logger, prepare: ((asset: string) => Promise<void>) | null, onPrepared: () => void) {
    this.#log = log;
    this.#prepare = prepare;
    this.#onPrepared = onPrepared;
  }

  /** The asset to let go of now; null: none leaves, or its start is not prepared yet. Called between two batches. */
  next(leaving: ReadonlySet<string>): string | null {
    if (this.#preparation === null || !leaving.has(this.#preparation.asset)) {
      const [asset] = leaving;
      if (asset === undefined) return null;
      this.#preparation = this.#start(asset);
    }
    const { asset, isDone } = this.#preparation;
    if (!isDone) return null;
    this.#preparation = null;
    return asset;
  }

  #start(asset: string): Preparation {
    const preparation = { asset, isDone: this.#prepare === null };
    if (this.#prepare !== null)
      void beforeDeadline(this.#prepare(asset), PREPARE_MAX_MS)
        .catch((err: unknown) => this.#log.warn({ err, asset }, "an asset is handed over unprepared"))
        .then(() => {
          preparation.isDone = true;
          this.#onPrepared();
        });
    return preparation;
  }
}
