/**
 * The terms of a new order as plain numbers, for code that must not allocate: the engine fills one of these again and again.
 * Enumerations are codes of enumerations.ts; NONE stands for null.
 */
import {
  HAS_BUDGET,
  HAS_DISPLAY,
  HAS_EXPIRY,
  HAS_MINIMUM,
  HAS_PRICE,
  HAS_QUANTITY,
  HAS_STOP_PRICE,
  NONE,
} from "./codes.js";
import type { FeeRates, NewOrder } from "./commands.js";
import { ORDER_TYPES, SELF_TRADE_PREVENTIONS, SIDES, TIMES_IN_FORCE } from "./enumerations.js";

/** Fee rates as one number that is not negative; NONE for null. */
export function packFeeRates(rates: FeeRates | null): number {
  return rates === null ? NONE : (rates.makerBps + FEE_BPS_BIAS) * FEE_BPS_RANGE + rates.takerBps + FEE_BPS_BIAS;
}

export function unpackFeeRates(packed: number): FeeRates | null {
  if (packed === NONE) return null;
  const takerBps = (packed % FEE_BPS_RANGE) - FEE_BPS_BIAS;
  return { makerBps: Math.floor(packed / FEE_BPS_RANGE) - FEE_BPS_BIAS, takerBps };
}

const FEE_BPS_BIAS = 10_000;
const FEE_BPS_RANGE = 20_001;

export class OrderTerms implements Record<Exclude<keyof NewOrder, "kind">, unknown> {
  /** Codes of enumerations.ts. */
  side = 0;
  type = 0;
  timeInForce = 0;
  selfTradePrevention = 0;
  /** 0 or 1. */
  postOnly = 0;
  /** The bits of the optional fields below that are there; the others may hold anything. */
  has = 0;
  // NaN makes V8 keep these as doubles from the start.
  quantityLots = Number.NaN;
  priceTicks = Number.NaN;
  stopPriceTicks = Number.NaN;
  displayLots = Number.NaN;
  minimumLots = Number.NaN;
  quoteBudgetUnits = Number.NaN;
  expiresAtMs = Number.NaN;
  /** Packed fee rates, for the accepted order's event; the book does not use them. */
  feeRates = NONE;
  clientOrderId: string | null = null;

  read(order: NewOrder): this {
    this.side = SIDES.indexOf(order.side);
    this.type = ORDER_TYPES.indexOf(order.type);
    this.timeInForce = TIMES_IN_FORCE.indexOf(order.timeInForce);
    this.selfTradePrevention = SELF_TRADE_PREVENTIONS.indexOf(order.selfTradePrevention);
    this.postOnly = order.postOnly ? 1 : 0;
    this.quantityLots = order.quantityLots ?? NONE;
    this.priceTicks = order.priceTicks ?? NONE;
    this.stopPriceTicks = order.stopPriceTicks ?? NONE;
    this.displayLots = order.displayLots ?? NONE;
    this.minimumLots = order.minimumLots ?? NONE;
    this.quoteBudgetUnits = order.quoteBudgetUnits ?? NONE;
    this.expiresAtMs = order.expiresAtMs ?? NONE;
    this.feeRates = packFeeRates(order.feeRates);
    this.clientOrderId = order.clientOrderId;
    this.has =
      (order.quantityLots === null ? 0 : HAS_QUANTITY) |
      (order.priceTicks === null ? 0 : HAS_PRICE) |
      (order.stopPriceTicks === null ? 0 : HAS_STOP_PRICE) |
      (order.displayLots === null ? 0 : HAS_DISPLAY) |
      (order.minimumLots === null ? 0 : HAS_MINIMUM) |
      (order.quoteBudgetUnits === null ? 0 : HAS_BUDGET) |
      (order.expiresAtMs === null ? 0 : HAS_EXPIRY);
    return this;
  }
}
