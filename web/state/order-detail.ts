/** One order in words: what it is, what has become of it, and when it was where. */
import { dateTimeText, durationText, withThousands } from "../../src/shared/subscriber/formats.js";
import type { ReportJson } from "../../src/shared/subscriber/own-orders.js";

/** An order as the gateway tells it: with all of its terms. */
export interface OrderJson extends ReportJson {
  readonly displayQuantity?: string;
  readonly minimumQuantity?: string;
  readonly quoteBudget?: string;
  readonly postOnly?: boolean;
  readonly expiresAtMs?: number;
  readonly selfTradePrevention?: string;
}

export interface OrderStep {
  readonly step: string;
  /** Missing: nobody knows any more. */
  readonly atUs?: number;
}

export type Line = readonly [name: string, words: string];

/** Only what the order has. */
export function orderLines(order: OrderJson): readonly Line[] {
  const { expiresAtMs, receivedAtUs, postOnly } = order;
  const lines: readonly (readonly [name: string, words: string | undefined])[] = [
    ["State", spaced(order.status)],
    ["Side", order.side],
    ["Type", spaced(order.type)],
    ["Price", money(order.price)],
    ["Stop price", money(order.stopPrice)],
    ["Quantity", order.quantity],
    ["Filled", order.filledQuantity],
    ["Left", order.leavesQuantity],
    ["Shown at a time", order.displayQuantity],
    ["At once, or not at all", order.minimumQuantity],
    ["Spends at most", money(order.quoteBudget)],
    ["Time in force", order.timeInForce],
    ["Expires", expiresAtMs === undefined ? undefined : dateTimeText(expiresAtMs * 1_000)],
    ["Post-only", postOnly === true ? "yes" : undefined],
    ["Against own orders", spaced(order.selfTradePrevention)],
    ["Client order id", order.clientOrderId],
    ["Received", receivedAtUs === undefined ? undefined : dateTimeText(receivedAtUs)],
  ];
  return lines.filter((line): line is Line => line[1] !== undefined && line[1] !== "");
}

/** Each step with the time since the last one before it that is known. */
export function stepLines(steps: readonly OrderStep[]): readonly (readonly [step: string, at: string, took: string])[] {
  let sinceUs: number | undefined;
  return steps.map(({ step, atUs }) => {
    if (atUs === undefined) return [step, "not known any more", ""];
    const took = sinceUs === undefined ? "" : `+ ${durationText(atUs - sinceUs)}`;
    sinceUs = atUs;
    return [step, `${dateTimeText(atUs)}.${String(atUs % 1_000_000).padStart(6, "0")}`, took];
  });
}

function spaced(text: string | undefined): string | undefined {
  return text?.replaceAll("_", " ");
}

function money(text: string | undefined): string | undefined {
  return text === undefined ? undefined : withThousands(text);
}
