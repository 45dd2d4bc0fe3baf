/** What happens, as lines: one an event, for a pipe, a log, and the messages of the screen. Pure. */
import { visible } from "../shared/process/visible-text.js";
import { priceText, shortQuantityText } from "../shared/subscriber/asset.js";
import type { BalanceJson } from "../shared/subscriber/balances.js";
import type { DepthBook } from "../shared/subscriber/depth-book.js";
import { timeText } from "../shared/subscriber/formats.js";
import type { ReportJson } from "../shared/subscriber/own-orders.js";
import type { Trade } from "../shared/subscriber/tape.js";

/** An asset's state as the channel `status` tells it. */
export interface StatusJson {
  readonly asset: string;
  readonly state: string;
  readonly madeBy: string | null;
  readonly why: string | null;
}

export function tradeLine(asset: string, { tradeId, price, quantity, takerSide, executedAtUs }: Trade): string {
  return `${timeText(executedAtUs)} trade ${tradeId} ${asset} ${quantity} at ${price}, taker ${takerSide}`;
}

/** The best levels, whatever changed: `bid 0.5 at 64000.00, ask none`. */
export function depthLine({ asset, sequence, bids, asks }: DepthBook): string {
  const best = ({ prices: [price], quantities: [quantity] }: DepthBook["bids"]) =>
    price === undefined || quantity === undefined
      ? "none"
      : `${shortQuantityText(asset, quantity)} at ${priceText(asset, price)}`;
  return `depth ${sequence} ${asset.name} bid ${best(bids)}, ask ${best(asks)}`;
}

export function statusLine({ asset, state, madeBy, why }: StatusJson): string {
  const because = madeBy === null ? "" : `: ${madeBy}${why === null ? "" : `, ${why}`}`;
  return visible(`status ${asset} ${state}${because}`);
}

/** What happened and the order's state come first, since a narrow screen has little room: then its terms. */
export function reportLine(report: ReportJson): string {
  const { accountSequence, asset, orderId, clientOrderId, event, status, lastQuantity, lastPrice, reason } = report;
  const order = `order ${orderId ?? "unknown"}${clientOrderId === undefined ? "" : ` id=${clientOrderId}`} ${asset}`;
  const fill = event === "trade" ? ` ${lastQuantity} at ${lastPrice}` : "";
  const why = reason === undefined ? "" : ` (${reason})`;
  const head = `report ${accountSequence} ${order} ${event}${fill}: ${status ?? "no order"}${why}`;
  return visible([head, ...termsOf(report)].join("; "));
}

function termsOf(report: ReportJson): string[] {
  const { side, quantity, filledQuantity = "0" } = report;
  return side === undefined ? [] : [`${side} ${quantity ?? "-"} at ${priceOf(report)}, ${filledQuantity} filled`];
}

export function priceOf({ price, stopPrice }: ReportJson): string {
  return `${price ?? "MKT"}${stopPrice === undefined ? "" : ` stop ${stopPrice}`}`;
}

export function balanceLine({ currency, available, held }: BalanceJson): string {
  return `balance ${currency} ${available} available, ${held} held`;
}

/** What a typed line may show: of a login, not the secret. */
export function shownRequest(line: string): string {
  return line.replace(
    /^(\s*login\s+\S+\s+)(\S+)/i,
    (_, words: string, secret: string) => words + "*".repeat(secret.length),
  );
}
