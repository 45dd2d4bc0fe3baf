/**
 * A transaction as one write and one answer: all statements, then one Sync. Between two Syncs Postgres runs everything
 * in one implicit transaction, which commits at the Sync and is rolled back whole at the first error. A BEGIN … COMMIT
 * through pg's own pipeline mode has a Sync for each statement, and so costs a wake-up of both sides for each.
 *
 * pg takes any object with a `submit` method in place of a query (pg-cursor is built on that). This one must be the only
 * user of its connection.
 */

import { RequestWriter } from "./request-writer.js";

export interface Statement {
  /** The name of the prepared statement on its connection, which has one text at a time; empty: it is not kept. */
  readonly name: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export type Row = Record<string, unknown>;

/** The part of pg's Connection that is used here. */
interface Wire {
  readonly stream: { write(bytes: Buffer, done: () => void): unknown };
}

/** Writers whose bytes are sent: transactions of all connections take turns with them. */
const idleWriters: RequestWriter[] = [];
const IDLE_WRITERS_MAX = 4;

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

type ParserOf = (typeId: number) => (text: string) => unknown;

/** Texts of prepared statements, by their names. */
type Prepared = ReadonlyMap<string, string>;

/** Returns the statements that are prepared by the requests. */
function writeAll(statements: readonly Statement[], prepared: Prepared, to: RequestWriter): Prepared {
  const preparing = new Map<string, string>();
  to.reset();
  for (const { name, text, values = [] } of statements) {
    const known = preparing.get(name) ?? prepared.get(name);
    if (known !== undefined && known !== text) to.close(name); // it names days, and there is a new one
    if (known !== text) to.parse(name, text);
    if (known !== text && name !== "") preparing.set(name, text); // the server forgets the unnamed statement with the next one
    to.bind(name, text, values);
    to.describe();
    to.execute();
  }
  to.sync();
  return preparing;
}

export class PipelinedTransaction {
  /** Settles when the Sync is answered: the transaction is committed, or rolled back. */
  readonly done: Promise<Row[][]>;
  /** pg wraps it in a callback of its own, which ends the query's deadline. */
  callback: (error: unknown, rows: Row[][]) => void = () => undefined;
  readonly #requests: RequestWriter;
  readonly #prepared: Map<string, string>;
  /** Statements that these requests prepare. */
  readonly #preparing: Prepared;
  readonly #parserOf: ParserOf;
  readonly #results: Row[][] = [];
  #rows: Row[] = [];
  #fields: readonly Field[] = [];
  #error: unknown = null;

  /**
   * `prepared` holds the statements prepared on the connection; new ones are added when they are sent. Throws
   * WrongValue if a value is not of its column's type.
   */
  constructor(statements: readonly Statement[], prepared: Map<string, string>, parserOf: ParserOf) {
    this.#requests = idleWriters.pop() ?? new RequestWriter();
    this.#prepared = prepared;
    this.#preparing = writeAll(statements, prepared, this.#requests);
    this.#parserOf = parserOf;
    this.done = new Promise((resolve, reject) => {
      this.callback = (error, rows) => (error === null ? resolve(rows) : reject(error));
    });
  }

  submit(wire: Wire): void {
    for (const [name, text] of this.#preparing) this.#prepared.set(name, text);
    wire.stream.write(this.#requests.written, () => {
      if (idleWriters.length < IDLE_WRITERS_MAX) idleWriters.push(this.#requests);
    });
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
