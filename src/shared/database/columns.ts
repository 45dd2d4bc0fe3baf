import { elementOf, type Statement } from "./pipelined-transaction.js";

/**
 * Turns rows into columns, one array literal each, for one `unnest` of all of them: `columns(rows, (row) => row.a, (row) =>
 * row.b)`. A column without a value is empty: unnest fills what is too short with nulls. The first one must have values.
 */
export function columns<T>(rows: readonly T[], ...fields: readonly ((row: T) => unknown)[]): string[] {
  return fields.map((field) => column(rows, field));
}

function column<T>(rows: readonly T[], field: (row: T) => unknown): string {
  let [last, text]: [unknown, string] = [null, elementOf(null)];
  let isEmpty = true;
  let literal = "";
  for (const row of rows) {
    const value = field(row);
    // The value is often the same as in the row before (an asset, a side, a time): its text is used again.
    if (value !== last) [last, text] = [value, elementOf(value)];
    isEmpty &&= text === NULL;
    literal += literal === "" ? text : `,${text}`;
  }
  return isEmpty ? NO_ROWS : `{${literal}}`;
}

const NULL = elementOf(null);

/** The literal of a column without values. */
const NO_ROWS = "{}";

export function hasRows({ values }: Statement): boolean {
  return values?.[0] !== NO_ROWS;
}
