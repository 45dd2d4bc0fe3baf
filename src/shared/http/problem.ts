/** Errors as HTTP tells them: the rejects of the catalogue, each with its status, and what in the request it is about. */
import { REJECTS, type Refusal, type RejectName } from "../domain/rejects.js";

/** What else a client is told; `status` where another than the reject's usual one says more. */
export interface ProblemDetails {
  /** The field or parameter that is wrong. */
  readonly field?: string | undefined;
  /** What it was. */
  readonly value?: unknown;
  /** What it may be: the words, the bounds, or a sentence. */
  readonly allowed?: unknown;
  readonly status?: number | undefined;
  /** Where it is known better than from the reject alone. */
  readonly retryAfterS?: number | undefined;
}

/** Thrown by routes and hooks; the server answers it. A dialect with a form of its own sets an error handler that reads it. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly refusal: Refusal;
  readonly details: ProblemDetails;

  constructor(refusal: Refusal, details: ProblemDetails = {}) {
    super(refusal.text);
    this.refusal = refusal;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? HTTP[this.refusal.name].status;
  }

  /** After how many seconds it makes sense to ask again; null: never by itself. */
  get retryAfterS(): number | null {
    return this.details.retryAfterS ?? HTTP[this.refusal.name].retryAfterS ?? null;
  }
}

/** The body of an error. */
export interface ProblemBody {
  readonly code: number;
  readonly name: RejectName;
  readonly text: string;
  readonly field?: string;
  readonly value?: unknown;
  readonly allowed?: unknown;
}

export function problemBody({ refusal: { name, text }, details: { field, value, allowed } }: Problem): ProblemBody {
  return {
    code: REJECTS[name].code,
    name,
    text,
    ...(field !== undefined && { field }),
    ...(value !== undefined && { value: bounded(value) }),
    ...(allowed !== undefined && { allowed }),
  };
}

/** How HTTP says it. 302 is a 503, too: what became of the request is open, and the text says how to find out. */
const HTTP: Readonly<Record<RejectName, { readonly status: number; readonly retryAfterS?: number }>> = {
  LOGIN_REQUIRED: { status: 401 },
  LOGIN_REJECTED: { status: 401 },
  ACCOUNT_SUSPENDED: { status: 403 },
  TOO_MANY_SESSIONS: { status: 429, retryAfterS: 5 },
  LOGIN_LIMITED: { status: 429, retryAfterS: 60 },
  MALFORMED_MESSAGE: { status: 400 },
  UNKNOWN_COMMAND: { status: 404 },
  UNKNOWN_ASSET: { status: 400 },
  INVALID_SIDE: { status: 400 },
  INVALID_QUANTITY: { status: 400 },
  INVALID_PRICE: { status: 400 },
  INVALID_CLIENT_ORDER_ID: { status: 400 },
  UNSUPPORTED_COMBINATION: { status: 400 },
  NOTIONAL_LIMIT: { status: 400 },
  INVALID_EXPIRY: { status: 400 },
  UNKNOWN_ORDER: { status: 404 },
  BUSY: { status: 503, retryAfterS: 1 },
  UNAVAILABLE: { status: 503, retryAfterS: 1 },
  UNKNOWN_OUTCOME: { status: 503, retryAfterS: 1 },
  RATE_LIMITED: { status: 429, retryAfterS: 1 },
  ASSET_HALTED: { status: 409 },
  SHUTTING_DOWN: { status: 503, retryAfterS: 1 },
};

const VALUE_LENGTH_MAX = 100;

/** A client's own words come back to it, but not by the megabyte. */
function bounded(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= VALUE_LENGTH_MAX ? value : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
}
