import type { Desk, Order } from "./desk.js";
import type { Touch } from "./market.js";
import type { Resting } from "./requote.js";

/**
 * Trades with nobody: what reaches the other side's best price is done there and then, whatever is offered, and a quote is done once
 * that price comes to it. Pure; good enough to see what a bot would do, and too good to be true for what it would earn.
 */
export class PaperDesk implements Desk {
  readonly isReady = true;
  readonly #quotes = new Map<number, Resting>();
  #touch: Touch = { bestBidTicks: null, bestAskTicks: null, lastTicks: null };
  #inventoryLots = 0;
  #orders = 0;

  get inventoryLots(): number {
    return this.#inventoryLots;
  }

  get resting(): readonly Resting[] {
    return [...this.#quotes.values()];
  }

  moved(touch: Touch): void {
    this.#touch = touch;
    for (const quote of this.#quotes.values())
      if (this.#reaches(quote.isBuy, quote.priceTicks)) {
        this.#quotes.delete(quote.orderId);
        this.#done(quote.isBuy, quote.leavesLots);
      }
  }

  place({ isBuy, priceTicks, quantityLots }: Order, isQuote: boolean): void {
    const orderId = ++this.#orders;
    if (this.#reaches(isBuy, priceTicks)) this.#done(isBuy, quantityLots);
    else if (isQuote && priceTicks !== null)
      this.#quotes.set(orderId, { orderId, isBuy, priceTicks, leavesLots: quantityLots });
  }

  cancel({ orderId }: Resting): void {
    this.#quotes.delete(orderId);
  }

  #reaches(isBuy: boolean, priceTicks: number | null): boolean {
    const other = isBuy ? this.#touch.bestAskTicks : this.#touch.bestBidTicks;
    return other !== null && (priceTicks === null || (isBuy ? priceTicks >= other : priceTicks <= other));
  }

  #done(isBuy: boolean, lots: number): void {
    this.#inventoryLots += isBuy ? lots : -lots;
  }
}
