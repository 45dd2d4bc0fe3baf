import { adminUrl, servicePart, untilReady } from "../../src/launcher/service-process.js";
import type { Own } from "./own-pipeline.js";
import { startOnOwnServers } from "./own-servers.js";

/** The order-handler and NATS alone, and Postgres for the logins: what the path to the ACK can do by itself. */
export async function startHandlerOnly(): Promise<Own> {
  return await startOnOwnServers(async (servers) => {
    const { config, natsUrl, databaseUrl } = servers;
    const handler = await servicePart(["order-handler"], { ...servers, natsUrlOf: () => natsUrl }).start();
    const stop = () => handler.stop();
    await untilReady(handler, adminUrl(config, "order-handler")).catch(async (cause) => {
      await stop();
      throw cause;
    });
    const services = [{ name: "order-handler", pid: handler.pid }];
    const { host, port } = config.orderHandler;
    return { target: { orderHandler: { host, port }, notifierUrl: null, databaseUrl, natsUrl, services }, stop };
  });
}
