/**
 * Comparisons, which reconciliation is made of: each says which values the rows of one table must have by the rows of others.
 * Pure: a comparison becomes one SELECT that returns only rows that differ, and each row becomes differences with both sides.
 */
import type { Row } from "../shared/database/database.js";

/** A value of a row that is not the one its source demands. */
export interface Difference {
  /** The rule that is broken. */
  readonly rule: string;
  readonly row: RowName;
  /** "exists" if one of the two rows is missing. */
  readonly column: string;
  readonly found: string | null;
  readonly expected: string | null;
  /** The row that the expected value comes from; either of the two may be the wrong one. */
  readonly source: RowName;
}

export interface RowName {
  readonly table: string;
  readonly key: Readonly<Record<string, string | null>>;
}

/** A comparison. All values but `rule` are SQL. */
export interface Comparison {
  readonly rule: string;
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  readonly source: string;
  readonly sourceKey: Readonly<Record<string, string>>;
  /** Each column's found and expected value. If "exists" differs, the other columns are not compared. */
  readonly columns: Readonly<Record<string, readonly [found: string, expected: string]>>;
  /** Common table expressions. */
  readonly with?: readonly string[];
  readonly from: string;
  readonly where?: string;
}

/** A rule: a SELECT, and the differences in each row that it returns. */
export interface Rule {
  readonly rule: string;
  readonly select: string;
  differences(row: Row): Difference[];
}

/** A row that differs, as the SELECT of a comparison returns it. */
interface DifferingRow {
  readonly key: (string | null)[];
  readonly source_key: (string | null)[];
  readonly found: (string | null)[];
  readonly expected: (string | null)[];
}

export function ruleOf(comparison: Comparison): Rule {
  return {
    rule: comparison.rule,
    select: selectOf(comparison),
    differences: (row) => differencesOf(comparison, row as unknown as DifferingRow),
  };
}

function selectOf({ with: tables = [], key, sourceKey, columns, from, where }: Comparison): string {
  const found = Object.values(columns).map(([expression]) => expression);
  const expected = Object.values(columns).map(([, expression]) => expression);
  const differs = `row(${found.join(", ")}) is distinct from row(${expected.join(", ")})`;
  return [
    tables.length > 0 ? `with ${tables.join(",\n")}` : "",
    `select ${texts(Object.values(key))} as key, ${texts(Object.values(sourceKey))} as source_key,`,
    `  ${texts(found)} as found, ${texts(expected)} as expected`,
    `from ${from}`,
    `where ${where === undefined ? "" : `(${where}) and `}${differs}`,
  ].join("\n");
}

function differencesOf(comparison: Comparison, values: DifferingRow): Difference[] {
  const row = nameOf(comparison.table, Object.keys(comparison.key), values.key);
  const source = nameOf(comparison.source, Object.keys(comparison.sourceKey), values.source_key);
  const differing = Object.keys(comparison.columns)
    .map((column, index) => ({
      column,
      found: values.found[index] ?? null,
      expected: values.expected[index] ?? null,
    }))
    .filter(({ found, expected }) => found !== expected);
  const missing = differing.filter(({ column }) => column === "exists");
  return (missing.length > 0 ? missing : differing).map((value) => ({ rule: comparison.rule, row, ...value, source }));
}

function nameOf(table: string, columns: readonly string[], values: readonly (string | null)[]): RowName {
  return { table, key: Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null])) };
}

function texts(expressions: readonly string[]): string {
  return `array[${expressions.map((expression) => `(${expression})::text`).join(", ")}]::text[]`;
}

/** The identity of a difference: its rule, row and column. */
export function rowKey({ rule, row: { table, key }, column }: Difference): string {
  const values = Object.keys(key).sort();
  return JSON.stringify([rule, table, values.map((name) => [name, key[name] ?? null]), column]);
}
