/**
 * Whole numbers with a unit: prices in ticks, quantities in lots, amounts of money in their currency's smallest unit, times in
 * microseconds since the epoch. All are safe integers (at most 2^53-1).
 */
declare const brand: unique symbol;
export type Branded<Name extends string> = number & { readonly [brand]: Name };

export type PriceTicks = Branded<"PriceTicks">;
export type Lots = Branded<"Lots">;
/** An amount in the smallest unit of a currency. */
export type CurrencyUnits = Branded<"CurrencyUnits">;
export type AccountId = Branded<"AccountId">;
/** A request's place in the log that its command comes from; increasing, and unique per market. */
export type LogId = Branded<"LogId">;
/** The log id of the request that placed the order. */
export type OrderId = Branded<"OrderId">;
/** Gapless per market, from 1. */
export type TradeId = Branded<"TradeId">;
/** Numbers the commands of a market, without a gap, from 1. */
export type CommandSequence = Branded<"CommandSequence">;
/** Numbers the events of a market, without a gap, from 1. */
export type EventSequence = Branded<"EventSequence">;
/** Microseconds since the epoch. */
export type EpochUs = Branded<"EpochUs">;
/** Milliseconds since the epoch. */
export type EpochMs = Branded<"EpochMs">;

/** A positive safe integer of the given kind; throws a RangeError for anything else, which is a bug in the caller. */
export function positive<T extends number>(name: string): (value: number) => T {
  return (value) => {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} ${value} is not in 1…2^53-1`);
    return value as T;
  };
}

export function nonNegative<T extends number>(name: string): (value: number) => T {
  return (value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} ${value} is not in 0…2^53-1`);
    return value as T;
  };
}

export const priceTicks = positive<PriceTicks>("price in ticks");
/** Zero is allowed: an order that is done has zero lots left. */
export const lots = nonNegative<Lots>("quantity in lots");
export const currencyUnits = nonNegative<CurrencyUnits>("amount in currency units");
export const accountId = positive<AccountId>("account id");
/** Zero is allowed: commands that no client sent have log id 0. */
export const logId = nonNegative<LogId>("log id");
export const orderId = positive<OrderId>("order id");
export const tradeId = positive<TradeId>("trade id");
export const commandSequence = nonNegative<CommandSequence>("command sequence");
export const eventSequence = nonNegative<EventSequence>("event sequence");
export const epochUs = nonNegative<EpochUs>("time in µs");
export const epochMs = nonNegative<EpochMs>("time in ms");
