/**
 * Errors in Binance's words: clients tell them apart by `code`, and within a code by the exact `msg`. What we know beyond that
 * stands in `detail`. Source: binance-spot-api-docs, errors.md; what ccxt maps each to is tested.
 */
import type { Reason } from "../../shared/domain/messages.js";
import type { Refusal, RejectName } from "../../shared/domain/rejects.js";

export interface BinanceErrorBody {
  readonly code: number;
  readonly msg: string;
  readonly detail?: string;
  /** Of a cancel-replace: what became of its halves. */
  readonly data?: object;
}

export class BinanceError extends Error {
  override readonly name = "BinanceError";
  readonly status: number;
  readonly code: number;
  readonly detail: string | null;
  readonly data: object | null;

  constructor(code: number, msg: string, detail: string | null = null, status = 400, data: object | null = null) {
    super(msg);
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.data = data;
  }

  static unknownSymbol(symbols: readonly string[]): BinanceError {
    return new BinanceError(-1121, "Invalid symbol.", `traded here are ${symbols.slice(0, 8).join(", ")}`);
  }

  static missing(parameter: string): BinanceError {
    return new BinanceError(-1102, `Mandatory parameter '${parameter}' was not sent, was empty/null, or malformed.`);
  }

  static missingOneOf(one: string, other: string): BinanceError {
    return new BinanceError(-1102, `Param '${one}' or '${other}' must be sent, but both were empty/null!`);
  }

  static notRequired(parameter: string, detail: string | null = null): BinanceError {
    return new BinanceError(-1106, `Parameter '${parameter}' sent when not required.`, detail);
  }

  static illegal(parameter: string, range: string): BinanceError {
    return new BinanceError(-1100, `Illegal characters found in parameter '${parameter}'; legal range is '${range}'.`);
  }

  static filter(filter: string, detail: string | null = null): BinanceError {
    return new BinanceError(-1013, `Filter failure: ${filter}`, detail);
  }

  static orderDoesNotExist(): BinanceError {
    return new BinanceError(-2013, "Order does not exist.");
  }

  get body(): BinanceErrorBody {
    return {
      code: this.code,
      msg: this.message,
      ...(this.detail !== null && { detail: this.detail }),
      ...(this.data !== null && { data: this.data }),
    };
  }
}

type Known = readonly [code: number, msg: string, status?: number];

const CLOSED: Known = [-1013, "Market is closed."];
const DISABLED: Known = [-2010, "This action is disabled on this account."];
const NOT_NOW: Known = [-1001, "Service Unavailable.", 503];
const COMBINATION: Known = [-1014, "Unsupported order combination."];

/** A client is told 429, and not 418: it is never banned, and everything is told it again after a minute. */
const TOO_MANY: Known = [-1003, "Too many requests. Please try again later.", 429];

/** What a request is refused for before it is logged. */
const OF_REFUSAL: Readonly<Record<RejectName, Known>> = {
  LOGIN_REQUIRED: [-2015, "Invalid API-key, IP, or permissions for action.", 401],
  LOGIN_REJECTED: [-2015, "Invalid API-key, IP, or permissions for action.", 401],
  ACCOUNT_SUSPENDED: DISABLED,
  TOO_MANY_SESSIONS: TOO_MANY,
  LOGIN_LIMITED: TOO_MANY,
  MALFORMED_MESSAGE: [-1130, "Data sent for parameter is not valid."],
  UNKNOWN_COMMAND: [-1020, "This operation is not supported.", 404],
  UNKNOWN_ASSET: [-1121, "Invalid symbol."],
  UNKNOWN_ORDER: [-2013, "Order does not exist."],
  INVALID_SIDE: [-1117, "Invalid side."],
  INVALID_QUANTITY: [-1013, "Filter failure: LOT_SIZE"],
  INVALID_PRICE: [-1013, "Filter failure: PERCENT_PRICE"],
  INVALID_CLIENT_ORDER_ID: [-1100, "Illegal characters found in a parameter."],
  UNSUPPORTED_COMBINATION: COMBINATION,
  NOTIONAL_LIMIT: [-1013, "Filter failure: NOTIONAL"],
  INVALID_EXPIRY: COMBINATION,
  BUSY: NOT_NOW,
  UNAVAILABLE: NOT_NOW,
  UNKNOWN_OUTCOME: [
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    504,
  ],
  RATE_LIMITED: [-1015, "Too many new orders.", 429],
  ASSET_HALTED: CLOSED,
  SHUTTING_DOWN: NOT_NOW,
};

export function errorOfRefusal({ name, text }: Refusal): BinanceError {
  const [code, msg, status = 400] = OF_REFUSAL[name as keyof typeof OF_REFUSAL] ?? NOT_NOW;
  return new BinanceError(code, msg, text, status);
}

/** What an order is refused for after it was logged; every other reason is just "Order rejected". */
const OF_REASON: Partial<Record<Reason, Known>> = {
  insufficient_funds: [-2010, "Account has insufficient balance for requested action."],
  would_trade: [-2010, "Order would immediately match and take."],
  duplicate_client_order_id: [-2010, "Duplicate order sent."],
  account_suspended: DISABLED,
  asset_halted: CLOSED,
  asset_cancel_only: CLOSED,
  asset_in_auction: [-2010, "This order type is not possible in this trading phase."],
  too_many_open_orders: [-1013, "Filter failure: MAX_NUM_ORDERS"],
  too_many_slices: [-1013, "Filter failure: ICEBERG_PARTS"],
  notional_limit: [-1013, "Filter failure: NOTIONAL"],
  no_reference_price: [-1112, "No orders on book for symbol."],
  unsupported: COMBINATION,
};

const UNKNOWN_ORDER: Known = [-2011, "Unknown order sent."];
const NO_CANCEL: Partial<Record<Reason, Known>> = {
  unknown_order: UNKNOWN_ORDER,
  unknown_client_order_id: UNKNOWN_ORDER,
  asset_halted: CLOSED,
};

/** The error of a `rejected`, `cancel_rejected` or `replace_rejected` report, by its reason, which may have a detail after a colon. */
export function errorOfReason(what: "order" | "cancel" | "replace", reasonText: string): BinanceError {
  const reason = reasonText.split(":", 1)[0] as Reason;
  const known =
    (what === "order" ? undefined : NO_CANCEL[reason]) ?? (what === "cancel" ? undefined : OF_REASON[reason]);
  const [code, msg, status = 400] =
    known ?? (what === "cancel" ? [-2011, "Cancel rejected."] : [-2010, "Order rejected."]);
  return new BinanceError(code, msg, reasonText, status);
}

/** The answers to signatures and their times. */
export const SIGNATURE_ERRORS = {
  format: () => new BinanceError(-2014, "API-key format invalid.", null, 401),
  key: (detail: string) => new BinanceError(-2015, "Invalid API-key, IP, or permissions for action.", detail, 401),
  signature: () => new BinanceError(-1022, "Signature for this request is not valid."),
  ahead: (nowMs: number) =>
    new BinanceError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.", serverTime(nowMs)),
  outside: (nowMs: number) =>
    new BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.", serverTime(nowMs)),
  window: () => new BinanceError(-1131, "recvWindow must be less than 60000"),
} as const;

const serverTime = (nowMs: number) => `the server's time is ${nowMs}`;
