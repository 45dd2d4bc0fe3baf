/** Where the status looks: which servers, and which services. */
import { existsSync } from "node:fs";
import * as v from "valibot";
import { dataFolder, endpointsFile, readEndpoints, serversToLookAt } from "../process/endpoints.js";
import { ADMIN_PORT_BASE, SERVICES } from "../process/services.js";
import { oneOf, port, readSettings, text } from "../process/settings.js";

const ADMINS = v.object({
  dataFolder: dataFolder(),
  host: text("ADMIN_HOST", "127.0.0.1"),
  base: port("ADMIN_PORT_BASE", ADMIN_PORT_BASE),
  /** `services`: each service is a host of its name, where ADMIN_PORT is its port. */
  hosts: oneOf("ADMIN_HOSTS", "one", ["one", "services"]),
  port: port("ADMIN_PORT", 9_100),
});

export type Places = ReturnType<typeof placesToLookAt>;

/** Addresses for `npm run status`: of the services that `npm start` runs in DATA_DIR, else the usual ports of this machine. */
export function placesToLookAt(values?: NodeJS.ProcessEnv) {
  const { dataFolder, host, base, hosts, port } = readSettings(ADMINS, values);
  const addressOf = (name: string, place: number) =>
    hosts === "services" ? `http://${name}:${port}` : `http://${host}:${base + place}`;
  const servers = serversToLookAt(values);
  const own = existsSync(endpointsFile(dataFolder)) ? readEndpoints(dataFolder, "remove it") : null;
  const admins: readonly { readonly name: string; readonly adminUrl: string }[] =
    own?.databaseUrl === servers.databaseUrl
      ? own.services
      : SERVICES.map((name, place) => ({ name, adminUrl: addressOf(name, place) }));
  return Object.freeze({ ...servers, admins });
}
