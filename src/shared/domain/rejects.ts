/**
 * The catalogue of refusals at the door: the answers to requests that are not logged. Numbers and names are the contract
 * (docs/protocol.md, Reject codes, in the same order); `when` is for people. A request that is refused later, in the order of
 * the log, gets a `rejected` report with a `Reason` instead.
 */
export const REJECTS = {
  LOGIN_REQUIRED: { code: 100, when: "nobody is logged in here (any more)" },
  LOGIN_REJECTED: { code: 101, when: "a login is wrong, or the key may not do this" },
  ACCOUNT_SUSPENDED: { code: 102, when: "the account may not trade" },
  TOO_MANY_SESSIONS: { code: 103, when: "too many connections, in all, from an address or of an account" },
  LOGIN_LIMITED: { code: 104, when: "too many wrong logins came from here" },
  MALFORMED_MESSAGE: { code: 200, when: "bytes are neither lines nor frames" },
  UNKNOWN_COMMAND: { code: 201, when: "there is no such command" },
  UNKNOWN_ASSET: { code: 202, when: "the asset is not traded here" },
  INVALID_SIDE: { code: 203, when: "a side is not buy or sell" },
  INVALID_QUANTITY: { code: 204, when: "a quantity is missing, off lot or out of the asset's bounds" },
  INVALID_PRICE: { code: 205, when: "a price is missing, off tick or out of the asset's range" },
  INVALID_CLIENT_ORDER_ID: { code: 206, when: "the name of an order can't be one" },
  UNSUPPORTED_COMBINATION: { code: 207, when: "options exclude each other, are unknown or given twice" },
  NOTIONAL_LIMIT: { code: 208, when: "an order is worth less or more than the asset allows" },
  INVALID_EXPIRY: { code: 209, when: "an expiry is not a time, or not in the future" },
  UNKNOWN_ORDER: { code: 210, when: "the account has no such order (over HTTP, which can look before it asks)" },
  BUSY: { code: 300, when: "a queue or the log is full, or processing is behind" },
  UNAVAILABLE: { code: 301, when: "the log, or for a login the database, can't be reached" },
  UNKNOWN_OUTCOME: { code: 302, when: "the log did not answer in time, and may have the request" },
  RATE_LIMITED: { code: 303, when: "too many requests came in too short a time" },
  ASSET_HALTED: { code: 304, when: "the asset is halted or takes cancels only" },
  SHUTTING_DOWN: { code: 305, when: "the service is stopping" },
} as const;

export type RejectName = keyof typeof REJECTS;

/** A refusal as a value; the text says in one line what was wrong and what would be right. */
export interface Refusal {
  readonly name: RejectName;
  readonly text: string;
}

export function refuse(name: RejectName, text: string): Refusal {
  return { name, text };
}

export function isRefusal(value: object): value is Refusal {
  return "text" in value;
}
