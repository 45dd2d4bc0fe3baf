import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Environment, projectRoot } from "../shared/config.js";
import { ConfigurationError } from "../shared/errors.js";

export interface ReconciliationConfig {
  readonly databaseUrl: string;
}

/** DATABASE_URL, or else the database of the pipeline that `npm start` runs. */
export function reconciliationConfig(): ReconciliationConfig {
  const env = new Environment();
  const dataFolder = resolve(env.text("DATA_DIR", join(projectRoot, ".data")));
  return Object.freeze({ databaseUrl: env.text("DATABASE_URL", "") || databaseOf(dataFolder) });
}

function databaseOf(dataFolder: string): string {
  const file = join(dataFolder, "endpoints.json");
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { databaseUrl: string }).databaseUrl;
  } catch (cause) {
    throw new ConfigurationError(`${file} can't be read: run npm start first, or set DATABASE_URL`, { cause });
  }
}
