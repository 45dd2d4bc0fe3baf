/**
 * A transaction as one write and one answer: all statements, then one Sync. Between two Syncs Postgres runs everything
 * in one implicit transaction, which commits at the Sync and is rolled back whole at the first error. A BEGIN … COMMIT
 * through pg's own pipeline mode has a Sync for each statement, and so costs a wake-up of both sides for each.
 *
 * pg takes any object with a `submit` method in place of a query (pg-cursor is built on that). This one must be the only
 * user of its connection.
 */

export interface Statement {
  /** The name of the prepared statement on its connection; empty: it is not kept. */
  readonly name: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export type Row = Record<string, unknown>;

/** The part of pg's Connection that is used here. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: (string | null)[] }): void;
  describe(message: { type: "P"; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  sync(): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

type ParserOf = (typeId: number) => (text: string) => unknown;

export class PipelinedTransaction {
  /** Settles when the Sync is answered: the transaction is committed, or rolled back. */
  readonly done: Promise<Row[][]>;
  /** pg wraps it in a callback of its own, which ends the query's deadline. */
  callback: (error: unknown, rows: Row[][]) => void = () => undefined;
  readonly #statements: readonly Statement[];
  readonly #prepared: Set<string>;
  readonly #parserOf: ParserOf;
  readonly #results: Row[][] = [];
  #rows: Row[] = [];
  #fields: readonly Field[] = [];
  #error: unknown = null;

  /** `prepared` holds the names of the statements prepared on the connection; new ones are added. */
  constructor(statements: readonly Statement[], prepared: Set<string>, parserOf: ParserOf) {
    this.#statements = statements;
    this.#prepared = prepared;
    this.#parserOf = parserOf;
    this.done = new Promise((resolve, reject) => {
      this.callback = (error, rows) => (error === null ? resolve(rows) : reject(error));
    });
  }

  submit(wire: Wire): void {
    wire.stream.cork();
    for (const { name, text, values = [] } of this.#statements) {
      if (!this.#prepared.has(name)) wire.parse({ name, text });
      if (name !== "") this.#prepared.add(name); // the server forgets the unnamed statement with the next one
      wire.bind({ statement: name, values: values.map(textOf) });
      wire.describe({ type: "P", name: "" });
      wire.execute({ portal: "", rows: 0 });
    }
    wire.sync();
    wire.stream.uncork();
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#fields = fields;
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const row: Row = {};
    this.#fields.forEach(({ name, dataTypeID }, index) => {
      const text = fields[index] ?? null;
      row[name] = text === null ? null : this.#parserOf(dataTypeID)(text);
    });
    this.#rows.push(row);
  }

  handleCommandComplete(): void {
    this.#results.push(this.#rows);
    this.#rows = [];
    this.#fields = [];
  }

  /** pg calls it, too, when the deadline has passed or the connection is gone: then no answer to the Sync comes. */
  handleError(error: unknown): void {
    this.#error ??= error;
    this.callback(this.#error, []);
  }

  handleReadyForQuery(): void {
    if (this.#error === null) this.callback(null, this.#results);
  }
}

/** A parameter in Postgres's text format: an array as {…}, any other value as its text. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? `{${value.map(elementOf).join(",")}}` : String(value);
}

/** The text of an element in an array literal. */
export function elementOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value !== "string") return String(value);
  const isPlain = !value.includes('"') && !value.includes("\\");
  return isPlain ? `"${value}"` : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
