/** Parameters of requests: text, each at most once, from a query, a form or the params of a WebSocket message. Pure. */
import { BinanceError } from "./errors.js";

const PARAMETERS_MAX = 64;
const DECIMAL = /^([0-9]{1,20})(\.[0-9]{1,20})?$/;
const WHOLE = /^[0-9]{1,16}$/;

/** The parameters of one request, which notes what was read: what is left over is refused (-1104). */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;
  readonly #read = new Set<string>();

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** Of a query and a form: `a=1&b=2`, percent-encoded. */
  static ofText(...texts: readonly string[]): Parameters {
    const values = new Map<string, string>();
    for (const [name, value] of texts.flatMap((text) => [...new URLSearchParams(text)])) add(values, name, value);
    return new Parameters(values);
  }

  static ofObject(given: Readonly<Record<string, unknown>>): Parameters {
    const values = new Map<string, string>();
    for (const [name, value] of Object.entries(given)) {
      if (value === null || value === undefined) continue;
      if (typeof value === "object" && !Array.isArray(value)) throw invalid(name);
      add(values, name, Array.isArray(value) ? JSON.stringify(value) : String(value));
    }
    return new Parameters(values);
  }

  /** Null: it was not sent, or is empty. */
  text(name: string): string | null {
    this.#read.add(name);
    return this.#values.get(name) || null;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) throw BinanceError.missing(name);
    return value;
  }

  /** Decimal text, as it was sent. */
  decimal(name: string): string | null {
    const value = this.text(name);
    if (value !== null && !DECIMAL.test(value)) throw BinanceError.illegal(name, DECIMAL.source);
    return value;
  }

  whole(name: string): number | null {
    const value = this.text(name);
    if (value === null) return null;
    if (!WHOLE.test(value) || !Number.isSafeInteger(Number(value))) throw BinanceError.illegal(name, "^[0-9]{1,20}$");
    return Number(value);
  }

  /** One of the words; `wrong` makes the error for any other. */
  word<const Word extends string>(name: string, words: readonly Word[], wrong: () => BinanceError): Word | null {
    const value = this.text(name);
    if (value === null) return null;
    const word = words.find((known) => known === value);
    if (word === undefined) throw wrong();
    return word;
  }

  limit(fallback: number, most: number): number {
    return Math.max(1, Math.min(this.whole("limit") ?? fallback, most));
  }

  /** Reads what goes with every request, and is looked at elsewhere. */
  skip(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Throws the error that clients know for a parameter that nobody has read. */
  refuseOthers(): void {
    const others = [...this.#values.keys()].filter((name) => !this.#read.has(name));
    if (others.length === 0) return;
    const sent = this.#values.size;
    throw new BinanceError(
      -1104,
      `Not all sent parameters were read; read '${sent - others.length}' parameter(s) but was sent '${sent}'.`,
      `not known here: ${others.join(", ").slice(0, 200)}`,
    );
  }
}

export function invalid(name: string): BinanceError {
  return new BinanceError(-1130, `Data sent for parameter '${name.slice(0, 40)}' is not valid.`);
}

function add(values: Map<string, string>, name: string, value: string): void {
  if (values.has(name))
    throw new BinanceError(-1101, `Duplicate values for parameter '${name.slice(0, 40)}' detected.`);
  if (values.size >= PARAMETERS_MAX)
    throw new BinanceError(-1101, `Too many parameters; expected at most '${PARAMETERS_MAX}'.`);
  values.set(name, value);
}
