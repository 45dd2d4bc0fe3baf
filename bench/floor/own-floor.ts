import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { beforeDeadline } from "../../src/shared/process/waits.js";
import type { Own } from "../../tools/load/own-pipeline.js";
import { startOnOwnServers } from "../../tools/load/own-servers.js";

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const PROCESS = fileURLToPath(new URL(`./floor${import.meta.url.slice(-3)}`, import.meta.url));

/** The floor with a nats-server and a Postgres of its own, started as the launcher starts them. */
export async function startOwnFloor(): Promise<Own> {
  return await startOnOwnServers(async ({ natsUrl, databaseUrl }) => {
    const floor = fork(PROCESS, { env: { ...process.env, NATS_URL: natsUrl, DATABASE_URL: databaseUrl } });
    const gone = once(floor, "exit");
    const stop = async () => {
      if (floor.connected) floor.disconnect(); // it ends with its channel
      await beforeDeadline(gone, STOP_TIMEOUT_MS).catch(() => floor.kill("SIGKILL"));
      await gone;
    };
    const told = beforeDeadline(once(floor, "message"), START_TIMEOUT_MS, "the floor did not start");
    const [ports] = await Promise.race([told, gone.then(() => [null])]).catch(async (cause) => {
      await stop();
      throw cause;
    });
    if (ports === null) throw new Error("the floor ended before it listened; its last words are above");
    const { orderPort, notifierPort } = ports as { orderPort: number; notifierPort: number };
    const orderHandler = { host: "127.0.0.1", port: orderPort };
    const notifierUrl = `http://127.0.0.1:${notifierPort}`;
    const services = [{ name: "floor", pid: floor.pid as number }];
    return { target: { orderHandler, notifierUrl, databaseUrl, natsUrl, services }, stop };
  });
}
