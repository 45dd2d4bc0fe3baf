import { join } from "node:path";
import * as v from "valibot";
import { backupFolder, dataFolder } from "../shared/process/endpoints.js";
import { natsReplicas, registry } from "../shared/process/service-config.js";
import { optionalText, readSettings, text } from "../shared/process/settings.js";

const SETTINGS = v.object({
  dataFolder: dataFolder(),
  backupFolder: backupFolder(),
  registry: registry(),
  /** Null: the servers that npm start embeds. */
  natsUrl: optionalText("NATS_URL"),
  databaseUrl: optionalText("DATABASE_URL"),
  natsReplicas: natsReplicas(),
  natsBinary: optionalText("NATS_SERVER_BIN"),
  searchPath: text("PATH", ""),
});

export type BackupConfig = ReturnType<typeof backupConfig>;

/** The settings of `npm run backup` and `npm run restore`; `postgresFolder` is that of the embedded Postgres. */
export function backupConfig(values?: NodeJS.ProcessEnv) {
  const settings = readSettings(SETTINGS, values);
  return Object.freeze({ ...settings, postgresFolder: join(settings.dataFolder, "postgres") });
}
