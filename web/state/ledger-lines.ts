/** The ledger with what the account had after each entry: entries come newest first, and so the balance is counted backwards. */
import { dateTimeText } from "../../src/shared/subscriber/formats.js";
import { moneyText, unitsOf } from "./order-cost.js";

export interface LedgerEntry {
  readonly atUs: number;
  readonly kind: string;
  readonly source: string;
  readonly sequence: number;
  readonly currency: string;
  readonly amount: string;
}

export interface LedgerLine {
  readonly key: string;
  readonly time: string;
  readonly what: string;
  readonly currency: string;
  readonly amount: string;
  /** All that the account had of the currency after it, held or not; "": it is not known. */
  readonly balance: string;
}

/** Decimals of every amount while it is counted: no currency has more. */
const DECIMALS = 18;

export interface HadNow {
  readonly currency: string;
  readonly available: string;
  readonly held: string;
}

export function ledgerLines(entries: readonly LedgerEntry[], now: readonly HadNow[]): readonly LedgerLine[] {
  const after = new Map(
    now.map(({ currency, available, held }) => [
      currency,
      (unitsOf(available, DECIMALS) ?? 0n) + (unitsOf(held, DECIMALS) ?? 0n),
    ]),
  );
  return entries.map(({ atUs, kind, source, sequence, currency, amount }) => {
    const balance = after.get(currency);
    const units = unitsOf(amount, DECIMALS) ?? 0n;
    if (balance !== undefined) after.set(currency, balance - units);
    return {
      key: `${source}/${sequence}/${currency}`,
      time: dateTimeText(atUs),
      what: kind === "trade" ? `trade, ${source}` : kind,
      currency,
      amount: `${units > 0n ? "+" : ""}${moneyText(units, DECIMALS)}`,
      balance: balance === undefined ? "" : moneyText(balance, DECIMALS),
    };
  });
}

/** As spreadsheets read it (RFC 4180). A text that they would take for a formula begins with an apostrophe. */
export function csvOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n");
}

function csvCell(value: string | number): string {
  const text = String(value);
  const isFormula = /^[=+@\t\r]/.test(text) || (text.startsWith("-") && !/^-[\d.]+$/.test(text));
  const safe = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
