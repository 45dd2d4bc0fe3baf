/** The book of the asset that is shown: grouped rows, and the curve of the depth chart. */
import { type Signal, signal } from "@preact/signals";
import { type Asset, priceText, quantityText, shortQuantityText } from "../../src/shared/subscriber/asset.js";
import type { BookSide } from "../../src/shared/subscriber/book-side.js";
import {
  type Applied,
  DepthBook,
  type DepthDelta,
  type DepthSnapshot,
} from "../../src/shared/subscriber/depth-book.js";
import { withThousands } from "../../src/shared/subscriber/formats.js";
import { type DepthCurve, depthCurve } from "../state/depth-curve.js";
import { type GroupedRow, groupingSteps, groupRows } from "../state/grouping.js";
import { Channel } from "./channel.js";
import { EVERY_MS } from "./frames.js";

/** Levels of each side that are subscribed to: enough for coarse groups and the chart. */
const DEPTH = 1_000;
export const BOOK_ROWS = 12;
/** How much of the price the depth chart shows to each side. */
const CURVE_PART = 0.02;
const NO_CURVE = "Nothing is known to rest on both sides.";

const PROBLEMS: Readonly<Record<Exclude<Applied, "applied" | "old">, string>> = {
  gap: "an update is missing: reading the book again",
  mismatch: "the checksum is another's: reading the book again",
};

export interface BookRow {
  /** "bid", "ask", or "" for a row without a level. */
  readonly side: Signal<string>;
  readonly price: Signal<string>;
  readonly quantity: Signal<string>;
  readonly total: Signal<string>;
  /** A style: the row's total as a part of the largest one. */
  readonly bar: Signal<string>;
}

const emptyRows = (): readonly BookRow[] =>
  Array.from({ length: BOOK_ROWS }, () => ({
    side: signal(""),
    price: signal(""),
    quantity: signal(""),
    total: signal(""),
    bar: signal(""),
  }));

export class Book extends Channel {
  /** Best first, both. */
  readonly bids = emptyRows();
  readonly asks = emptyRows();
  readonly spread = signal("");
  /** Where the book is, and that it was verified; "": it is not the engine's book. */
  readonly verified = signal("");
  /** Steps to choose from, as prices; the first is the tick. */
  readonly steps: Signal<readonly { readonly ticks: number; readonly text: string }[]> = signal([]);
  readonly stepTicks = signal(1);
  readonly curve: Signal<DepthCurve | null> = signal(null);
  /** What the curve shows, in words. */
  readonly curveText = signal(NO_CURVE);
  #book: DepthBook | null = null;
  readonly #paint = () => this.#show();
  readonly #paintCurve = () => this.#showCurve();

  watch(asset: Asset): void {
    this.end();
    this.#book = new DepthBook(asset, DEPTH);
    this.stepTicks.value = 1;
    this.steps.value = [];
    this.#changed();
    this.begin();
  }

  /** What rests on a side, every level; null: it is not known. */
  side(which: "bids" | "asks"): BookSide | null {
    return this.#book === null || this.#book.sequence === null ? null : this.#book[which];
  }

  group(stepTicks: number): void {
    this.stepTicks.value = stepTicks;
    this.parts.frames.paint(this.#paint, EVERY_MS.numbers);
  }

  protected override request(): object {
    return { channel: "depth", asset: this.#book?.asset.name, depth: DEPTH };
  }

  protected override onAnswer(answer: object): boolean {
    const isRight = this.#book?.begin(answer as DepthSnapshot) === true;
    if (!isRight) this.state.value = { kind: "behind", text: PROBLEMS.mismatch };
    this.#changed();
    return isRight;
  }

  override onEvent(payload: unknown): void {
    const delta = payload as DepthDelta & { readonly asset: string };
    const book = this.#book;
    // Where the book is not the engine's, its snapshot is on the way, and deltas before it are of no use.
    if (book === null || delta.asset !== book.asset.name || book.sequence === null) return;
    const applied = book.apply(delta);
    if (applied === "gap" || applied === "mismatch") this.readAgain(PROBLEMS[applied]);
    if (applied !== "old") this.#changed();
  }

  #changed(): void {
    this.parts.frames.paint(this.#paint, EVERY_MS.numbers);
    this.parts.frames.paint(this.#paintCurve, EVERY_MS.canvas);
  }

  #show(): void {
    const book = this.#book;
    if (book === null) return;
    const { asset, bids, asks, sequence } = book;
    const [bestBid, bestAsk] = [bids.prices[0], asks.prices[0]];
    if (this.steps.value.length === 0 && (bestBid ?? bestAsk) !== undefined)
      this.steps.value = groupingSteps(bestBid ?? bestAsk ?? 0).map((ticks) => ({
        ticks,
        text: priceText(asset, ticks),
      }));
    const bidRows = groupRows(bids, "bids", this.stepTicks.value, BOOK_ROWS);
    const askRows = groupRows(asks, "asks", this.stepTicks.value, BOOK_ROWS);
    const topLots = Math.max(bidRows.at(-1)?.totalLots ?? 0, askRows.at(-1)?.totalLots ?? 0, 1);
    fill(this.bids, "bid", bidRows, { asset, topLots });
    fill(this.asks, "ask", askRows, { asset, topLots });
    this.spread.value =
      bestBid === undefined || bestAsk === undefined ? "" : withThousands(priceText(asset, bestAsk - bestBid));
    this.verified.value = sequence === null ? "" : `#${sequence}, checksum verified`;
  }

  #showCurve(): void {
    const book = this.#book;
    if (book === null) return;
    const { asset, bids, asks } = book;
    const curve = depthCurve(bids, asks, CURVE_PART);
    this.curve.value = curve;
    this.curveText.value = curve === null ? NO_CURVE : curveText(curve, asset);
  }
}

function curveText({ bids, asks, lowTicks, highTicks }: DepthCurve, asset: Asset): string {
  const sum = (points: DepthCurve["bids"]) => shortQuantityText(asset, points.at(-1)?.totalLots ?? 0);
  const [low, high] = [lowTicks, highTicks].map((ticks) => withThousands(priceText(asset, Math.round(ticks))));
  return `Bids ${sum(bids)} ${asset.base} from ${low} on, asks ${sum(asks)} ${asset.base} up to ${high}`;
}

function fill(
  rows: readonly BookRow[],
  side: "bid" | "ask",
  levels: readonly GroupedRow[],
  { asset, topLots }: { readonly asset: Asset; readonly topLots: number },
): void {
  rows.forEach((row, place) => {
    const level = levels[place];
    row.side.value = level === undefined ? "" : side;
    row.price.value = level === undefined ? "" : withThousands(priceText(asset, level.priceTicks));
    row.quantity.value = level === undefined ? "" : quantityText(asset, level.quantityLots);
    row.total.value = level === undefined ? "" : quantityText(asset, level.totalLots);
    row.bar.value = `--part:${level === undefined ? 0 : Math.round((level.totalLots / topLots) * 100)}%`;
  });
}
