/** The settings that all services have, made by process/settings.ts. */
import { hostname } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { loadAssets } from "../domain/assets.js";
import { ConfigurationError } from "../domain/errors.js";
import { projectRoot } from "./project-root.js";
import { ADMIN_PORT_BASE, placeOf, type ServiceName } from "./services.js";
import { integer, logLevel, name, optionalInteger, port, production, requiredText, servers, text } from "./settings.js";

/** What every process has. */
export function processSettings(service: ServiceName) {
  return {
    logLevel: logLevel(),
    adminHost: text("ADMIN_HOST", "127.0.0.1"),
    adminPort: port("ADMIN_PORT", ADMIN_PORT_BASE + placeOf(service)),
    stopTimeoutMs: stopTimeoutMs(),
  };
}

export function serviceSettings(service: ServiceName) {
  return {
    ...processSettings(service),
    /** The name of this process among those of its service: under the same name it gets its assets again after a restart. */
    instance: name("INSTANCE", `${hostname()}-${process.pid}`),
    natsUrl: servers("NATS_URL", "nats"),
    databaseUrl: requiredText("DATABASE_URL"),
    production: production(),
    natsReplicas: natsReplicas(),
  };
}

export type ProcessConfig = Readonly<v.InferOutput<v.ObjectSchema<ReturnType<typeof processSettings>, undefined>>>;

/** The number of copies that JetStream keeps of each stream: 1 alone, 3 in a cluster. Null, not set: as many as there are. */
export function natsReplicas() {
  return optionalInteger("NATS_REPLICAS", { min: 1, max: 5 });
}

/** How long stopping may take before the process ends, whatever is still open. */
export function stopTimeoutMs() {
  return integer("STOP_TIMEOUT_MS", 10_000, { min: 100, max: 120_000 });
}

export function assetsFile() {
  return text("ASSETS_FILE", join(projectRoot, "config", "assets.json"));
}

/** The content of the assets file; operators may have created more (database/created-assets.ts). */
export function registry() {
  return v.pipe(
    assetsFile(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return loadAssets(dataset.value);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        addIssue({ message: error.message });
        return NEVER;
      }
    }),
  );
}

/** The same, and the assets that this process works on (ASSETS=BTC-USD,ETH-USD), as far as they are known; default: all. */
export function sharedAssets() {
  return v.pipe(
    v.object({ registry: registry(), names: text("ASSETS", "") }),
    v.transform(({ registry, names }) => {
      const listed = names.split(",").map((one) => one.trim());
      const named: ReadonlySet<string> | null = names === "" ? null : new Set(listed.filter((one) => one !== ""));
      const assets: Iterable<string> = {
        *[Symbol.iterator]() {
          for (const asset of registry.assets.keys()) if (named?.has(asset) !== false) yield asset;
        },
      };
      return { registry, named, assets };
    }),
  );
}
