/** Refusals at the door (docs/protocol.md, Reject codes). The name is part of the contract, the text is for a person. */
export const REJECT_CODES = {
  LOGIN_REQUIRED: 100,
  LOGIN_REJECTED: 101,
  ACCOUNT_SUSPENDED: 102,
  TOO_MANY_SESSIONS: 103,
  MALFORMED_MESSAGE: 200,
  UNKNOWN_COMMAND: 201,
  UNKNOWN_ASSET: 202,
  INVALID_SIDE: 203,
  INVALID_QUANTITY: 204,
  INVALID_PRICE: 205,
  INVALID_CLIENT_ORDER_ID: 206,
  UNSUPPORTED_COMBINATION: 207,
  NOTIONAL_LIMIT: 208,
  INVALID_EXPIRY: 209,
  BUSY: 300,
  UNAVAILABLE: 301,
  UNKNOWN_OUTCOME: 302,
  RATE_LIMITED: 303,
  ASSET_HALTED: 304,
  SHUTTING_DOWN: 305,
} as const;

export type RejectName = keyof typeof REJECT_CODES;

/** A refusal as a value: what was wrong and what would be right, in one line. */
export interface Refusal {
  readonly name: RejectName;
  readonly text: string;
}

export function refuse(name: RejectName, text: string): Refusal {
  return { name, text };
}
