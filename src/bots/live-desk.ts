import { type Asset, priceText, shortQuantityText, stepsOf } from "../shared/subscriber/asset.js";
import type { OwnOrder, ReportJson } from "../shared/subscriber/own-orders.js";
import type { Desk, Order } from "./desk.js";
import type { Resting } from "./requote.js";

/** An order that is no quote ends by itself after this time, so that books stay as deep as they are. */
const LIFETIME_MS = 60_000;
/** After so long without a report an order counts as lost, and the bot decides again. */
const REPORT_TIMEOUT_MS = 15_000;
/** How long a bot is still when the order-handler has refused it for the moment. */
const PAUSE_MS = 1_000;
/** An unknown outcome is asked for again so often, with the same client order id: it can't trade twice. */
const TRIES_MAX = 5;
const OF_THE_MOMENT = /^REJ 30[01345] /;
const UNKNOWN_OUTCOME = /^REJ 302 /;

export interface LiveDeskParts {
  readonly asset: Asset;
  /** Of client order ids, another one in each process: they are used up for ever. */
  readonly idPrefix: string;
  /** The account's open orders, of all assets. */
  readonly openOrders: () => Iterable<OwnOrder>;
  /** Whether the session and the channel of own orders are there. */
  readonly isConnected: () => boolean;
  /** Sends a line of the text dialect; returns why it was not sent. */
  readonly send: (line: string) => string | null;
  readonly nowMs: () => number;
}

/** An asset at the order-handler, for one account. What was sent and not reported yet is waited for. */
export class LiveDesk implements Desk {
  readonly #parts: LiveDeskParts;
  /** By client order id: orders without a report. */
  readonly #pending = new Map<string, { readonly line: string; readonly sentAtMs: number; tries: number }>();
  readonly #cancelling = new Set<number>();
  #inventoryLots = 0;
  #orders = 0;
  #pausedUntilMs = 0;
  #isClosed = false;
  /** Orders of which nobody knows what became of them. */
  lost = 0;

  constructor(parts: LiveDeskParts) {
    this.#parts = parts;
  }

  get isReady(): boolean {
    const nowMs = this.#parts.nowMs();
    for (const [id, { sentAtMs }] of this.#pending)
      if (nowMs - sentAtMs > REPORT_TIMEOUT_MS) {
        this.#pending.delete(id);
        this.lost++;
      }
    const mayTrade = !this.#isClosed && this.#parts.isConnected() && nowMs >= this.#pausedUntilMs;
    return mayTrade && this.#pending.size === 0;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  get inventoryLots(): number {
    return this.#inventoryLots;
  }

  get resting(): readonly Resting[] {
    const { asset, idPrefix, openOrders } = this.#parts;
    const resting: Resting[] = [];
    for (const {
      asset: name,
      orderId = 0,
      clientOrderId = "",
      side,
      price = "",
      leavesQuantity = "0",
    } of openOrders()) {
      if (name !== asset.name || !clientOrderId.startsWith(`${idPrefix}q`) || this.#cancelling.has(orderId)) continue;
      const leavesLots = stepsOf(leavesQuantity, asset.lot);
      resting.push({ orderId, isBuy: side === "buy", priceTicks: stepsOf(price, asset.tick), leavesLots });
    }
    return resting;
  }

  place({ isBuy, quantityLots, priceTicks }: Order, isQuote: boolean): void {
    const { asset, idPrefix, nowMs } = this.#parts;
    const id = `${idPrefix}${isQuote ? "q" : "o"}${++this.#orders}`;
    const price = priceTicks === null ? "MKT" : priceText(asset, priceTicks);
    const ends =
      isQuote || priceTicks === null ? "" : ` tif=GTD expires=${new Date(nowMs() + LIFETIME_MS).toISOString()}`;
    const quantity = shortQuantityText(asset, quantityLots);
    const line = `${isBuy ? "BUY" : "SELL"} ${asset.name} ${quantity} ${price}${ends} stp=oldest id=${id}`;
    if (this.#parts.send(line) === null) this.#pending.set(id, { line, sentAtMs: nowMs(), tries: 1 });
  }

  cancel({ orderId }: Resting): void {
    if (this.#parts.send(`CANCEL ${this.#parts.asset.name} ${orderId}`) === null) this.#cancelling.add(orderId);
  }

  /** No more orders; those there are go. */
  close(): void {
    this.#isClosed = true;
    this.cancelAll();
  }

  cancelAll(): void {
    this.#parts.send(`CANCELALL ${this.#parts.asset.name}`);
  }

  /** Takes the response to a line that this desk has sent. */
  answered(response: string, line: string): void {
    if (OF_THE_MOMENT.test(response)) this.#pausedUntilMs = this.#parts.nowMs() + PAUSE_MS;
    const id = idOf(line);
    if (id === null || response.startsWith("ACK ")) return;
    if (UNKNOWN_OUTCOME.test(response)) this.resend(line);
    else this.#pending.delete(id);
  }

  /** Nobody knows whether the line is in the log. An order is sent again, unchanged; a cancel is decided on anew. */
  resend(line: string): void {
    const pending = this.#pending.get(idOf(line) ?? "");
    if (pending === undefined) this.#cancelling.clear();
    else if (pending.tries < TRIES_MAX && this.#parts.send(line) === null) pending.tries++;
  }

  /** After the session came back: what is without a report was perhaps never logged. */
  resendAll(): void {
    this.#cancelling.clear();
    for (const { line } of this.#pending.values()) this.resend(line);
  }

  reported({ event, status, clientOrderId = "", orderId = 0, side, lastQuantity = "0" }: ReportJson): void {
    this.#pending.delete(clientOrderId);
    if (event === "trade") {
      const lots = stepsOf(lastQuantity, this.#parts.asset.lot);
      this.#inventoryLots += side === "buy" ? lots : -lots;
    }
    if (event?.endsWith("_rejected") || !["open", "partially_filled"].includes(status ?? ""))
      this.#cancelling.delete(orderId);
  }
}

function idOf(line: string): string | null {
  return / id=(\S+)$/.exec(line)?.[1] ?? null;
}
