import type { AssetRegistry } from "../domain/assets.js";
import type { PriceTicks } from "../domain/units.js";
import type { Logger } from "../process/log.js";
import { limitsNeedLastPrice } from "../requests/order-limits.js";
import { Poll } from "./poll.js";

/** How often prices are read from Postgres. */
const INTERVAL_MS = 1_000;

export type ReadLastPrices = (assets: readonly string[]) => Promise<ReadonlyMap<string, PriceTicks>>;

/** The last price of each asset whose order limits depend on it. While Postgres is away, the last known ones hold. */
export class LastPrices {
  readonly #known = new Map<string, PriceTicks>();
  readonly #poll: Poll;

  constructor({ assets }: AssetRegistry, read: ReadLastPrices, log: Logger) {
    const ask = async () => {
      const concerned = [...assets.values()].filter(limitsNeedLastPrice).map(({ asset }) => asset);
      if (concerned.length === 0) return;
      for (const [asset, ticks] of await read(concerned)) this.#known.set(asset, ticks);
    };
    const trouble = "the last prices can't be read; orders are judged by the ones before";
    this.#poll = new Poll(INTERVAL_MS, ask, log, trouble);
  }

  /** Null: the asset has not traded, or its limits don't depend on the price. */
  of(asset: string): PriceTicks | null {
    return this.#known.get(asset) ?? null;
  }

  /** Never rejects. */
  async refresh(nowMs: number): Promise<void> {
    await this.#poll.tick(nowMs);
  }
}
