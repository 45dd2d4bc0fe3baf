import type { Difference, RowName } from "./comparison.js";

/** One line for a difference: `orders asset=BTC-USD order_id=256: held_units is 5, but 4 by execution_reports account_id=3 …`. */
export function differenceText({ row, column, found, expected, source, rule }: Difference): string {
  if (column === "exists")
    return found === "true"
      ? `${nameText(row)} has no counterpart in ${source.table} (${rule})`
      : `${nameText(row)} is missing, but there is ${nameText(source)} (${rule})`;
  return `${nameText(row)}: ${column} is ${found ?? "null"}, but ${expected ?? "null"} by ${nameText(source)} (${rule})`;
}

function nameText({ table, key }: RowName): string {
  const values = Object.entries(key).filter(([, value]) => value !== null);
  return [table, ...values.map(([column, value]) => `${column}=${value}`)].join(" ");
}
