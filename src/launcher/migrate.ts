/** Prepares the database of DATABASE_URL and ends: `node dist/launcher/migrate.js`, for those who run servers themselves. */
import { createLogger } from "../shared/log.js";
import { launcherConfig } from "./config.js";
import { prepareDatabase } from "./migrations.js";

try {
  const config = launcherConfig();
  if (config.databaseUrl === null) throw new Error("DATABASE_URL is not set");
  await prepareDatabase(config.databaseUrl, {
    assetsFile: config.assetsFile,
    withDemoAccounts: !config.production,
    createDatabase: false,
    log: createLogger("migrate", config.logLevel),
  });
} catch (error) {
  process.stderr.write(`migrate: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
