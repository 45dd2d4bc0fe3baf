/** The open orders of a book one by one, for comparisons with other records of them. */

import { NONE } from "./codes.js";
import type { OrderBook } from "./order-book.js";
import { FILLED, OWNER_NEXT, ROW_FLOATS, ROW_INTS, STOP_LIMIT_PRICE } from "./order-layout.js";

export interface OpenOrder {
  readonly orderId: number;
  readonly accountId: number;
  /** A code of SIDES. */
  readonly side: number;
  /** Whether it waits for its stop price, and does not rest. */
  readonly isWaiting: boolean;
  /** Null: a stop that will be a market order without a protective price. */
  readonly limitTicks: number | null;
  /** Null unless it waits. */
  readonly stopPriceTicks: number | null;
  readonly leavesLots: number;
  readonly filledLots: number;
  /** Null: the whole order is shown. */
  readonly displayLots: number | null;
  readonly expiresAtMs: number | null;
}

/** The open orders by owner, each owner's oldest first. */
export function* openOrdersOf(book: OrderBook): Generator<OpenOrder> {
  const { owners, rows } = book;
  for (let owner = 2; owner < owners.accountIds.length * 2; owner++)
    for (let slot = owners.first(owner); slot !== 0; slot = rows.ints[slot * ROW_INTS + OWNER_NEXT] as number)
      yield openOrder(book, slot);
}

function openOrder(book: OrderBook, slot: number): OpenOrder {
  const { floats } = book.rows;
  const isWaiting = book.isWaiting(slot);
  return {
    orderId: book.orderIdOf(slot),
    accountId: book.accountIdOf(slot),
    side: book.sideOf(slot),
    isWaiting,
    limitTicks: known(isWaiting ? (floats[slot * ROW_FLOATS + STOP_LIMIT_PRICE] as number) : book.priceOf(slot)),
    stopPriceTicks: isWaiting ? book.priceOf(slot) : null,
    leavesLots: book.leavesOf(slot),
    filledLots: isWaiting ? 0 : (floats[slot * ROW_FLOATS + FILLED] as number),
    displayLots: known(book.displayOf(slot)),
    expiresAtMs: known(book.expiryOf(slot)),
  };
}

function known(value: number): number | null {
  return value === NONE ? null : value;
}
