const EARLY_MAX = 100_000;

/**
 * Brings together an order's acknowledgement (which tells its id) and its first report (which carries the id), in
 * whichever order they come. Order ids are unique per asset.
 */
export class ReportMatching {
  readonly #onMatch: (order: number, arrivedMs: number) => void;
  readonly #acknowledged: Map<number, number>[];
  readonly #early: Map<number, number>[];

  constructor(assets: number, onMatch: (order: number, arrivedMs: number) => void) {
    this.#onMatch = onMatch;
    this.#acknowledged = Array.from({ length: assets }, () => new Map());
    this.#early = Array.from({ length: assets }, () => new Map());
  }

  /** Acknowledged orders that no report came of yet. */
  get missing(): number {
    return this.#acknowledged.reduce((sum, orders) => sum + orders.size, 0);
  }

  acknowledged(assetIndex: number, orderId: number, order: number): void {
    const arrivedMs = this.#early[assetIndex]?.get(orderId);
    if (arrivedMs === undefined) this.#acknowledged[assetIndex]?.set(orderId, order);
    else {
      this.#early[assetIndex]?.delete(orderId);
      this.#onMatch(order, arrivedMs);
    }
  }

  reported(assetIndex: number, orderId: number, arrivedMs: number): void {
    const order = this.#acknowledged[assetIndex]?.get(orderId);
    if (order !== undefined) {
      this.#acknowledged[assetIndex]?.delete(orderId);
      this.#onMatch(order, arrivedMs);
      return;
    }
    const early = this.#early[assetIndex];
    if (early !== undefined && early.size < EARLY_MAX) early.set(orderId, arrivedMs);
  }
}
