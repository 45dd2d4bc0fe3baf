/**
 * The errors of Postgres that mean something to us, by SQLSTATE: BX… are raised by our own functions in sql/. Told by
 * their shape: `pg` takes a while to load, and a process that has no use for it is to start without.
 */
export const POSTGRES_ERRORS = {
  /** take_positions: the position is not where its writer left it, so another process has the asset. */
  positionTaken: "BX001",
  /** book_transfer: the account has less than it is to pay out. */
  withdrawalUncovered: "BX003",
  /** book_transfer: the reference was used for another transfer. */
  referenceTaken: "BX004",
  /** change_account: there is no customer account that this could be done to; what is closed stays closed. */
  accountNotChanged: "BX005",
  /** revoke_key: there is no key that could be. */
  noSuchKey: "BX006",
  /** hold_funds: an account has less than is to be held, or more open orders than it may. */
  fundsNotHeld: "BX010",
  foreignKeyViolation: "23503",
  uniqueViolation: "23505",
  /** The server's own end of a transaction that took longer than transaction_timeout. */
  transactionTimedOut: "25P04",
} as const;

/** Classes whose errors are about a value in the statement, whoever sends it and however often: data, constraints. */
const CLASSES_OF_VALUES = /^2[23]/;

/** Null: not an error of the server (a broken connection, say). */
export function sqlState(error: unknown): string | null {
  const isOfPostgres = error instanceof Error && "severity" in error && "code" in error;
  return isOfPostgres && typeof error.code === "string" ? error.code : null;
}

export function isPostgresError(error: unknown, name: keyof typeof POSTGRES_ERRORS): boolean {
  return sqlState(error) === POSTGRES_ERRORS[name];
}

/** A row with this key is there already. `index` is the unique index that says so. */
export function isTaken(error: unknown, index: string): boolean {
  return isPostgresError(error, "uniqueViolation") && (error as { constraint?: unknown }).constraint === index;
}

/** It is about a value that was sent, and would be the same the next time. */
export function isAboutValues(error: unknown): boolean {
  return CLASSES_OF_VALUES.test(sqlState(error) ?? "");
}
