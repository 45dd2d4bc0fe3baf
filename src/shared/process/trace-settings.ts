/** Where traces go to, for the export itself and for the launcher, which starts it only then. */
import * as v from "valibot";
import { optionalText } from "./settings.js";

const TRACES_PATH = "/v1/traces";

/** Where traces are posted, of OTLP_URL or else OpenTelemetry's own variable; null: nowhere. */
export function collectorUrl() {
  return v.pipe(
    v.object({ own: optionalText("OTLP_URL"), usual: optionalText("OTEL_EXPORTER_OTLP_ENDPOINT") }),
    v.transform(({ own, usual }) => own ?? usual),
    v.check(
      (url) => url === null || (/^https?:/.test(url) && URL.canParse(url)),
      "OTLP_URL (OTEL_EXPORTER_OTLP_ENDPOINT) must be a collector's address, such as http://127.0.0.1:4318",
    ),
    v.transform((url) => (url === null ? null : new URL(url.replace(/\/*$/, "") + TRACES_PATH).href)),
  );
}
