/**
 * `node dist/launcher/migrate.js`: prepares the database of DATABASE_URL, and the streams of NATS_URL if it is set, and ends.
 * For operators who run the servers themselves, whose services' users must not change tables or streams.
 */
import { connectBus } from "../shared/bus/bus.js";
import { createLogger } from "../shared/process/log.js";
import { launcherConfig } from "./config.js";
import { prepareDatabase } from "./migrations.js";

try {
  const config = launcherConfig();
  if (config.databaseUrl === null) throw new Error("DATABASE_URL is not set");
  const log = createLogger("migrate", config.logLevel);
  await prepareDatabase(config.databaseUrl, {
    assetsFile: config.assetsFile,
    demoAccounts: config.demoAccounts,
    playMoney: config.playMoney,
    keySeal: config.keySeal,
    createDatabase: false,
    log,
  });
  if (config.natsUrl !== null) {
    const bus = await connectBus(config.natsUrl, { name: "migrate", log });
    await bus.ensureStreams(config.natsReplicas).finally(() => bus.close());
  }
} catch (error) {
  process.stderr.write(`migrate: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
