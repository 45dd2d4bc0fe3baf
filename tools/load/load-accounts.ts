/** Accounts for a load test, made and funded where demo accounts are: in development. */

import { DEMO_ACCOUNTS, seedDemoAccounts } from "../../src/launcher/demo-accounts.js";
import { connectDatabase } from "../../src/shared/database/database.js";
import { createLogger } from "../../src/shared/process/log.js";

export const USUAL_ACCOUNTS: readonly string[] = DEMO_ACCOUNTS.slice(0, 2);

/** The names of so many accounts; those that buy come before those that sell, in turn. */
export function namesOf(count: number): readonly string[] {
  return count <= USUAL_ACCOUNTS.length
    ? USUAL_ACCOUNTS
    : Array.from({ length: count }, (_, index) => `load${index + 1}`);
}

/** Gives each a key of its own name, and a demo account's money, once. Refuses a database of production. */
export async function makeLoadAccounts(databaseUrl: string | null, names: readonly string[]): Promise<void> {
  const wanted = names.filter((name) => !USUAL_ACCOUNTS.includes(name));
  if (wanted.length === 0) return;
  if (databaseUrl === null)
    throw new Error("--accounts makes them in the database of endpoints.json; with --host and --port there is none");
  const why = "accounts whose secret everybody knows are made in development only";
  if (process.env["NODE_ENV"] === "production") throw new Error(`NODE_ENV is production: ${why}`);
  const log = createLogger("load", "silent");
  const database = await connectDatabase(databaseUrl, { applicationName: "load", log, poolMax: 1 });
  try {
    // Production has none, and does not start where there is one: so is it told apart.
    const demo = await database.query("select 1 from api_keys where key_id = any($1) and revoked_at is null", [
      DEMO_ACCOUNTS,
    ]);
    if (demo.length === 0) throw new Error(`this pipeline has no demo accounts: ${why}`);
    await seedDemoAccounts(database, wanted);
  } finally {
    await database.close();
  }
}
