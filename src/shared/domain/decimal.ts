/** Converts decimal text to whole steps (of ticks, lots, a currency's units) and back, exactly and never through a float. */

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

export type DecimalProblem = "not a decimal number" | "not positive" | "off step" | "too large";

/**
 * Parses decimal text as a whole number of steps, exactly. Accepts digits with at most one dot: "64000", "0.10"; "007" is
 * refused as a typing error.
 */
export function parseDecimal(text: string, step: DecimalStep): number | DecimalProblem {
  return parseShortDecimal(text, step) ?? parseAnyDecimal(text, step);
}

/** Parses the usual number (up to 15 digits, on step) without the cost of a BigInt. Null: parseAnyDecimal must judge it. */
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

/** A price with all the decimals of its tick: 6400010 ticks of 0.01 are "64000.10". */
export function formatPrice(ticks: number | bigint, tick: DecimalStep): string {
  const product = Number(ticks) * tick.units;
  const digits = Number.isSafeInteger(product) ? String(product) : String(BigInt(ticks) * BigInt(tick.units));
  if (tick.scale === 0) return digits;
  const padded = digits.length > tick.scale ? digits : digits.padStart(tick.scale + 1, "0");
  const cut = padded.length - tick.scale;
  return `${padded.slice(0, cut)}.${padded.slice(cut)}`;
}
