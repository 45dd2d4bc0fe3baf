import type { Queries } from "../database/database.js";
import { isPostgresError } from "../database/postgres-errors.js";
import { parseDecimal } from "../domain/decimal.js";
import { type Account, balancesOf } from "./accounts.js";
import type { Act, By } from "./acts.js";
import { RefusedToOperator } from "./refused.js";

export interface Transfer {
  readonly kind: "deposit" | "withdrawal";
  readonly account: Account;
  /** Decimal text of the currency. */
  readonly amount: string;
  readonly currency: string;
  /** It is booked once for each. */
  readonly reference: string;
}

const REFERENCE_LENGTH_MAX = 200;

export async function makeTransfer(database: Queries, transfer: Transfer, { actor, why }: By): Promise<Act> {
  const values = await transferValues(database, transfer);
  return {
    text: "select make_transfer($1, $2, $3, $4, $5, $6, $7)",
    values: [...values, actor, why],
    explain: (error) => transferRefusal(database, transfer, error),
  };
}

/** What the functions of Postgres take of a transfer: kind, account, currency, units, reference. Rejects with RefusedToOperator. */
export async function transferValues(database: Queries, transfer: Transfer): Promise<unknown[]> {
  const { kind, account, amount, currency, reference } = transfer;
  if (kind === "deposit" && account.status === "closed")
    throw new RefusedToOperator(`${account.account} is closed: it can pay out what it has, nothing comes in any more`);
  const units = await unitsOf(database, amount, currency);
  if (reference === "" || reference.length > REFERENCE_LENGTH_MAX)
    throw new RefusedToOperator(`a reference has 1 to ${REFERENCE_LENGTH_MAX} characters`, "it is wrong");
  return [kind, account.accountId, currency, units, reference];
}

async function unitsOf(database: Queries, amount: string, currency: string): Promise<number> {
  const currencies = await database.query<{ currency: string; decimals: number }>(
    "select currency, decimals from currencies",
  );
  const decimals = currencies.find((known) => known.currency === currency)?.decimals;
  if (decimals === undefined) {
    const names = currencies.map((known) => known.currency).sort();
    const text = `there is no currency ${currency}; there are ${names.join(", ")}`;
    throw new RefusedToOperator(text, "it is wrong");
  }
  const units = parseDecimal(amount, { scale: decimals, units: 1 });
  if (typeof units === "number") return units;
  throw new RefusedToOperator(`${amount} is ${PROBLEMS[units](decimals)}`, "it is wrong");
}

const PROBLEMS = {
  "not a decimal number": () => "not a decimal number such as 1000 or 0.25",
  "not positive": () => "not above zero",
  "off step": (decimals: number) => `finer than the currency, which has ${decimals} decimals`,
  "too large": () => "too large for one transfer: the most is 2^53-1 of the currency's smallest unit",
};

export async function transferRefusal(
  database: Queries,
  { account, amount, currency, reference }: Omit<Transfer, "kind">,
  error: unknown,
): Promise<unknown> {
  if (isPostgresError(error, "referenceTaken"))
    return new RefusedToOperator(`the reference ${reference} was used for another transfer; give this one its own`);
  if (!isPostgresError(error, "withdrawalUncovered")) return error;
  const [balance] = await balancesOf(database, account.accountId, currency);
  const has = `${balance?.available ?? 0} ${currency} available and ${balance?.held ?? 0} held by open orders`;
  return new RefusedToOperator(`${account.account} has ${has}; ${amount} can't be withdrawn`);
}
