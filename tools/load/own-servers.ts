import { rmSync } from "node:fs";
import { join } from "node:path";
import { type LauncherConfig, launcherConfig } from "../../src/launcher/config.js";
import { findNatsBinary, startNats } from "../../src/launcher/embedded-nats.js";
import { startPostgres } from "../../src/launcher/embedded-postgres.js";
import { freePort } from "../../src/launcher/free-port.js";
import { prepareDatabase } from "../../src/launcher/migrations.js";
import { createLogger } from "../../src/shared/process/log.js";
import { build, type Own, ownEnvironment, stopOnSignal } from "./own-pipeline.js";

const STOP_TIMEOUT_MS = 20_000;

export interface OwnServers {
  readonly config: LauncherConfig;
  readonly dataFolder: string;
  readonly natsUrl: string;
  readonly databaseUrl: string;
}

type Started = Pick<Own, "target"> & { readonly stop: () => Promise<void> };

/** NATS and Postgres as the launcher starts them, with the database made, and in front of them what `start` starts. */
export async function startOnOwnServers(start: (servers: OwnServers) => Promise<Started>): Promise<Own> {
  build();
  const env = await ownEnvironment();
  const config = launcherConfig(env);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let step = stops.pop(); step !== undefined; step = stops.pop()) await step();
    rmSync(env.DATA_DIR, { recursive: true, force: true });
  };
  stopOnSignal(stop);
  try {
    const inFolder = (name: string) => ({
      folder: join(env.DATA_DIR, name),
      logFile: join(env.DATA_DIR, `${name}.log`),
    });
    const binary = findNatsBinary(config.natsBinary, config.searchPath);
    const nats = await startNats({ ...inFolder("nats"), port: await freePort(), binary, admits: "anybody" });
    stops.push(() => nats.process.stop(STOP_TIMEOUT_MS));
    const postgres = await startPostgres({ ...inFolder("postgres"), port: await freePort(), isDurable: true });
    stops.push(() => postgres.process.stop(STOP_TIMEOUT_MS));
    const databaseUrl = new URL("/bourse", postgres.adminUrl).href;
    const log = createLogger("load", "warn");
    await prepareDatabase(databaseUrl, {
      assetsFile: config.assetsFile,
      demoAccounts: "made",
      keySeal: null,
      createDatabase: true,
      log,
    });
    const started = await start({ config, dataFolder: env.DATA_DIR, natsUrl: nats.url, databaseUrl });
    stops.push(started.stop);
    return { target: started.target, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
