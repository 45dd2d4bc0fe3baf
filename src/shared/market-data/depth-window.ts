/**
 * The best levels of a book, so many a side, as subscribers were told them; and what makes of them those of now. A level that comes
 * into the window is told although it did not change, and one that leaves it is told as 0: so a subscriber that applies what it is told
 * has the window, and nothing else.
 */
import type { DepthBook } from "./depth-book.js";
import type { DepthLevel, DepthSide } from "./depth-side.js";

export class DepthWindow {
  readonly #book: DepthBook;
  readonly #levelsMax: number;
  #bidsEdge: number;
  #asksEdge: number;

  /** Begins with what the book is now, without changes that were not told. */
  constructor(book: DepthBook, levelsMax: number) {
    this.#book = book;
    this.#levelsMax = levelsMax;
    this.#bidsEdge = book.bids.edge(levelsMax);
    this.#asksEdge = book.asks.edge(levelsMax);
  }

  /** The levels that are to be told, best first, before the book forgets its changes. */
  take(): { readonly bids: readonly DepthLevel[]; readonly asks: readonly DepthLevel[] } {
    const { bids, asks } = this.#book;
    const edges = { bids: bids.edge(this.#levelsMax), asks: asks.edge(this.#levelsMax) };
    const changes = {
      bids: changesOf(bids, this.#bidsEdge, edges.bids),
      asks: changesOf(asks, this.#asksEdge, edges.asks),
    };
    this.#bidsEdge = edges.bids;
    this.#asksEdge = edges.asks;
    return changes;
  }
}

/** An edge is the key of the window's worst level. */
function changesOf(side: DepthSide, edgeBefore: number, edge: number): DepthLevel[] {
  const told: DepthLevel[] = [];
  for (const [price, before] of side.changes) {
    const now = side.lotsAt(price);
    const key = side.sign * price;
    const wasInside = before !== 0 && key >= edgeBefore;
    const isInside = now !== 0 && key >= edge;
    if (isInside ? !wasInside || now !== before : wasInside) told.push([price, isInside ? now : 0]);
  }
  // Of the unchanged levels, those that the edge has passed.
  for (const [price, lots] of side.between(edge, edgeBefore)) if (!side.changes.has(price)) told.push([price, lots]);
  for (const [price] of side.between(edgeBefore, edge)) if (!side.changes.has(price)) told.push([price, 0]);
  return told.sort(([a], [b]) => side.sign * (b - a));
}
