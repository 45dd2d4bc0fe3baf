import { randomUUID } from "node:crypto";
import type { Database } from "../shared/database/database.js";
import { isPostgresError } from "../shared/database/postgres-errors.js";
import { parseDecimal } from "../shared/domain/decimal.js";
import { visible } from "../shared/process/visible-text.js";
import { type Account, balancesOf, findAccount } from "./accounts.js";
import { type Call, type Outcome, RefusedToOperator } from "./command-line.js";

const REFERENCE_LENGTH_MAX = 200;

/** Books a deposit or a withdrawal, once for each reference. */
export async function transfer(kind: "deposit" | "withdrawal", call: Call): Promise<Outcome> {
  const { database, actor, words, options } = call;
  const [name = "", amount = "", currency = ""] = words;
  const account = await findAccount(database, name);
  if (kind === "deposit" && account.status === "closed")
    throw new RefusedToOperator(`${name} is closed: it can pay out what it has, nothing comes in any more`);
  const units = await unitsOf(database, amount, currency);
  const reference = options.reference ?? randomUUID();
  if (reference === "" || reference.length > REFERENCE_LENGTH_MAX)
    throw new RefusedToOperator(`a reference has 1 to ${REFERENCE_LENGTH_MAX} characters`);
  const known = await database.query("select 1 from transfers where reference = $1", [reference]);
  try {
    await database.query("select make_transfer($1, $2, $3, $4, $5, $6, $7)", [
      kind,
      account.accountId,
      currency,
      units,
      reference,
      actor,
      options.why ?? "",
    ]);
  } catch (error) {
    throw await refusalOf(error, { database, account, amount, currency, reference });
  }
  const [balance] = await balancesOf(database, account.accountId, currency);
  const isRepeated = known.length > 0;
  const done =
    kind === "deposit" ? `deposited ${amount} ${currency} to ${name}` : `withdrew ${amount} ${currency} from ${name}`;
  const said = isRepeated
    ? `${visible(reference)} was booked before; nothing was changed`
    : `${done}; reference ${visible(reference)}`;
  return {
    text: `${said}; ${name} has ${balance?.available} ${currency} available, ${balance?.held} held`,
    json: { kind, account: name, amount, currency, reference, isRepeated, balance },
  };
}

async function unitsOf(database: Database, amount: string, currency: string): Promise<number> {
  const currencies = await database.query<{ currency: string; decimals: number }>(
    "select currency, decimals from currencies",
  );
  const decimals = currencies.find((known) => known.currency === currency)?.decimals;
  if (decimals === undefined) {
    const names = currencies.map((known) => known.currency).sort();
    throw new RefusedToOperator(`there is no currency ${currency}; there are ${names.join(", ")}`);
  }
  const units = parseDecimal(amount, { scale: decimals, units: 1 });
  if (typeof units === "number") return units;
  throw new RefusedToOperator(`${amount} is ${PROBLEMS[units](decimals)}`);
}

const PROBLEMS = {
  "not a decimal number": () => "not a decimal number such as 1000 or 0.25",
  "not positive": () => "not above zero",
  "off step": (decimals: number) => `finer than the currency, which has ${decimals} decimals`,
  "too large": () => "too large for one transfer: the most is 2^53-1 of the currency's smallest unit",
};

async function refusalOf(
  error: unknown,
  {
    database,
    account,
    amount,
    currency,
    reference,
  }: { database: Database; account: Account } & Record<"amount" | "currency" | "reference", string>,
): Promise<unknown> {
  if (isPostgresError(error, "referenceTaken"))
    return new RefusedToOperator(`the reference ${reference} was used for another transfer; give this one its own`);
  if (!isPostgresError(error, "withdrawalUncovered")) return error;
  const [balance] = await balancesOf(database, account.accountId, currency);
  const has = `${balance?.available ?? 0} ${currency} available and ${balance?.held ?? 0} held by open orders`;
  return new RefusedToOperator(`${account.account} has ${has}; ${amount} can't be withdrawn`);
}
