/** What an answer of the gateway says is wrong, in its own words, and where in the request it is. */
export interface Problem {
  /** The reject's number; 0: there was no answer. */
  readonly code: number;
  readonly name: string;
  readonly text: string;
  readonly field?: string;
  readonly value?: unknown;
  /** What it may be: a sentence, words, or bounds. */
  readonly allowed?: unknown;
  readonly status: number;
  readonly retryAfterS?: number;
}

export type Outcome<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly problem: Problem };

/** Whoever asked can't know what became of it. */
export const NO_ANSWER = 0;

/** "205 INVALID_PRICE: the price is off tick (step 0.01)". */
export function problemText({ code, name, text, allowed }: Problem): string {
  const bounds = allowedText(allowed);
  return `${code === NO_ANSWER ? "" : `${code} ${name}: `}${text}${bounds === "" ? "" : ` (${bounds})`}`;
}

function allowedText(allowed: unknown): string {
  if (allowed === undefined || allowed === null) return "";
  if (typeof allowed !== "object") return String(allowed);
  if (Array.isArray(allowed)) return allowed.join(", ");
  return Object.entries(allowed)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}
