/**
 * Reads stored commands for an engine that must be rebuilt from them, which is rare: the client of Postgres is loaded and
 * connected only at the first read, so that no start waits for it, and closed when the service stops.
 */
import type { Database } from "../shared/database/database.js";
import { readStoredCommands } from "../shared/database/stored-commands.js";
import type { Service } from "../shared/process/lifecycle.js";
import type { StoredCommandsSource } from "./stored-commands-replay.js";

const CONNECT_DEADLINE_MS = 5_000;

export function lazyStoredCommands(service: Service, url: string): StoredCommandsSource {
  const options = { applicationName: "matching-engine", log: service.log, poolMax: 2 };
  let connected: Promise<Database> | null = null;
  service.onStop("database", async () => (await connected?.catch(() => null))?.close());
  return async (asset, after, max) => {
    connected ??= import("../shared/database/database.js").then(({ connectDatabase }) =>
      connectDatabase(url, options, CONNECT_DEADLINE_MS),
    );
    const database = await connected.catch((cause: unknown) => {
      connected = null;
      throw cause;
    });
    return await readStoredCommands(database, asset, after, max);
  };
}
