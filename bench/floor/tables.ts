/** Rows on their way to Postgres, column by column, as one statement a table. */
import type { Statement } from "../../src/shared/database/database.js";

type Value = string | number | boolean | null;

export class Table {
  readonly #name: string;
  readonly #text: string;
  readonly #columns: Value[][];

  private constructor(name: string, text: string, width: number) {
    this.#name = name;
    this.#text = text;
    this.#columns = Array.from({ length: width }, () => []);
  }

  /** Columns as in `asset text, log_id bigint`. */
  static inserted(table: string, columns: string): Table {
    const { names, rows } = unnested(columns);
    const text = `insert into ${table} (${names.join(", ")}) select * from ${rows}`;
    return new Table(`insert_${table}`, text, names.length);
  }

  /** `set` and `where` call the table t and the rows c. */
  static updated(table: string, columns: string, set: string, where: string): Table {
    const { names, rows } = unnested(columns);
    const text = `update ${table} t set ${set} from ${rows} as c(${names.join(", ")}) where ${where}`;
    return new Table(`update_${table}`, text, names.length);
  }

  add(...row: readonly Value[]): void {
    for (let column = 0; column < row.length; column++) this.#columns[column]?.push(row[column] ?? "null");
  }

  /** The statement that writes the rows, which are forgotten here; none without rows. */
  take(): Statement[] {
    if (this.#columns[0]?.length === 0) return [];
    const values = this.#columns.map((column) => `{${column.join(",")}}`);
    for (const column of this.#columns) column.length = 0;
    return [{ name: this.#name, text: this.#text, values }];
  }
}

function unnested(columns: string): { names: string[]; rows: string } {
  const pairs = columns.split(/,\s*/).map((column) => column.split(" "));
  const arrays = pairs.map(([, type], index) => `$${index + 1}::${type}[]`);
  return { names: pairs.map(([name = ""]) => name), rows: `unnest(${arrays.join(", ")})` };
}
