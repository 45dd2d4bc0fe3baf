import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Own } from "../../tools/load/own-pipeline.js";
import { startOnOwnServers } from "../../tools/load/own-servers.js";

const PROCESS = fileURLToPath(new URL(`./floor${import.meta.url.slice(-3)}`, import.meta.url));

/** The floor with a nats-server and a Postgres of its own, started as the launcher starts them. */
export async function startOwnFloor(): Promise<Own> {
  return await startOnOwnServers(async ({ natsUrl, databaseUrl }) => {
    const floor = fork(PROCESS, { env: { ...process.env, NATS_URL: natsUrl, DATABASE_URL: databaseUrl } });
    const gone = once(floor, "exit").then(() => undefined);
    const stop = async () => {
      if (floor.connected) floor.disconnect();
      await gone;
    };
    const early = gone.then(() => {
      throw new Error("the floor did not start");
    });
    const [ports] = await Promise.race([once(floor, "message"), early]);
    early.catch(() => undefined);
    const { orderPort, notifierPort } = ports as { orderPort: number; notifierPort: number };
    const orderHandler = { host: "127.0.0.1", port: orderPort };
    const notifierUrl = `http://127.0.0.1:${notifierPort}`;
    const services = [{ name: "floor", pid: floor.pid as number }];
    return { target: { orderHandler, notifierUrl, databaseUrl, natsUrl, services }, stop };
  });
}
