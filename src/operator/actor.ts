import { authenticator } from "../shared/access/authentication.js";
import type { Database } from "../shared/database/database.js";
import { RefusedToOperator } from "../shared/operators/refused.js";
import type { OperatorConfig } from "./config.js";

/**
 * The name of the actor in the audit: the operator's key, or outside production the operating system's user. In production
 * a user may act until the first operator's key is made, since one has to make it. When no such key is good any more, a user
 * may act with OPERATOR_BREAK_GLASS=1, and the audit says so.
 */
export async function actorOf(
  database: Database,
  { key, production, breaksGlass, user }: OperatorConfig,
): Promise<string> {
  if (key === null) {
    if (!production) return user;
    const keys = await operatorKeys(database);
    if (keys === "none yet") return user;
    if (keys === "good")
      throw new RefusedToOperator(
        "say who you are: set OPERATOR_KEY_ID and OPERATOR_SECRET to a key of the role operator",
      );
    if (breaksGlass) return `break-glass:${user}`;
    throw new RefusedToOperator(
      "no operator's key is good any more; OPERATOR_BREAK_GLASS=1 lets you act without one, and the audit says so",
    );
  }
  const account = await authenticator(database)(key.keyId, key.secret);
  if (account === null) throw new RefusedToOperator("OPERATOR_KEY_ID and OPERATOR_SECRET are not a key that is good");
  if (account.role !== "operator")
    throw new RefusedToOperator(`${key.keyId} is a ${account.role} key; only one of the role operator may do this`);
  if (account.suspended)
    throw new RefusedToOperator(`${key.keyId} belongs to ${account.account}, which is suspended: it acts for nobody`);
  return key.keyId;
}

async function operatorKeys(database: Database): Promise<"none yet" | "good" | "none good"> {
  const [keys] = await database.query<{ made: number; good: number }>(
    `select count(*) as made, count(*) filter (where not a.suspended and k.revoked_at is null
       and coalesce(k.expires_at > now(), true)) as good
     from api_keys k join accounts a using (account_id) where k.role = 'operator'`,
  );
  if (keys === undefined || keys.made === 0) return "none yet";
  return keys.good > 0 ? "good" : "none good";
}
