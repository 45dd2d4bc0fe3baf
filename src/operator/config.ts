import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import * as v from "valibot";
import { keySeal } from "../shared/access/key-seal.js";
import {
  databaseToLookAt,
  dataFolder,
  endpointsFile,
  readEndpoints,
  serversToLookAt,
} from "../shared/process/endpoints.js";
import { ADMIN_PORT_BASE, SERVICES } from "../shared/process/services.js";
import { flag, optionalText, port, production, readSettings, text } from "../shared/process/settings.js";

const OPERATOR = v.object({
  production: production(),
  breaksGlass: flag("OPERATOR_BREAK_GLASS", false),
  keySeal: keySeal(),
  key: v.object({ keyId: text("OPERATOR_KEY_ID", ""), secret: text("OPERATOR_SECRET", "") }),
});

export type OperatorConfig = ReturnType<typeof operatorConfig>;

/** The settings of operators' commands. If `key` is null, `user` acts. */
export function operatorConfig(values?: NodeJS.ProcessEnv) {
  const { production, breaksGlass, keySeal, key } = readSettings(OPERATOR, values);
  return Object.freeze({
    databaseUrl: databaseToLookAt(values),
    production,
    breaksGlass,
    /** Null: in production, and KEY_ENCRYPTION_KEY is not set. */
    keySeal,
    key: key.keyId === "" && key.secret === "" ? null : key,
    user: userInfo().username,
  });
}

const METRICS = v.object({
  dataFolder: dataFolder(),
  port: port("PROMETHEUS_PORT", 9_090),
  /** Where `prometheus` and `promtool` are; null: to be found. */
  programs: optionalText("PROMETHEUS_FOLDER"),
});

/** The settings of `npm run metrics`. */
export function metricsConfig(values?: NodeJS.ProcessEnv) {
  return Object.freeze(readSettings(METRICS, values));
}

const ADMINS = v.object({
  dataFolder: dataFolder(),
  host: text("ADMIN_HOST", "127.0.0.1"),
  base: port("ADMIN_PORT_BASE", ADMIN_PORT_BASE),
});

export type Places = ReturnType<typeof placesToLookAt>;

/** Addresses for `npm run status`: of the services that `npm start` runs in DATA_DIR, else the usual ports of this machine. */
export function placesToLookAt(values?: NodeJS.ProcessEnv) {
  const { dataFolder, host, base } = readSettings(ADMINS, values);
  const servers = serversToLookAt(values);
  const own = existsSync(endpointsFile(dataFolder)) ? readEndpoints(dataFolder, "remove it") : null;
  const admins: readonly { readonly name: string; readonly adminUrl: string }[] =
    own?.databaseUrl === servers.databaseUrl
      ? own.services
      : SERVICES.map((name, place) => ({ name, adminUrl: `http://${host}:${base + place}` }));
  return Object.freeze({ ...servers, admins });
}
