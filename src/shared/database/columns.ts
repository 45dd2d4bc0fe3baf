/** The values of one field of all rows: an array parameter, which is written when its statement is sent. */
export class Column {
  readonly rows: readonly never[];
  readonly field: (row: never) => unknown;

  constructor(rows: readonly unknown[], field: (row: never) => unknown) {
    this.rows = rows as readonly never[];
    this.field = field;
  }

  /** What pg asks for in a query that is no transaction. */
  toPostgres(): unknown[] {
    return this.rows.map(this.field);
  }
}

/**
 * Turns rows into columns for one `unnest` of all of them: `columns(rows, (row) => row.a, (row) => row.b)`. A value is a safe
 * integer, a bigint, a text, a boolean or nothing, as the statement's text says (`$1::bigint[]`).
 */
export function columns<Row>(rows: readonly Row[], ...fields: readonly ((row: Row) => unknown)[]): Column[] {
  return fields.map((field) => new Column(rows, field));
}

export function hasRows({ values }: { readonly values?: readonly unknown[] }): boolean {
  const [first] = values ?? [];
  return !(first instanceof Column) || first.rows.length > 0;
}
