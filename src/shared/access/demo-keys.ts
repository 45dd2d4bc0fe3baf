/** Demo keys: keys whose secret is their own id, which everybody knows. They are recognized by that, whatever their names. */
import type { Queries } from "../database/database.js";
import { ConfigurationError } from "../domain/errors.js";

const GOOD_DEMO_KEYS = `select key_id from api_keys
  where secret_hash = sha256(salt || convert_to(key_id, 'UTF8')) and revoked_at is null
    and coalesce(expires_at > now(), true)`;
const SHOWN_MAX = 10;

/** For production: rejects with a ConfigurationError that names good demo keys, and says how to revoke them. */
export async function refuseDemoKeys(database: Queries): Promise<void> {
  const keys = await database.query<{ key_id: string }>(`${GOOD_DEMO_KEYS} order by key_id`);
  if (keys.length === 0) return;
  const shown = keys.slice(0, SHOWN_MAX).map(({ key_id }) => key_id);
  const more = keys.length > SHOWN_MAX ? ` and ${keys.length - SHOWN_MAX} more` : "";
  throw new ConfigurationError(
    `everybody knows the secrets of the demo keys ${shown.join(", ")}${more}, which are good in this database; ` +
      "to revoke them: NODE_ENV=production REVOKE_DEMO_KEYS=1 npm start, " +
      "or, for servers of your own, REVOKE_DEMO_KEYS=1 with node dist/launcher/migrate.js",
  );
}

/** Revokes all good demo keys as an operator would: their sessions end, and the audit has it. */
export async function revokeDemoKeys(database: Queries, actor: string): Promise<void> {
  await database.query(`select revoke_key(key_id, $1, 'everybody knows its secret') from (${GOOD_DEMO_KEYS}) demo`, [
    actor,
  ]);
}
