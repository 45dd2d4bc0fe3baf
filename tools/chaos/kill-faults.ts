/** Processes that die. */
import { SERVICES, type ServiceName } from "../../src/shared/process/services.js";
import type { Fault } from "./fault.js";
import { RESTING_ORDERS } from "./resting-orders.js";

function killOf(service: ServiceName): Fault {
  const isIntake = service === "order-handler";
  return {
    name: `kill-${service}`,
    how: `kill -9 of ${service}`,
    meanwhile: isIntake ? "connections break" : "reports wait",
    measure: isIntake ? "ack" : "report",
    recoversWithinMs: 60_000,
    ...(service === "matching-engine" && { restingOrders: RESTING_ORDERS, limit: { of: "all", p99Ms: 2_000 } }),
    lastsMs: 0,
    longTimes: 50,
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
  recoversWithinMs: 60_000,
  limit: { of: "first", p99Ms: 2_000 },
  lastsMs: 500,
  longTimes: 20,
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
  recoversWithinMs: 60_000,
  restingOrders: RESTING_ORDERS,
  limit: { of: "all", p99Ms: 10_000 },
  lastsMs: 2_000,
  longTimes: 10,
  inject: async (world) => {
    world.load.recovery.mark();
    for (const process of world.processes) process.kill9();
    await Promise.all([world.nats.end(), world.postgres.end()]);
    await Promise.all([world.nats.start(), world.postgres.start()]);
  },
};

export const KILL_FAULTS: readonly Fault[] = [...SERVICES.map(killOf), killNats, killEverything];
