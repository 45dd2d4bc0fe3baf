import { rmSync } from "node:fs";
import { join } from "node:path";
import { launcherConfig } from "../../src/launcher/config.js";
import { findNatsBinary, startNats } from "../../src/launcher/embedded-nats.js";
import { startPostgres } from "../../src/launcher/embedded-postgres.js";
import { freePort } from "../../src/launcher/free-port.js";
import { prepareDatabase } from "../../src/launcher/migrations.js";
import { adminUrl, servicePart, untilReady } from "../../src/launcher/service-process.js";
import { createLogger } from "../../src/shared/process/log.js";
import { build, type Own, ownEnvironment, stopOnSignal } from "./own-pipeline.js";

const STOP_TIMEOUT_MS = 20_000;

/** The order-handler and NATS alone, and Postgres for the logins: what the path to the ACK can do by itself. */
export async function startHandlerOnly(): Promise<Own> {
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
      createDatabase: true,
      log,
    });
    const settings = { config, dataFolder: env.DATA_DIR, natsUrl: nats.url, databaseUrl };
    const handler = await servicePart("order-handler", settings).start();
    stops.push(() => handler.stop());
    await untilReady(handler, adminUrl(config, "order-handler"));
    const services = [{ name: "order-handler", pid: handler.pid }];
    const { host, port } = config.orderHandler;
    const target = { orderHandler: { host, port }, notifierUrl: null, databaseUrl, natsUrl: nats.url, services };
    return { target, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
