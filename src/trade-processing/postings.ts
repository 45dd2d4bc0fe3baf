/**
 * The money that an event moves: the price and fees of a fill, and released funds that an order no longer needs to hold.
 * Pure. Takes the orders as the event has left them (src/shared/domain/execution-report.ts), and updates their `heldUnits`
 * and `feeCarry`.
 */
import type { Asset } from "../shared/domain/assets.js";
import { invariant } from "../shared/domain/errors.js";
import {
  coverUnits,
  entryHoldUnits,
  FEE_ACCOUNT,
  feeOf,
  heldCurrency,
  holdUnits,
  notionalUnits,
} from "../shared/domain/funds.js";
import type { EngineEvent, FeeRates, NewOrder, Trade } from "../shared/domain/messages.js";
import { isDone, type OrderRecord } from "../shared/domain/order-record.js";
import type { AccountId, EpochUs, EventSequence, OrderId } from "../shared/domain/units.js";

/** What one event changes of what one account has of one currency. */
export interface Posting {
  readonly kind: "trade" | "release";
  readonly eventSequence: EventSequence;
  readonly accountId: AccountId;
  readonly currency: string;
  availableChange: bigint;
  heldChange: bigint;
  /** How many of the account's orders that held this currency have ended. */
  ordersDone: number;
  readonly atUs: EpochUs;
}

export interface Money {
  /** A trade's sum to zero per currency; in each of a release's, `availableChange` and `heldChange` do. */
  readonly postings: readonly Posting[];
  /** Null: the event is no trade, or the trade's orders hold nothing. */
  readonly fees: TradeFees | null;
}

/** A trade's fees in units of the quote currency; a negative one is a rebate. */
export interface TradeFees {
  readonly makerFeeUnits: number;
  readonly takerFeeUnits: number;
  /** What a taker with a quote budget gets back because it buys no further lot; null: no budget, or still buying. */
  readonly budgetLeftUnits: number | null;
}

const NOTHING: Money = { postings: [], fees: null };

type FundedOrder = OrderRecord & { readonly feeRates: FeeRates };

export function moneyOf(event: EngineEvent, orders: ReadonlyMap<OrderId, OrderRecord>, asset: Asset): Money {
  const { body } = event;
  switch (body.kind) {
    case "accepted": {
      const order = funded(orders, body.orderId);
      if (order !== null) order.heldUnits = entryHold(order, body.order, asset);
      return NOTHING;
    }
    case "rejected": {
      const order = funded(orders, body.orderId);
      return order === null ? NOTHING : release(event, order, entryHold(order, body.order, asset), asset);
    }
    case "trade":
      return settleTrade(event, body, orders, asset);
    case "canceled":
    case "replaced": {
      const order = funded(orders, body.orderId);
      return order === null ? NOTHING : release(event, order, covered(order, body.cover, asset), asset);
    }
    case "replace_rejected": {
      // There is a cover only if the order is the sender's own; the order may have ended by now.
      const order = body.orderId === null || !body.cover ? null : funded(orders, body.orderId);
      return order === null ? NOTHING : giveBack(event, order, covered(order, body.cover, asset), asset);
    }
    case "expired":
    case "reduced": {
      const order = funded(orders, body.orderId);
      return order === null ? NOTHING : release(event, order, 0, asset);
    }
    default:
      return NOTHING;
  }
}

function settleTrade(event: EngineEvent, trade: Trade, orders: ReadonlyMap<OrderId, OrderRecord>, asset: Asset): Money {
  const [maker, taker] = [funded(orders, trade.makerOrderId), funded(orders, trade.takerOrderId)];
  if (maker === null && taker === null) return NOTHING;
  invariant(
    maker !== null && taker !== null,
    `trade ${trade.tradeId} is with an order that holds no funds; orders from before funds were held must be canceled first`,
  );
  const worth = notionalUnits(asset, trade.priceTicks, trade.quantityLots);
  invariant(worth !== null, `trade ${trade.tradeId} is worth more than an order can hold`);
  const makerFeeUnits = charge(maker, worth, maker.feeRates.makerBps);
  const takerFeeUnits = charge(taker, worth, taker.feeRates.takerBps);
  const [buyer, buyerFee, seller, sellerFee] =
    trade.takerSide === "buy"
      ? [taker, takerFeeUnits, maker, makerFeeUnits]
      : [maker, makerFeeUnits, taker, takerFeeUnits];
  const base = BigInt(trade.quantityLots) * BigInt(asset.baseUnitsPerLot);
  const paid = BigInt(worth) + BigInt(buyerFee);

  const entry = new Entry("trade", event);
  const left = BigInt(buyer.heldUnits) - paid;
  const isSpent = buyer === taker && buyer.quantityLots === null && isDone(buyer);
  entry.spend(buyer, paid, asset);
  entry.move(buyer.accountId, asset.base, base, 0n);
  entry.spend(seller, base, asset);
  entry.move(seller.accountId, asset.quote, BigInt(worth) - BigInt(sellerFee), 0n);
  entry.move(FEE_ACCOUNT, asset.quote, BigInt(makerFeeUnits) + BigInt(takerFeeUnits), 0n);
  return {
    postings: entry.postings,
    fees: { makerFeeUnits, takerFeeUnits, budgetLeftUnits: isSpent ? Number(left) : null },
  };
}

