/** What a tester's script consists of, as the parser leaves it to the runner. docs/testing.md has the words. */

/** Where a step is written. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** As it is written there. */
  readonly text: string;
}

export interface Script {
  readonly file: string;
  readonly steps: readonly Step[];
}

export type Step = Send | As | Sleep | Rate | Repeat | ExpectReport | ExpectClosed;

/** A line of the protocol, for the session that is current. */
export interface Send {
  readonly kind: "send";
  readonly place: Place;
  readonly line: string;
  /** Null: nothing is said of its response, so anything but a REJ will do. */
  expected: { readonly place: Place; readonly response: ExpectedResponse } | null;
}

export interface As {
  readonly kind: "as";
  readonly place: Place;
  readonly keyId: string;
  readonly secret: string;
}

export interface Sleep {
  readonly kind: "sleep";
  readonly ms: number;
}

/** From here on lines leave on a schedule, whatever comes back. Null: each waits for the response to the one before. */
export interface Rate {
  readonly kind: "rate";
  readonly perSecond: number | null;
}

export interface Repeat {
  readonly kind: "repeat";
  readonly times: number;
  readonly steps: readonly Step[];
}

/** `code`: of a REJ, its number or its name; null: any. `words`: what an OK goes on with. */
export type ExpectedResponse =
  | { readonly kind: "any" | "ack" }
  | { readonly kind: "ok"; readonly words: string }
  | { readonly kind: "reject"; readonly code: string | null };

export interface ExpectReport {
  readonly kind: "report";
  readonly place: Place;
  readonly report: ExpectedReport;
  readonly withinMs: number;
}

export interface ExpectedReport {
  /** No such report may come. */
  readonly isNone: boolean;
  /** An event of execution reports, or a status. */
  readonly word: string;
  /** What its fields have to say. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Of which order: 1 is the last that the account has placed. Null: the one that its last line was about. */
  readonly ordersBack: number | null;
}

export interface ExpectClosed {
  readonly kind: "closed";
  readonly place: Place;
  readonly withinMs: number;
}

/** A script that can't be run, or did not go as it says. The message is one line that begins with the place. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";

  constructor({ file, line }: Pick<Place, "file" | "line">, problem: string) {
    super(`${file}:${line}: ${problem}`);
  }
}
