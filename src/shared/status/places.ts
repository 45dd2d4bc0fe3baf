/** Where the status looks: which servers, and which services. */
import { existsSync } from "node:fs";
import * as v from "valibot";
import { dataFolder, endpointsFile, readEndpoints, serversToLookAt } from "../process/endpoints.js";
import { ADMIN_PORT_BASE, SERVICES } from "../process/services.js";
import { port, readSettings, text } from "../process/settings.js";

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
