import { NONE, type OrderTerms } from "../../shared/order-terms.js";
import { BUY } from "./codes.js";
import { TERMS_POST_ONLY } from "./order-rows.js";

/**
 * The order on its way into the book: new, replaced or just triggered. It takes what it can, then rests or ends. There
 * is one at a time, so one object serves for all.
 */
export class IncomingOrder {
  /** Its row, when it had one before; or 0. */
  slot = 0;
  orderId = 0;
  accountId = 0;
  /** The account's number (owners.ts); 0: it has never had an open order. */
  account = 0;
  side = 0;
  /** As in its row. */
  terms = 0;
  /** What it still wants; NONE where a budget says that. */
  leavesLots = NONE;
  /** What it may still spend; NONE where a quantity says what it wants. */
  budgetUnits = NONE;
  filledLots = 0;
  displayLots = NONE;
  minimumLots = NONE;
  expiresAtMs = NONE;
  /** NONE: takes any price. */
  limitTicks = NONE;
  /** The worst key (price-ladder.ts) on the other side that it trades with. */
  limitKey = Number.NEGATIVE_INFINITY;

  read(orderId: number, accountId: number, account: number, order: OrderTerms): void {
    this.slot = 0;
    this.orderId = orderId;
    this.accountId = accountId;
    this.account = account;
    this.side = order.side;
    this.terms = order.selfTradePrevention | (order.timeInForce << 3) | (order.postOnly === 1 ? TERMS_POST_ONLY : 0);
    this.leavesLots = order.quantityLots;
    this.budgetUnits = order.quoteBudgetUnits;
    this.filledLots = 0;
    this.displayLots = order.displayLots;
    this.minimumLots = order.minimumLots;
    this.expiresAtMs = order.expiresAtMs;
    this.setLimit(order.priceTicks);
  }

  setLimit(priceTicks: number): void {
    this.limitTicks = priceTicks;
    if (priceTicks === NONE) this.limitKey = Number.NEGATIVE_INFINITY;
    else this.limitKey = this.side === BUY ? -priceTicks : priceTicks;
  }

  get selfTradePrevention(): number {
    return this.terms & 7;
  }

  get timeInForce(): number {
    return (this.terms >> 3) & 3;
  }

  get isPostOnly(): boolean {
    return (this.terms & TERMS_POST_ONLY) !== 0;
  }
}
