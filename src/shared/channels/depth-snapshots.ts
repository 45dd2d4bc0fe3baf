import type { Asset } from "../domain/assets.js";
import type { DepthBooks } from "../market-data/depth-books.js";
import { checksumOf, levelText } from "../market-data/depth-text.js";
import type { DepthSnapshot } from "./depth-view.js";

/** Numbers of levels that are kept of one book at the same time. */
const KEPT_MAX = 8;
/** For the checksum, which is of the best ten. */
const LEVELS_MIN = 10;

interface Kept {
  readonly sequence: number;
  readonly byLevels: Map<number, DepthSnapshot>;
}

/** What books show, so many levels a side, made once until they change. */
export class DepthSnapshots {
  readonly #books: DepthBooks;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #kept = new Map<string, Kept>();

  constructor(books: DepthBooks, assets: ReadonlyMap<string, Asset>) {
    this.#books = books;
    this.#assets = assets;
  }

  /** Null: the asset or its book is not known. */
  of(name: string, levels: number): DepthSnapshot | null {
    const [asset, book] = [this.#assets.get(name), this.#books.shown(name)];
    const sequence = book?.sequence ?? null;
    if (asset === undefined || book === null || sequence === null) return null;
    let kept = this.#kept.get(name);
    if (kept?.sequence !== sequence) {
      kept = { sequence, byLevels: new Map() };
      this.#kept.set(name, kept);
    }
    let snapshot = kept.byLevels.get(levels);
    if (snapshot === undefined) {
      const best = (side: "bids" | "asks") =>
        book.best(side, Math.max(levels, LEVELS_MIN)).map((level) => levelText(level, asset));
      const [bids, asks] = [best("bids"), best("asks")];
      const checksum = checksumOf(bids, asks);
      snapshot = { sequence, bids: bids.slice(0, levels), asks: asks.slice(0, levels), checksum };
      if (kept.byLevels.size >= KEPT_MAX) kept.byLevels.clear();
      kept.byLevels.set(levels, snapshot);
    }
    return snapshot;
  }
}
