/**
 * The errors of Postgres that this code tells apart, by SQLSTATE; BX… are raised by our own functions in sql/. They are
 * recognized by their shape and not by pg's class: pg takes a while to load, and processes without a database go without.
 */
export const POSTGRES_ERRORS = {
  /** take_positions: the position is not where this writer left it, so another process has the asset. */
  positionTaken: "BX001",
  /** book_transfer: the account has less than the withdrawal. */
  withdrawalUncovered: "BX003",
  /** book_transfer: the reference was used for another transfer. */
  referenceTaken: "BX004",
  /** change_account: there is no such customer account, or it is closed, which is for good. */
  accountNotChanged: "BX005",
  /** revoke_key: there is no such key, or it is revoked already. */
  noSuchKey: "BX006",
  /** hold_funds: an account has less than the hold, or would have more open orders than it may. */
  fundsNotHeld: "BX010",
  /** take_client_order_ids: an account has used one of the ids before. */
  clientOrderIdTaken: "BX011",
  /** close_history_day: what stands for the day is not there, or not verified. */
  dayNotClosed: "BX012",
  /** issue_own_key: the account has as many good keys as it may, or is closed. */
  tooManyKeys: "BX020",
  /** claim_faucet, simulate_transfer: there is no play money of this kind for this account. */
  noPlayMoney: "BX021",
  /** The same: the account would have more than can be counted exactly. */
  tooMuchPlayMoney: "BX022",
  /** A value that Postgres does not know: a time zone, say. */
  invalidParameter: "22023",
  /** claim_act: its asker has used the key before. */
  actClaimed: "BX030",
  /** decide_transfer: there is no such request. */
  noSuchTransferRequest: "BX031",
  /** decide_transfer: it was decided otherwise, or by somebody else. */
  transferDecided: "BX032",
  /** decide_transfer: who asked for the transfer can't approve it. */
  approverAsked: "BX033",
  /** create_asset: there is one of that name. */
  assetTaken: "BX040",
  /** create_asset: another one, the message, has the same name where the two currencies are written as one word. */
  symbolTaken: "BX041",
  /** create_asset: a currency, says the message, has other decimals. */
  otherDecimals: "BX042",
  foreignKeyViolation: "23503",
  uniqueViolation: "23505",
  /** Somebody ended the session: also while its commit, which is done, waited for a standby. */
  sessionEnded: "57P01",
  /** The server ended a transaction that took longer than transaction_timeout. */
  transactionTimedOut: "25P04",
} as const;

/** SQLSTATE classes of errors about a value in the statement, which would fail again: 22 data, 23 constraints. */
const CLASSES_OF_VALUES = /^2[23]/;

/** Null: the error does not come from the server (a broken connection, say). */
export function sqlState(error: unknown): string | null {
  const isOfPostgres = error instanceof Error && "severity" in error && "code" in error;
  return isOfPostgres && typeof error.code === "string" ? error.code : null;
}

export function isPostgresError(error: unknown, name: keyof typeof POSTGRES_ERRORS): boolean {
  return sqlState(error) === POSTGRES_ERRORS[name];
}

/** A value that Postgres would refuse, since it is not of its parameter's type: it was not sent. */
export class WrongValue extends Error {
  override readonly name = "WrongValue";
}

/** Whether the error is about a value that is in the statement, so that the same one would fail again. */
export function isAboutValues(error: unknown): boolean {
  return error instanceof WrongValue || CLASSES_OF_VALUES.test(sqlState(error) ?? "");
}
