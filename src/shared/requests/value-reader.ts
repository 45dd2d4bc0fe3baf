/** Values of requests that come as text: amounts are read exactly, and the first one that is wrong is told. Pure. */
import type { Asset } from "../domain/assets.js";
import { type DecimalStep, formatDecimal, parseDecimal } from "../domain/decimal.js";
import { type Refusal, type RejectName, refuse } from "../domain/rejects.js";
import { missing, type RequestRules, shown } from "./order-rules.js";

/** Reads the values of one request and keeps the first refusal. A value is undefined if not given, null if it is missing. */
export class ValueReader {
  refusal: Refusal | null = null;
  /** What the value that was refused is called; null: none was. */
  refused: string | null = null;
  readonly asset: Asset;
  readonly rules: RequestRules;

  constructor(asset: Asset, rules: RequestRules) {
    this.asset = asset;
    this.rules = rules;
  }

  price(what: string, text: string | null | undefined): number | null {
    const { tick, tickSize } = this.asset;
    return this.#steps("INVALID_PRICE", what, text, tick, () => `the tick ${tickSize}`);
  }

  quantity(what: string, text: string | null | undefined): number | null {
    const { lot, lotSize } = this.asset;
    return this.#steps("INVALID_QUANTITY", what, text, lot, () => `the lot ${lotSize}`);
  }

  quoteAmount(text: string | undefined): number | null {
    if (text === undefined) return null;
    const { quote } = this.asset;
    const step = { scale: this.rules.registry.currencies.get(quote)?.decimals ?? 0, units: 1 };
    return this.#steps("INVALID_QUANTITY", "quote amount", text, step, () => `${formatDecimal(1, step)} ${quote}`);
  }

  time(text: string | undefined): number | null {
    return text === undefined ? null : this.#keep("expiry", parseTime(text));
  }

  choice<T>(option: string, choices: ReadonlyMap<string, T>, text: string | undefined): T | null {
    if (text === undefined) return null;
    const chosen = choices.get(text.toUpperCase());
    if (chosen !== undefined) return chosen;
    const known = [...choices.keys()].join(", ").toLowerCase();
    return this.#keep(option, refuse("UNSUPPORTED_COMBINATION", `${option} ${shown(text)} is not one of ${known}`));
  }

  #steps(
    name: RejectName,
    what: string,
    text: string | null | undefined,
    step: DecimalStep,
    stepText: () => string,
  ): number | null {
    if (text === undefined) return null;
    if (text === null) return this.#keep(what, missing(name, what));
    const steps = parseDecimal(text, step);
    if (typeof steps === "number") return steps;
    const largest = formatDecimal(Number.MAX_SAFE_INTEGER, step);
    const problems = {
      "not a decimal number": "is not a decimal number such as 12.5 (digits and one dot, no leading 0)",
      "not positive": "is not above zero",
      "off step": `is not a multiple of ${stepText()}`,
      "too large": `is above the largest possible, ${largest}`,
    };
    return this.#keep(what, refuse(name, `${what} ${shown(text)} ${problems[steps]}`));
  }

  #keep(what: string, value: Refusal): null;
  #keep(what: string, value: number | Refusal): number | null;
  #keep(what: string, value: number | Refusal): number | null {
    if (typeof value === "number") return value;
    if (this.refusal === null) this.refused = what;
    this.refusal ??= value;
    return null;
  }
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

/** An RFC 3339 time as milliseconds since the epoch; finer digits are cut off. */
export function parseTime(text: string): number | Refusal {
  const match = RFC_3339.exec(text);
  const atMs = match === null ? Number.NaN : Date.parse(text.toUpperCase());
  // Date.parse takes February 30th for March 1st, so the day must be the same as in the text.
  const day = Number(match?.[3]);
  const isRealDay =
    match !== null && new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, day)).getUTCDate() === day;
  if (Number.isFinite(atMs) && atMs >= 0 && isRealDay) return Math.floor(atMs);
  return refuse("INVALID_EXPIRY", `expiry ${shown(text)} is not an RFC 3339 time such as 2026-01-31T12:00:00Z`);
}
