/** DATA_DIR/endpoints.json: the addresses of the pipeline that `npm start` runs, with passwords, readable by its owner only. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { ConfigurationError } from "../domain/errors.js";
import { projectRoot } from "./project-root.js";
import { optionalText, readSettings, text } from "./settings.js";

const ENDPOINTS = v.object({
  natsUrl: v.string(),
  databaseUrl: v.string(),
  /** `tls` is there only if the port speaks it. */
  orderHandler: v.object({ host: v.string(), port: v.number(), tls: v.exactOptional(v.literal(true)) }),
  notifierUrl: v.string(),
  /** Empty: a version without a gateway wrote the file. */
  gatewayUrl: v.optional(v.string(), ""),
  /** Its gRPC; it speaks TLS where the other ports do. Absent as above. */
  grpc: v.exactOptional(v.object({ host: v.string(), port: v.number() })),
  /** Absent where there is none. */
  rustExchangeWsUrl: v.exactOptional(v.string()),
  /** The operators' desk. Empty as above. */
  backOfficeUrl: v.optional(v.string(), ""),
  services: v.array(v.object({ name: v.string(), pid: v.number(), adminUrl: v.string() })),
});
export type Endpoints = v.InferOutput<typeof ENDPOINTS>;

export function dataFolder() {
  return v.pipe(
    text("DATA_DIR", join(projectRoot, ".data")),
    v.transform((folder) => resolve(folder)),
  );
}

/** Where backups of Postgres are; `backups` in the data folder where nothing is said. */
export function backupFolder() {
  return v.pipe(
    v.object({ configured: optionalText("BACKUP_DIR"), dataFolder: dataFolder() }),
    v.transform(({ configured, dataFolder }) =>
      configured === null ? join(dataFolder, "backups") : resolve(configured),
    ),
  );
}

export function endpointsFile(folder: string): string {
  return join(folder, "endpoints.json");
}

/** Writes the file; a reader meanwhile sees the old one or the new one. */
export function writeEndpoints(folder: string, endpoints: Endpoints): void {
  const draft = `${endpointsFile(folder)}.new`;
  writeFileSync(draft, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, endpointsFile(folder));
}

export function removeEndpoints(folder: string): void {
  rmSync(endpointsFile(folder), { force: true });
}

/** Throws a ConfigurationError if there is none; `instead` finishes its sentence "run npm start first, or …". */
export function readEndpoints(folder: string, instead: string): Endpoints {
  const file = endpointsFile(folder);
  try {
    return v.parse(ENDPOINTS, JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new ConfigurationError(`${file} can't be read: run npm start first, or ${instead}`, { cause });
  }
}

const SERVERS = v.object({
  natsUrl: optionalText("NATS_URL"),
  databaseUrl: optionalText("DATABASE_URL"),
  dataFolder: dataFolder(),
});

/** DATABASE_URL, or else the database of the pipeline that `npm start` runs in DATA_DIR. */
export function databaseToLookAt(values?: NodeJS.ProcessEnv): string {
  const { databaseUrl, dataFolder } = readSettings(SERVERS, values);
  return databaseUrl ?? readEndpoints(dataFolder, "set DATABASE_URL").databaseUrl;
}

/** NATS_URL and DATABASE_URL, or else those of the pipeline that `npm start` runs in DATA_DIR. */
export function serversToLookAt(values?: NodeJS.ProcessEnv): Pick<Endpoints, "natsUrl" | "databaseUrl"> {
  const { natsUrl, dataFolder } = readSettings(SERVERS, values);
  return {
    natsUrl: natsUrl ?? readEndpoints(dataFolder, "set NATS_URL").natsUrl,
    databaseUrl: databaseToLookAt(values),
  };
}
