/** What to cancel and what to place so that the wanted quotes rest. Pure. */
import type { Quote } from "./view.js";

export interface Resting {
  readonly orderId: number;
  readonly isBuy: boolean;
  readonly priceTicks: number;
  readonly leavesLots: number;
}

export interface Requote {
  readonly cancel: readonly Resting[];
  readonly place: readonly Quote[];
}

/** A quote that is eaten below this share of what is wanted is placed anew. */
const LEAST_LEFT = 0.5;

/**
 * Of one side. What rests near a wanted price, within a third of the distance between quotes, stays where it is and keeps its priority:
 * a price that hardly moved costs no order.
 */
export function requote(wanted: readonly Quote[], resting: readonly Resting[]): Requote {
  const [best, second] = wanted;
  const nearTicks = best === undefined || second === undefined ? 0 : Math.abs(best.priceTicks - second.priceTicks) / 3;
  const left = new Set(resting);
  const place = wanted.filter(({ priceTicks, quantityLots }) => {
    const distance = (order: Resting) => Math.abs(order.priceTicks - priceTicks);
    const near = [...left].filter(
      (order) => distance(order) <= nearTicks && order.leavesLots >= LEAST_LEFT * quantityLots,
    );
    const [nearest] = near.sort((one, other) => distance(one) - distance(other));
    return nearest === undefined || !left.delete(nearest);
  });
  return { cancel: [...left], place };
}
