/**
 * Reads stored commands, and the state that stands for those let go of, for an engine that must be rebuilt from them, which is
 * rare, and what markets were created: the client of Postgres is loaded and connected at the first read, for which no start
 * waits, and closed when the service stops.
 */
import type { Database } from "../shared/database/database.js";
import { readStoredCommands, readStoredState } from "../shared/database/stored-commands.js";
import type { Service } from "../shared/process/lifecycle.js";
import type { StoredStateSource } from "./engine-start.js";
import type { StoredCommandsSource } from "./stored-commands-replay.js";

const CONNECT_DEADLINE_MS = 5_000;

export interface StoredRecord {
  readonly storedCommands: StoredCommandsSource;
  readonly storedState: StoredStateSource;
  /** Connects if need be. */
  readonly open: () => Promise<Database>;
}

export function lazyStoredRecord(service: Service, url: string): StoredRecord {
  const options = { applicationName: "matching-engine", log: service.log, poolMax: 2 };
  let connected: Promise<Database> | null = null;
  service.onStop("database", async () => (await connected?.catch(() => null))?.close());
  const open = async () => {
    connected ??= import("../shared/database/database.js").then(({ connectDatabase }) =>
      connectDatabase(url, options, CONNECT_DEADLINE_MS),
    );
    return await connected.catch((cause: unknown) => {
      connected = null;
      throw cause;
    });
  };
  return {
    open,
    storedCommands: async (asset, after, max) => readStoredCommands(await open(), asset, after, max),
    storedState: async (asset) => readStoredState(await open(), asset),
  };
}
