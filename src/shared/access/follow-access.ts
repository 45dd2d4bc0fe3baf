import type { Database } from "../database/database.js";
import type { Service } from "../process/lifecycle.js";
import { AccessFeed } from "./access-feed.js";
import { refuseDemoKeys } from "./demo-keys.js";

/** What a door does before it opens: refuses to run on keys that everybody knows, and follows what operators decide. */
export async function followAccess(
  service: Pick<Service, "log" | "background" | "stopping">,
  database: Database,
  { production }: { readonly production: boolean },
): Promise<AccessFeed> {
  if (production) await refuseDemoKeys(database);
  const access = await AccessFeed.start(database, service.log);
  service.background("access feed", access.run(service.stopping));
  return access;
}
