import { elementOf, type Statement } from "./pipelined-transaction.js";

/** Turns rows into columns, one array literal each, for `unnest`: `columns(rows, (row) => row.a, (row) => row.b)`. */
export function columns<T>(rows: readonly T[], ...fields: readonly ((row: T) => unknown)[]): string[] {
  return fields.map((field) => {
    let [last, text]: [unknown, string] = [null, elementOf(null)];
    const texts = rows.map((row) => {
      const value = field(row);
      // The value is often the same as in the row before (an asset, a side, a time): its text is used again.
      if (value !== last) [last, text] = [value, elementOf(value)];
      return text;
    });
    return `{${texts.join(",")}}`;
  });
}

/** The literal of a column without rows. */
export const NO_ROWS = "{}";

export function hasRows({ values }: Statement): boolean {
  return values?.[0] !== NO_ROWS;
}
