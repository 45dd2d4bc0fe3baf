import { existsSync } from "node:fs";
import * as v from "valibot";
import { dataFolder, type Endpoints, endpointsFile, readEndpoints } from "../shared/process/endpoints.js";
import { port, readSettings, text } from "../shared/process/settings.js";

const TERMINAL = v.object({
  dataFolder: dataFolder(),
  orderHandler: v.object({ host: text("ORDER_HANDLER_HOST", "127.0.0.1"), port: port("ORDER_HANDLER_PORT", 7001) }),
  notifier: v.object({ host: text("NOTIFIER_HOST", "127.0.0.1"), port: port("NOTIFIER_PORT", 7002) }),
  noColour: text("NO_COLOR", ""),
});

/** The two addresses that clients use. */
export type Places = Pick<Endpoints, "orderHandler" | "notifierUrl">;

/** Where to watch and trade: the pipeline that `npm start` runs in DATA_DIR, else the usual ports. */
export function terminalConfig(values?: NodeJS.ProcessEnv) {
  const { dataFolder, orderHandler, notifier, noColour } = readSettings(TERMINAL, values);
  const places: Places = existsSync(endpointsFile(dataFolder))
    ? readEndpoints(dataFolder, "remove it")
    : { orderHandler, notifierUrl: `http://${notifier.host}:${notifier.port}` };
  return Object.freeze({ ...places, isColoured: noColour === "" });
}
