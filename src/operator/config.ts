import { userInfo } from "node:os";
import * as v from "valibot";
import { keySeal } from "../shared/access/key-seal.js";
import { databaseToLookAt, dataFolder } from "../shared/process/endpoints.js";
import { flag, optionalText, port, production, readSettings, text } from "../shared/process/settings.js";

/** Where `npm run status` looks. */
export { placesToLookAt } from "../shared/status/places.js";

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