/** The order's fee for a fill, in whole units; what was rounded up is carried, and taken off its next fee. */
function charge(order: FundedOrder, worth: number, bps: number): number {
  const { units, feeCarry } = feeOf(worth, bps, order.feeCarry);
  order.feeCarry = feeCarry;
  return units;
}

/** Releases what the order no longer needs of the units that it holds and of `extra`, held for this event's command. */
function release(event: EngineEvent, order: FundedOrder, extra: number, asset: Asset): Money {
  const entry = new Entry("release", event);
  entry.release(order, BigInt(order.heldUnits) + BigInt(extra), asset);
  return { postings: entry.postings, fees: null };
}

/** Releases the units held for this event's command alone; the order keeps what it holds. */
function giveBack(event: EngineEvent, order: FundedOrder, units: number, asset: Asset): Money {
  const entry = new Entry("release", event);
  entry.move(order.accountId, heldCurrency(asset, order.side), BigInt(units), BigInt(-units));
  return { postings: entry.postings, fees: null };
}

/** Collects one event's postings, one per account and currency. */
class Entry {
  readonly postings: Posting[] = [];
  readonly #kind: Posting["kind"];
  readonly #event: EngineEvent;

  constructor(kind: Posting["kind"], event: EngineEvent) {
    this.#kind = kind;
    this.#event = event;
  }

  /** Pays `units` out of the order's hold, and releases what it no longer needs of the rest. */
  spend(order: FundedOrder, units: bigint, asset: Asset): void {
    this.move(order.accountId, heldCurrency(asset, order.side), 0n, -units);
    this.release(order, BigInt(order.heldUnits) - units, asset);
  }

  release(order: FundedOrder, heldBefore: bigint, asset: Asset): void {
    const needed = neededHold(order, heldBefore, asset);
    const released = heldBefore - needed;
    invariant(released >= 0n, `order ${order.orderId} holds ${heldBefore} units and needs ${needed}`);
    order.heldUnits = Number(needed);
    this.move(order.accountId, heldCurrency(asset, order.side), released, -released, isDone(order) ? 1 : 0);
  }

  move(accountId: AccountId, currency: string, available: bigint, held: bigint, ordersDone = 0): void {
    if (available === 0n && held === 0n && ordersDone === 0) return;
    const { eventSequence, atUs } = this.#event;
    const posting = this.postings.find((other) => other.accountId === accountId && other.currency === currency);
    if (posting === undefined) {
      const changes = { availableChange: available, heldChange: held, ordersDone };
      this.postings.push({ kind: this.#kind, eventSequence, accountId, currency, ...changes, atUs });
      return;
    }
    posting.availableChange += available;
    posting.heldChange += held;
    posting.ordersDone += ordersDone;
  }
}

/** The units that the order must hold after the event. A buy by quote budget keeps what it has until it ends. */
function neededHold(order: FundedOrder, heldBefore: bigint, asset: Asset): bigint {
  if (isDone(order)) return 0n;
  if (order.quantityLots === null) return heldBefore;
  const needed = holdUnits(asset, order);
  invariant(needed !== null, `order ${order.orderId} needs more than can be held`);
  return BigInt(needed);
}

/** The units that order-processing held for the new order, by the same function of the same terms. */
function entryHold({ orderId, feeRates }: FundedOrder, terms: NewOrder, asset: Asset): number {
  const held = entryHoldUnits(asset, terms, feeRates);
  invariant(held !== null, `order ${orderId} came in and needs more than can be held`);
  return held;
}

/** The units that order-processing held for a replace. */
function covered({ orderId, side, feeRates }: FundedOrder, cover: number | null, asset: Asset): number {
  if (cover === null) return 0;
  const units = coverUnits(asset, side, cover, feeRates);
  invariant(units !== null, `a replace of order ${orderId} is covered by more than can be held`);
  return units;
}

/** The order, if funds are held for it; null if holds are switched off, or were when it came in. */
function funded(orders: ReadonlyMap<OrderId, OrderRecord>, id: OrderId): FundedOrder | null {
  const order = orders.get(id);
  invariant(order !== undefined, `order ${id} is not known`);
  return order.feeRates === null ? null : (order as FundedOrder);
}
