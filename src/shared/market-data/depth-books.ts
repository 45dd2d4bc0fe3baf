import type { DepthBatch } from "../wire/depth-codec.js";
import { DepthBook, type ShownBook } from "./depth-book.js";

/** The books of all assets, as the engines show them. The channel `depth` tells them, and other channels may look at them. */
export class DepthBooks {
  readonly #books: Map<string, DepthBook>;
  readonly #storedAtUs = new Map<string, number>();

  constructor(assets: Iterable<string>) {
    this.#books = new Map(Array.from(assets, (asset) => [asset, new DepthBook()]));
  }

  /** The book of an asset, which is new if it was not known. */
  add(asset: string): DepthBook {
    const book = this.#books.get(asset) ?? new DepthBook();
    this.#books.set(asset, book);
    return book;
  }

  /** What the asset shows, as of the last message: for channels that need its best levels. */
  shown(asset: string): ShownBook | null {
    return this.#books.get(asset) ?? null;
  }

  get entries(): Iterable<[asset: string, book: DepthBook]> {
    return this.#books;
  }

  /** Takes a message of DEPTH; of an asset that is not known here nothing. */
  fold(asset: string, batch: DepthBatch, storedAtUs: number): void {
    this.#books.get(asset)?.fold(batch);
    this.#storedAtUs.set(asset, storedAtUs);
  }

  /** When the asset's last message was stored, in microseconds since the epoch. */
  storedAtUs(asset: string): number {
    return this.#storedAtUs.get(asset) ?? 0;
  }
}
