import { authenticator } from "../shared/access/authentication.js";
import type { Database } from "../shared/database/database.js";
import { RefusedToOperator } from "./command-line.js";
import type { OperatorConfig } from "./config.js";

/**
 * The name that stands in the audit: the operator's key, or outside production the operating system's user. In
 * production a user may act until there is an operator's key, or there would never be one.
 */
export async function actorOf(database: Database, { key, production, user }: OperatorConfig): Promise<string> {
  if (key === null) {
    if (production && (await hasOperatorKey(database)))
      throw new RefusedToOperator(
        "say who you are: set OPERATOR_KEY_ID and OPERATOR_SECRET to a key of the role operator",
      );
    return user;
  }
  const account = await authenticator(database)(key.keyId, key.secret);
  if (account === null) throw new RefusedToOperator("OPERATOR_KEY_ID and OPERATOR_SECRET are not a key that is good");
  if (account.role !== "operator")
    throw new RefusedToOperator(`${key.keyId} is a ${account.role} key; only one of the role operator may do this`);
  return key.keyId;
}

async function hasOperatorKey(database: Database): Promise<boolean> {
  const rows = await database.query(
    `select 1 from api_keys where role = 'operator' and revoked_at is null and coalesce(expires_at > now(), true) limit 1`,
  );
  return rows.length > 0;
}
