/** The book in coarser steps of price: what rests within a step is shown as one row. */
import type { BookSide } from "../../src/shared/subscriber/book-side.js";

export interface GroupedRow {
  readonly priceTicks: number;
  readonly quantityLots: number;
  /** Of this row and all better ones. */
  readonly totalLots: number;
}

const FACTORS = [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000];
/** A step may be this part of the price at most: beyond it a side would be one row. */
const STEP_PART_MAX = 0.01;

/** The steps to choose from, in ticks, the finest first. */
export function groupingSteps(priceTicks: number): readonly number[] {
  return FACTORS.filter((factor) => factor === 1 || factor <= priceTicks * STEP_PART_MAX);
}

/** The best rows. A row's price is the step's end that is further from the other side, so no row promises a better price. */
export function groupRows(side: BookSide, kind: "bids" | "asks", stepTicks: number, rowsMax: number): GroupedRow[] {
  const rows: GroupedRow[] = [];
  const round = kind === "bids" ? Math.floor : Math.ceil;
  let totalLots = 0;
  for (let at = 0; at < side.length; ) {
    const priceTicks = round((side.prices[at] as number) / stepTicks) * stepTicks;
    let quantityLots = 0;
    for (; at < side.length && round((side.prices[at] as number) / stepTicks) * stepTicks === priceTicks; at++)
      quantityLots += side.quantities[at] as number;
    if (rows.length === rowsMax) break;
    totalLots += quantityLots;
    rows.push({ priceTicks, quantityLots, totalLots });
  }
  return rows;
}
