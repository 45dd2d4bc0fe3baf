/**
 * Several services in one process: `together.js <data folder> <service>…`. Each runs as it does alone, by the same main.ts, with
 * its own settings of SERVICE_SETTINGS beside those that all have.
 */
import { pathToFileURL } from "node:url";
import type { ServiceName } from "../shared/process/services.js";
import { mainFile } from "./service-process.js";

const [, , , ...services] = process.argv;
await Promise.all(services.map((service) => import(pathToFileURL(mainFile(service as ServiceName)).href)));
