import {
  BUY,
  HAS_BUDGET,
  HAS_DISPLAY,
  HAS_EXPIRY,
  HAS_MINIMUM,
  HAS_PRICE,
  HAS_QUANTITY,
  MARKET,
  NONE,
  STOP_MARKET,
} from "./codes.js";
import type { CurrentRequest } from "./current-request.js";
import { TERMS_MARKET, TERMS_POST_ONLY } from "./order-layout.js";
import type { OrderTerms } from "./order-terms.js";

/**
 * The order on its way into the book: new, replaced or just triggered. It trades what it can, then rests or ends. There is one
 * at a time, so one object serves for all. NaN makes V8 keep numbers as doubles from the start.
 */
export class IncomingOrder {
  /** Its row, if it had one before; else 0. */
  slot = 0;
  orderId = Number.NaN;
  accountId = Number.NaN;
  /** The account's number (owners.ts); 0: it never had an open order. */
  account = 0;
  side = 0;
  /** The TERMS of its row (order-layout.ts). */
  terms = 0;
  /** What the order still wants; NONE if a budget limits it instead. */
  leavesLots = Number.NaN;
  /** What the order may still spend; NONE if a quantity limits it instead. */
  budgetUnits = Number.NaN;
  filledLots = Number.NaN;
  displayLots = Number.NaN;
  minimumLots = Number.NaN;
  expiresAtMs = Number.NaN;
  /** The worst price that it takes; NONE: any price. */
  limitTicks = Number.NaN;
  /** The worst key (price-ladder.ts) on the other side that it trades with. */
  limitKey = Number.NEGATIVE_INFINITY;

  read(request: CurrentRequest, account: number, order: OrderTerms): void {
    this.slot = 0;
    this.orderId = request.logId;
    this.accountId = request.accountId;
    this.account = account;
    this.side = order.side;
    const isMarket = order.type === MARKET || order.type === STOP_MARKET;
    this.terms =
      order.selfTradePrevention |
      (order.timeInForce << 3) |
      (order.postOnly === 1 ? TERMS_POST_ONLY : 0) |
      (isMarket ? TERMS_MARKET : 0);
    const { has } = order;
    this.leavesLots = (has & HAS_QUANTITY) === 0 ? NONE : order.quantityLots;
    this.filledLots = 0;
    this.setLimit((has & HAS_PRICE) === 0 ? NONE : order.priceTicks);
    this.budgetUnits = NONE;
    this.displayLots = NONE;
    this.minimumLots = NONE;
    this.expiresAtMs = NONE;
    if ((has & ~(HAS_QUANTITY | HAS_PRICE)) === 0) return;
    if ((has & HAS_BUDGET) !== 0) this.budgetUnits = order.quoteBudgetUnits;
    if ((has & HAS_DISPLAY) !== 0) this.displayLots = order.displayLots;
    if ((has & HAS_MINIMUM) !== 0) this.minimumLots = order.minimumLots;
    if ((has & HAS_EXPIRY) !== 0) this.expiresAtMs = order.expiresAtMs;
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

  get isMarket(): boolean {
    return (this.terms & TERMS_MARKET) !== 0;
  }

  get isPostOnly(): boolean {
    return (this.terms & TERMS_POST_ONLY) !== 0;
  }
}
