import { join } from "node:path";
import * as v from "valibot";
import { dataFolder } from "../shared/process/endpoints.js";
import { serviceSettings } from "../shared/process/service-config.js";
import { TRACE_EXPORT } from "../shared/process/services.js";
import { percent, readSettings } from "../shared/process/settings.js";
import { collectorUrl } from "../shared/process/trace-settings.js";

const SETTINGS = v.object({
  ...serviceSettings(TRACE_EXPORT),
  collectorUrl: v.pipe(
    collectorUrl(),
    v.check((url) => url !== null, "OTLP_URL is not set: where is the collector, for example http://127.0.0.1:4318?"),
    v.transform((url) => url as string),
  ),
  samplePercent: percent("TRACE_SAMPLE_PERCENT", 1),
  positionFile: v.pipe(
    dataFolder(),
    v.transform((folder) => join(folder, "trace-export.json")),
  ),
});

export function serviceConfig(values?: NodeJS.ProcessEnv) {
  return Object.freeze(readSettings(SETTINGS, values));
}
