import * as v from "valibot";
import { keySeal } from "../shared/access/key-seal.js";
import { registry, serviceSettings } from "../shared/process/service-config.js";
import { environmentOf, port, readSettings, text } from "../shared/process/settings.js";
import { publicPort } from "../shared/process/tls.js";
import { type Places, placesToLookAt } from "../shared/status/places.js";

const SETTINGS = v.object({
  ...serviceSettings("back-office"),
  address: publicPort(text("BACK_OFFICE_HOST", "127.0.0.1"), port("BACK_OFFICE_PORT", 7004)),
  registry: registry(),
  /** Null: in production, and KEY_ENCRYPTION_KEY is not set; keys that are made here sign nothing then. */
  keySeal: keySeal(),
});

export type BackOfficeConfig = ReturnType<typeof backOfficeConfig>;

export function backOfficeConfig(values?: NodeJS.ProcessEnv) {
  const { address, ...config } = readSettings(SETTINGS, values);
  return Object.freeze({
    ...config,
    ...address,
    /** Where its status looks: addresses change with each npm start. Throws a ConfigurationError where none is to be found. */
    places: (): Places => placesToLookAt(values ?? environmentOf("back-office")),
  });
}
