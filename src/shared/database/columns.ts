import { elementOf } from "./pipelined-transaction.js";

/** Rows as columns, one array literal a column, for `unnest`: `columns(rows, (row) => row.a, (row) => row.b)`. */
export function columns<T>(rows: readonly T[], ...fields: readonly ((row: T) => unknown)[]): string[] {
  return fields.map((field) => {
    let [last, text]: [unknown, string] = [null, elementOf(null)];
    const texts = rows.map((row) => {
      const value = field(row);
      // Neighbours are often the same (an asset, a side, a time), and then already text.
      if (value !== last) [last, text] = [value, elementOf(value)];
      return text;
    });
    return `{${texts.join(",")}}`;
  });
}

/** The literal of a column without rows. */
export const NO_ROWS = "{}";
