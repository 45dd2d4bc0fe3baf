import { randomUUID } from "node:crypto";
import { balancesOf, findAccount } from "../shared/operators/accounts.js";
import { perform } from "../shared/operators/acts.js";
import { makeTransfer } from "../shared/operators/money.js";
import { visible } from "../shared/process/visible-text.js";
import type { Call, Outcome } from "./command-line.js";

/** Books a deposit or a withdrawal, once for each reference. */
export async function transfer(kind: "deposit" | "withdrawal", call: Call): Promise<Outcome> {
  const { database, actor, words, options } = call;
  const [name = "", amount = "", currency = ""] = words;
  const account = await findAccount(database, name);
  const reference = options.reference ?? randomUUID();
  const by = { actor, why: options.why ?? "" };
  const act = await makeTransfer(database, { kind, account, amount, currency, reference }, by);
  const known = await database.query("select 1 from transfers where reference = $1", [reference]);
  await perform(database, act);
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
