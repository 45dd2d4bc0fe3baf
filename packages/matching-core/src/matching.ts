import { BUY, CUT_OFF, MATCHED, MODE_NONE, NONE, PREVENTED } from "./codes.js";
import {
  TRADE_MAKER_ACCOUNT,
  TRADE_MAKER_LEAVES,
  TRADE_MAKER_ORDER,
  TRADE_PRICE,
  TRADE_QUANTITY,
  TRADE_TAKER_ACCOUNT,
  TRADE_TAKER_LEAVES,
  TRADE_TAKER_ORDER,
} from "./event-layout.js";
import type { IncomingOrder } from "./incoming-order.js";
import type { Market } from "./market.js";
import { FILLED, ICEBERG, LEAVES, ORDER_ID, OWNER, ROW_FLOATS, ROW_INTS } from "./order-layout.js";
import type { PriceLadder } from "./price-ladder.js";
import { preventSelfTrade } from "./self-trade.js";

/**
 * Trades the incoming order with the other side, best price first, then oldest, at the resting order's price, as long
 * as there is something left of it and in its reach, and its budget of events lasts. Returns MATCHED, PREVENTED or CUT_OFF.
 */
export function match(market: Market): number {
  const { book, incoming, events } = market;
  const makers = incoming.side === BUY ? book.asks : book.bids;
  const mayTradeWithSelf = incoming.selfTradePrevention === MODE_NONE;
  while (incoming.leavesLots !== 0) {
    const level = makers.bestLevel();
    if (level === 0) return MATCHED;
    const key = makers.keyOf(level);
    if (key < incoming.limitKey) return MATCHED;
    if (events.lastEventSequence >= market.orderEventsThrough) return CUT_OFF;
    const maker = makers.firstOf(level);
    const makerAccount = (book.rows.ints[maker * ROW_INTS + OWNER] as number) >> 1;
    if (mayTradeWithSelf || makerAccount !== incoming.account) {
      if (!trade(market, makers, level, maker, makerAccount)) return MATCHED;
    } else if (wantedAt(incoming, makers.sign * key, market.quoteUnitsPerTickLot) === 0) return MATCHED;
    else if (!preventSelfTrade(market, maker)) return PREVENTED;
  }
  return MATCHED;
}

/** False: the incoming order's budget does not buy one lot at this price. */
function trade(market: Market, makers: PriceLadder, level: number, maker: number, makerAccount: number): boolean {
  const { book, incoming, events } = market;
  const priceTicks = makers.priceOf(level);
  const { floats, ints } = book.rows;
  const order = maker * ROW_FLOATS;
  const wantedLots = wantedAt(incoming, priceTicks, market.quoteUnitsPerTickLot);
  if (wantedLots === 0) return false;
  const makerLeaves = floats[order + LEAVES] as number;
  const iceberg = ints[maker * ROW_INTS + ICEBERG] as number;
  const shownLots = iceberg === 0 ? makerLeaves : book.shownOf(maker);
  const quantityLots = wantedLots < shownLots ? wantedLots : shownLots;
  const makerOrderId = floats[order + ORDER_ID] as number;
  const leavesLots = makerLeaves - quantityLots;
  incoming.filledLots += quantityLots;
  if (incoming.leavesLots === NONE) incoming.budgetUnits -= quantityLots * priceTicks * market.quoteUnitsPerTickLot;
  else incoming.leavesLots -= quantityLots;
  if (leavesLots === 0) {
    makers.remove(maker);
    book.close(maker);
  } else {
    const { crowded, shown, isWatched } = makers;
    const hasCrowds = isWatched && crowded.count !== 0;
    if (hasCrowds) crowded.beforeChange(maker);
    floats[order + LEAVES] = leavesLots;
    floats[order + FILLED] = (floats[order + FILLED] as number) + quantityLots;
    if (iceberg !== 0) book.takeShown(maker, iceberg, quantityLots, leavesLots);
    if (hasCrowds) crowded.afterChange(maker);
    if (isWatched && shown.isFollowed)
      shown.change(level, (iceberg === 0 ? leavesLots : book.shownOf(maker)) - shownLots);
  }
  if (incoming.leavesLots === NONE && isSpent(incoming, makers, priceTicks, market.quoteUnitsPerTickLot))
    incoming.leavesLots = 0;
  book.lastTradeTicks = priceTicks;
  const at = events.trade(incoming.side, incoming.leavesLots);
  const row = events.floats;
  row[at + TRADE_MAKER_ORDER] = makerOrderId;
  row[at + TRADE_TAKER_ORDER] = incoming.orderId;
  row[at + TRADE_MAKER_ACCOUNT] = book.owners.accountIds[makerAccount] as number;
  row[at + TRADE_TAKER_ACCOUNT] = incoming.accountId;
  row[at + TRADE_PRICE] = priceTicks;
  row[at + TRADE_QUANTITY] = quantityLots;
  row[at + TRADE_MAKER_LEAVES] = leavesLots;
  row[at + TRADE_TAKER_LEAVES] = incoming.leavesLots;
  return true;
}

/**
 * Whether what is left of a budget buys no further lot, so that the order is filled: at the next price in reach, or, where
 * nobody is, at the last one.
 */
function isSpent(
  incoming: IncomingOrder,
  makers: PriceLadder,
  lastTicks: number,
  quoteUnitsPerTickLot: number,
): boolean {
  const next = makers.bestLevel();
  const isInReach = next !== 0 && makers.keyOf(next) >= incoming.limitKey;
  return wantedAt(incoming, isInReach ? makers.priceOf(next) : lastTicks, quoteUnitsPerTickLot) === 0;
}

/** How much of the incoming order would trade at this price if there were enough. */
function wantedAt(incoming: IncomingOrder, priceTicks: number, quoteUnitsPerTickLot: number): number {
  if (incoming.leavesLots !== NONE) return incoming.leavesLots;
  // Rounding can't hurt: a product that isn't exact is above 2^53, more than any budget. The rest is exact division.
  const lotCostUnits = priceTicks * quoteUnitsPerTickLot;
  return (incoming.budgetUnits - (incoming.budgetUnits % lotCostUnits)) / lotCostUnits;
}
