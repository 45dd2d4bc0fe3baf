import type { AssetRegistry } from "../shared/domain/assets.js";
import type { PriceTicks } from "../shared/domain/units.js";
import type { Logger } from "../shared/process/log.js";
import { limitsNeedLastPrice } from "../shared/requests/order-limits.js";

/** How often Postgres is asked. */
const INTERVAL_MS = 1_000;

export type ReadLastPrices = (assets: readonly string[]) => Promise<ReadonlyMap<string, PriceTicks>>;

/** What each asset whose limits depend on it last traded at. While Postgres is away, the last that is known holds. */
export class LastPrices {
  readonly #assets: readonly string[];
  readonly #read: ReadLastPrices;
  readonly #log: Logger;
  readonly #known = new Map<string, PriceTicks>();
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor({ assets }: AssetRegistry, read: ReadLastPrices, log: Logger) {
    this.#assets = [...assets.values()].filter(limitsNeedLastPrice).map(({ asset }) => asset);
    this.#read = read;
    this.#log = log;
  }

  /** Null: it has not traded, or nobody needs to know. */
  of(asset: string): PriceTicks | null {
    return this.#known.get(asset) ?? null;
  }

  /** Never rejects. */
  async refresh(nowMs: number): Promise<void> {
    if (this.#assets.length === 0 || this.#isAsking || nowMs - this.#askedMs < INTERVAL_MS) return;
    this.#askedMs = nowMs;
    this.#isAsking = true;
    try {
      for (const [asset, ticks] of await this.#read(this.#assets)) this.#known.set(asset, ticks);
    } catch (err) {
      this.#log.warn({ err }, "the last prices can't be read; orders are judged by the ones before");
    }
    this.#isAsking = false;
  }
}
