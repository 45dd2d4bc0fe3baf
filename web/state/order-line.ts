/**
 * Where an own order's line stands in the chart: at the order's price, unless somebody drags it, or has asked for another price.
 *
 *     resting → dragged → asked → taken → resting
 *                  └────────┴── put back ──┘
 */
import type { DecimalStep } from "../../src/shared/domain/decimal.js";

/** Prices are ticks. `taken`: the exchange has changed it, and its report is yet to come; `fromTicks`: what it was before. */
export type LineState =
  | { readonly kind: "resting" }
  | { readonly kind: "dragged"; readonly toTicks: number }
  | { readonly kind: "asked" | "taken"; readonly fromTicks: number; readonly toTicks: number };

export const RESTING: LineState = { kind: "resting" };

/** The whole tick that is nearest to a height in the chart; null: there is none. */
export function ticksAt(value: number, { scale, units }: DecimalStep): number | null {
  const ticks = Math.round((value * 10 ** scale) / units);
  return Number.isSafeInteger(ticks) && ticks > 0 ? ticks : null;
}

/** The pointer is elsewhere. Nothing moves a line that has been asked for. */
export function dragged(state: LineState, ticks: number): LineState {
  return state.kind === "asked" || state.kind === "taken" ? state : { kind: "dragged", toTicks: ticks };
}

/** The pointer lets go: `asked`, unless the line is where it was. */
export function dropped(state: LineState, orderTicks: number): LineState {
  if (state.kind !== "dragged") return state;
  return state.toTicks === orderTicks ? RESTING : { kind: "asked", fromTicks: orderTicks, toTicks: state.toTicks };
}

/** The exchange has answered. A report that was faster has moved the order already. */
export function answered(state: LineState, isTaken: boolean, orderTicks: number): LineState {
  if (state.kind !== "asked") return state;
  return isTaken && orderTicks === state.fromTicks ? { ...state, kind: "taken" } : RESTING;
}

/** The order was reported on: whatever price it has now counts. */
export function reported(state: LineState, orderTicks: number): LineState {
  return state.kind === "taken" && orderTicks !== state.fromTicks ? RESTING : state;
}

export function ticksOf(state: LineState, orderTicks: number): number {
  return state.kind === "resting" ? orderTicks : state.toTicks;
}
