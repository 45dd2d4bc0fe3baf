/** Every fault, by name, in the order of the table. */
import { SERVICES, type ServiceName } from "../../src/shared/config.js";
import { type Fault, sleep } from "./fault.js";
import type { World } from "./world.js";

function killOf(service: ServiceName): Fault {
  return {
    name: `kill-${service}`,
    how: `kill -9 of ${service}`,
    meanwhile: service === "order-handler" ? "connections break" : "reports wait",
    measure: service === "order-handler" ? "ack" : "report",
    recoversWithinMs: 15_000,
    lastsMs: 0,
    inject: async (world) => {
      world.process(service).kill9();
      world.load.recovery.mark();
    },
  };
}

const killAll: Fault = {
  name: "kill-everything",
  how: "kill -9 of both servers and every service at once",
  meanwhile: "connections break",
  measure: "report",
  recoversWithinMs: 30_000,
  lastsMs: 2_000,
  inject: async (world) => {
    for (const process of world.processes) process.kill9();
    await Promise.all([world.nats.end(), world.postgres.end()]);
    await Promise.all([world.nats.start(), world.postgres.start()]);
    world.load.recovery.mark();
  },
};

const natsFaults: readonly Fault[] = [
  {
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
  },
  frozenNats(10_000),
  awayNats(60_000),
];

function frozenNats(forMs: number): Fault {
  return {
    name: "freeze-nats",
    how: `nats-server stands still for ${forMs / 1000} s (SIGSTOP)`,
    meanwhile: "UNKNOWN_OUTCOME, UNAVAILABLE",
    measure: "ack",
    recoversWithinMs: 15_000,
    lastsMs: forMs,
    inject: async (world) => {
      world.nats.freeze();
      await sleep(forMs);
      world.nats.thaw();
      world.load.recovery.mark();
    },
  };
}

function awayNats(forMs: number): Fault {
  return {
    name: "nats-away",
    how: `nats-server is killed and comes back after ${forMs / 1000} s`,
    meanwhile: "UNAVAILABLE; no process ends",
    measure: "ack",
    recoversWithinMs: 15_000,
    lastsMs: forMs,
    inject: async (world) => {
      await world.nats.end();
      await sleep(forMs);
      await world.nats.start();
      world.load.recovery.mark();
    },
  };
}

function terminatedConnections(times: number): Fault {
  return {
    name: "postgres-terminate",
    how: `every connection to Postgres is terminated each second, ${times} times`,
    meanwhile: "reports wait",
    measure: "report",
    recoversWithinMs: 15_000,
    lastsMs: 1_000 * times,
    inject: async (world) => {
      for (let second = 0; second < times; second++) {
        if (second > 0) await sleep(1_000);
        await terminateConnections(world);
      }
      world.load.recovery.mark();
    },
  };
}

async function terminateConnections({ database }: World): Promise<void> {
  await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'chaos'`,
  );
}

const postgresFaults: readonly Fault[] = [
  {
    name: "postgres-crash",
    how: "Postgres stops immediately (SIGQUIT), started again at once",
    meanwhile: "reports wait; acknowledgements go on",
    measure: "report",
    recoversWithinMs: 20_000,
    lastsMs: 1_000,
    inject: async (world) => {
      await world.postgres.end("SIGQUIT");
      await world.postgres.start();
      world.load.recovery.mark();
    },
  },
  {
    name: "postgres-kill",
    how: "kill -9 of Postgres, started again at once",
    meanwhile: "reports wait; acknowledgements go on",
    measure: "report",
    recoversWithinMs: 20_000,
    lastsMs: 1_000,
    inject: async (world) => {
      await world.postgres.end();
      await world.postgres.start();
      world.load.recovery.mark();
    },
  },
  terminatedConnections(6),
];

/** The long ones, for the tests that run every time. */
export const SHORT_FAULTS: readonly Fault[] = [frozenNats(1_000), awayNats(1_000), terminatedConnections(2)];

export const FAULTS: readonly Fault[] = [...SERVICES.map(killOf), ...natsFaults, killAll, ...postgresFaults];
