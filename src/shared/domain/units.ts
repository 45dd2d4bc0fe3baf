/**
 * Whole numbers with a meaning. Inside the system every price is in ticks, every quantity in lots, every amount of
 * money in its currency's smallest unit, every time in microseconds since the epoch; all of them are safe integers
 * (at most 2^53-1). Decimal text exists at the edges only: parseDecimal on the way in, formatDecimal on the way out.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]: Name };

export type PriceTicks = Branded<"PriceTicks">;
export type Lots = Branded<"Lots">;
/** An amount in the smallest unit of a currency. */
export type CurrencyUnits = Branded<"CurrencyUnits">;
export type AccountId = Branded<"AccountId">;
/** A request's place in the order log: stream sequence of its batch * 256 + index. Increasing and unique per asset. */
export type LogId = Branded<"LogId">;
/** The log id of the request that placed the order. */
export type OrderId = Branded<"OrderId">;
/** Gapless per asset, from 1. */
export type TradeId = Branded<"TradeId">;
/** Gapless per asset, from 1: the order in which the engine is told things. */
export type CommandSequence = Branded<"CommandSequence">;
/** Gapless per asset, from 1: the order in which the engine's events happened. */
export type EventSequence = Branded<"EventSequence">;
/** Gapless per account, from 1: the order of an account's execution reports over all assets. */
export type AccountSequence = Branded<"AccountSequence">;
/** Gapless, from 1: the order in which operators and timers decided. */
export type ActionId = Branded<"ActionId">;
/** JetStream's own number of a message. It only says where to read on; it never decides what was done. */
export type StreamSequence = Branded<"StreamSequence">;
/** Microseconds since the epoch. */
export type EpochUs = Branded<"EpochUs">;
/** Milliseconds since the epoch. */
export type EpochMs = Branded<"EpochMs">;

/** A positive safe integer of the given kind; throws a RangeError for anything else, which is a bug in the caller. */
function positive<T extends number>(name: string): (value: number) => T {
  return (value) => {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} ${value} is not in 1…2^53-1`);
    return value as T;
  };
}

function nonNegative<T extends number>(name: string): (value: number) => T {
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
export const accountSequence = nonNegative<AccountSequence>("account sequence");
/** Zero is allowed: nothing was decided yet. */
export const actionId = nonNegative<ActionId>("action id");
export const streamSequence = nonNegative<StreamSequence>("stream sequence");
export const epochUs = nonNegative<EpochUs>("time in µs");
export const epochMs = nonNegative<EpochMs>("time in ms");

/** Requests in one batch of the order log; the factor between a stream sequence and a log id. */
export const BATCH_ITEMS_MAX = 256;

export function logIdAt(batch: StreamSequence, index: number): LogId {
  return logId(batch * BATCH_ITEMS_MAX + index);
}

/** Now, in microseconds; for the shells only, never for the core. */
export function nowUs(): EpochUs {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) as EpochUs;
}

export type DecimalProblem = "not a decimal number" | "not positive" | "off step" | "too large";

/**
 * Decimal text as a whole number of steps of 10^-scale * stepUnits, exactly; never through a float.
 * Accepts digits with at most one dot ("64000", "0.10", "007" is refused as a typing error).
 */
export function parseDecimal(text: string, step: DecimalStep): number | DecimalProblem {
  return parseShortDecimal(text, step) ?? parseAnyDecimal(text, step);
}

/** The usual number, without the cost of a BigInt: up to 15 digits, on step. Null: see what parseAnyDecimal says. */
function parseShortDecimal(text: string, step: DecimalStep): number | null {
  if (text.length > 15 || (text.charCodeAt(0) === 48 && text.charCodeAt(1) !== 46)) return null;
  let units = 0;
  let dot = -1;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) units = units * 10 + digit;
    else if (digit === -2 && dot < 0 && at > 0) dot = at;
    else return null;
  }
  if (dot === text.length - 1) return null;
  const decimals = dot < 0 ? 0 : text.length - 1 - dot;
  if (decimals > step.scale) return null;
  units *= POWERS_OF_TEN[step.scale - decimals] ?? Number.POSITIVE_INFINITY;
  return units > 0 && units <= Number.MAX_SAFE_INTEGER && units % step.units === 0 ? units / step.units : null;
}

const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

function parseAnyDecimal(text: string, step: DecimalStep): number | DecimalProblem {
  const match = /^(0|[1-9]\d{0,39})(?:\.(\d{1,40}))?$/.exec(text);
  if (match === null) return /^-(0|[1-9]\d*)(\.\d+)?$/.test(text) ? "not positive" : "not a decimal number";
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > step.scale) return "off step";
  const units = BigInt(`${match[1]}${fraction.padEnd(step.scale, "0")}`);
  if (units === 0n) return "not positive";
  if (units % BigInt(step.units) !== 0n) return "off step";
  const steps = units / BigInt(step.units);
  return steps > BigInt(Number.MAX_SAFE_INTEGER) ? "too large" : Number(steps);
}

/** The size of one step (a tick, a lot, a currency's smallest unit): units * 10^-scale. */
export interface DecimalStep {
  readonly scale: number;
  readonly units: number;
}

/** "0.01" is { scale: 2, units: 1 }, "0.05" is { scale: 2, units: 5 }, "5" is { scale: 0, units: 5 }. */
export function decimalStep(text: string): DecimalStep {
  const match = /^(\d{1,15})(?:\.(\d{1,15}))?$/.exec(text);
  const units = match === null ? 0 : Number(`${match[1]}${match[2] ?? ""}`);
  if (match === null || !Number.isSafeInteger(units) || units === 0) {
    throw new RangeError(`step "${text}" is not a positive decimal number such as 0.01`);
  }
  return { scale: (match[2] ?? "").length, units };
}

/** A quantity or an amount as decimal text without trailing zeros: 5000 lots of 0.0001 are "0.5". */
export function formatDecimal(steps: number | bigint, step: DecimalStep): string {
  const text = formatPrice(steps, step);
  if (step.scale === 0) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  return text.slice(0, text.charCodeAt(end - 1) === 46 ? end - 1 : end);
}

/** An amount of money, which may be negative: -5 units of 0.01 are "-0.05". */
export function formatAmount(units: number | bigint, unit: DecimalStep): string {
  return units < 0 ? `-${formatDecimal(-units, unit)}` : formatDecimal(units, unit);
}

/** A price with all the decimals of its tick, as people read prices in a column: 6400010 ticks of 0.01 are "64000.10". */
export function formatPrice(ticks: number | bigint, tick: DecimalStep): string {
  const product = Number(ticks) * tick.units;
  const digits = Number.isSafeInteger(product) ? String(product) : String(BigInt(ticks) * BigInt(tick.units));
  if (tick.scale === 0) return digits;
  const padded = digits.length > tick.scale ? digits : digits.padStart(tick.scale + 1, "0");
  const cut = padded.length - tick.scale;
  return `${padded.slice(0, cut)}.${padded.slice(cut)}`;
}
