/** Processes that die. */
import { SERVICES, type ServiceName } from "../../src/shared/config.js";
import type { Fault } from "./fault.js";

function killOf(service: ServiceName): Fault {
  const isIntake = service === "order-handler";
  return {
    name: `kill-${service}`,
    how: `kill -9 of ${service}`,
    meanwhile: isIntake ? "connections break" : "reports wait",
    measure: isIntake ? "ack" : "report",
    recoversWithinMs: 15_000,
    lastsMs: 0,
    inject: async (world) => {
      world.process(service).kill9();
      world.load.recovery.mark();
    },
  };
}

const killNats: Fault = {
  name: "kill-nats",
  how: "kill -9 of nats-server, started again at once",
  meanwhile: "UNKNOWN_OUTCOME, UNAVAILABLE",
  measure: "ack",
  recoversWithinMs: 15_000,
  lastsMs: 500,
  inject: async (world) => {
    await world.nats.end();
    await world.nats.start();
    world.load.recovery.mark();
  },
};

const killEverything: Fault = {
  name: "kill-everything",
  how: "kill -9 of both servers and every service at once",
  meanwhile: "connections break",
  measure: "ack",
  recoversWithinMs: 30_000,
  lastsMs: 2_000,
  inject: async (world) => {
    for (const process of world.processes) process.kill9();
    await Promise.all([world.nats.end(), world.postgres.end()]);
    await Promise.all([world.nats.start(), world.postgres.start()]);
    world.load.recovery.mark();
  },
};

export const KILL_FAULTS: readonly Fault[] = [...SERVICES.map(killOf), killNats, killEverything];
