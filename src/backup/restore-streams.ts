/** `npm run restore -- --streams`: the streams to the moment of a Postgres that its owner has put back with his own tool. */
import { connectBus } from "../shared/bus/bus.js";
import { hasCreatedAssets, takeUpCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase, type Database } from "../shared/database/database.js";
import { ConfigurationError } from "../shared/domain/errors.js";
import { SERVICES } from "../shared/process/services.js";
import type { BackupConfig } from "./config.js";
import { catalogOf, chooseBackup, type Restored, type RestoreOptions } from "./restore.js";
import { resetStreams } from "./stream-reset.js";

export async function restoreStreams(
  config: BackupConfig,
  { to, tell, log }: RestoreOptions,
): Promise<Pick<Restored, "backup" | "replayed">> {
  const { databaseUrl, natsUrl } = config;
  if (databaseUrl === null || natsUrl === null)
    throw new ConfigurationError("--streams is for servers of your own: set DATABASE_URL and NATS_URL");
  const catalog = catalogOf(config.backupFolder);
  const backups = catalog.list();
  const backup = chooseBackup(backups, to, () => true);
  const database = await connectDatabase(databaseUrl, { applicationName: "restore", log });
  try {
    await assertStopped(database);
    const bus = await connectBus(natsUrl, { name: "restore", log });
    try {
      await bus.ensureStreams(config.natsReplicas);
      if (await hasCreatedAssets(database)) await takeUpCreatedAssets(database, config.registry, log);
      const assets = [...config.registry.assets.keys()];
      const of = { backup, backupFolder: catalog.folderOf(backup), backups, assets };
      return { backup: backup.id, replayed: await resetStreams(bus, database, of, tell) };
    } finally {
      await bus.close();
    }
  } finally {
    await database.close();
  }
}

async function assertStopped(database: Pick<Database, "query">): Promise<void> {
  const running = await database.query<{ name: string }>(
    "select distinct application_name as name from pg_stat_activity where application_name = any($1)",
    [SERVICES],
  );
  if (running.length > 0)
    throw new ConfigurationError(
      `stop all services first: ${running.map(({ name }) => name).join(", ")} are connected`,
    );
}
