import type { CommandSequence } from "../shared/domain/units.js";

interface Published {
  readonly last: CommandSequence;
  readonly atMs: number;
}

/** How long each asset's oldest command that is not settled has been published. Pure; times are monotonic. */
export class UnsettledSince {
  /** Batches that are not settled whole, oldest first. */
  readonly #batches = new Map<string, Published[]>();

  published(asset: string, last: CommandSequence, atMs: number): void {
    const batches = this.#batches.get(asset) ?? [];
    this.#batches.set(asset, batches);
    batches.push({ last, atMs });
  }

  settled(asset: string, through: CommandSequence): void {
    const batches = this.#batches.get(asset) ?? [];
    const first = batches.findIndex(({ last }) => last > through);
    batches.splice(0, first < 0 ? batches.length : first);
  }

  ageMs(asset: string, nowMs: number): number {
    const [oldest] = this.#batches.get(asset) ?? [];
    return oldest === undefined ? 0 : nowMs - oldest.atMs;
  }

  forget(asset: string): void {
    this.#batches.delete(asset);
  }
}
