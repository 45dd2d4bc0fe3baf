/** nats-server and Postgres away, standing still, slow, or out of reach. */
import { pausedFor } from "../../src/shared/process/waits.js";
import { type Fault, GROWTH_MAX_MB } from "./fault.js";
import type { World } from "./world.js";

/** A server's trouble: `begin` and `end` it; time counts from the end. */
function trouble(
  about: Pick<Fault, "name" | "how" | "meanwhile" | "measure"> & Partial<Fault>,
  forMs: number,
  begin: (world: World) => Promise<void> | void,
  end: (world: World) => Promise<void> | void,
): Fault {
  return {
    recoversWithinMs: 60_000,
    lastsMs: forMs,
    growthMaxMb: GROWTH_MAX_MB,
    ...about,
    inject: async (world) => {
      await begin(world);
      await pausedFor(forMs);
      await end(world);
      world.load.recovery.mark();
    },
  };
}

const inSeconds = (ms: number) => `${ms / 1000} s`;
const NO_LOG = { meanwhile: "UNKNOWN_OUTCOME, UNAVAILABLE; no process ends", measure: "ack" } as const;
const NO_TABLES = {
  meanwhile: "acknowledgements go on for 15 s, then BUSY; reports wait",
  measure: "report",
  catchUpMin: 2,
} as const;
const proxied = { isProxied: true } as const;

const frozenNats = (forMs: number) =>
  trouble(
    { name: "freeze-nats", how: `nats-server stands still for ${inSeconds(forMs)} (SIGSTOP)`, ...NO_LOG },
    forMs,
    ({ nats }) => nats.freeze(),
    ({ nats }) => nats.thaw(),
  );

const natsAway = (forMs: number) =>
  trouble(
    {
      name: "nats-away",
      how: `nats-server is killed and comes back after ${inSeconds(forMs)}`,
      longTimes: 1,
      ...NO_LOG,
    },
    forMs,
    ({ nats }) => nats.end(),
    ({ nats }) => nats.start(),
  );

const natsBlackHole = (forMs: number) =>
  trouble(
    { name: "nats-black-hole", how: `nothing passes to or from NATS for ${inSeconds(forMs)}`, ...NO_LOG, ...proxied },
    forMs,
    ({ proxies }) => proxies.nats.setBlackHole(true),
    ({ proxies }) => proxies.nats.setBlackHole(false),
  );

const natsCut = trouble(
  { name: "nats-cut", how: "every connection to NATS is closed", ...NO_LOG, ...proxied },
  0,
  ({ proxies }) => proxies.nats.cutAll(),
  () => undefined,
);

const postgresEnds = (name: string, how: string, signal: "SIGQUIT" | "SIGKILL") =>
  trouble(
    { name, how: `${how}, started again at once`, longTimes: 10, ...NO_TABLES },
    0,
    ({ postgres }) => postgres.end(signal),
    ({ postgres }) => postgres.start(),
  );

const frozenPostgres = (forMs: number) =>
  trouble(
    { name: "freeze-postgres", how: `every process of Postgres stands still for ${inSeconds(forMs)}`, ...NO_TABLES },
    forMs,
    ({ postgres }) => postgres.freeze(),
    ({ postgres }) => postgres.thaw(),
  );

const postgresBlackHole = (forMs: number) =>
  trouble(
    {
      name: "postgres-black-hole",
      how: `nothing passes to or from Postgres for ${inSeconds(forMs)}`,
      ...NO_TABLES,
      ...proxied,
    },
    forMs,
    ({ proxies }) => proxies.postgres.setBlackHole(true),
    ({ proxies }) => proxies.postgres.setBlackHole(false),
  );

const slowPostgres = (forMs: number) =>
  trouble(
    {
      name: "postgres-slow",
      how: `every answer of Postgres comes 500 ms late, for ${inSeconds(forMs)}`,
      ...NO_TABLES,
      ...proxied,
    },
    forMs,
    ({ proxies }) => proxies.postgres.setAnswerDelay(500),
    ({ proxies }) => proxies.postgres.setAnswerDelay(0),
  );

const terminatedConnections = (times: number): Fault => ({
  name: "postgres-terminate",
  how: `every connection to Postgres is terminated each second, ${times} times`,
  ...NO_TABLES,
  recoversWithinMs: 60_000,
  lastsMs: 1_000 * times,
  growthMaxMb: GROWTH_MAX_MB,
  inject: async (world) => {
    for (let time = 0; time < times; time++) {
      if (time > 0) await pausedFor(1_000);
      await terminateConnections(world);
    }
    world.load.recovery.mark();
  },
});

async function terminateConnections({ database }: World): Promise<void> {
  await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'chaos'`,
  );
}

export const SERVER_FAULTS: readonly Fault[] = [
  frozenNats(10_000),
  natsAway(60_000),
  natsBlackHole(20_000),
  natsCut,
  postgresEnds("postgres-stop", "Postgres stops immediately (SIGQUIT)", "SIGQUIT"),
  postgresEnds("kill-postgres", "kill -9 of Postgres", "SIGKILL"),
  terminatedConnections(10),
  frozenPostgres(10_000),
  postgresBlackHole(20_000),
  slowPostgres(20_000),
];

/** For the tests that run every time. */
export const SHORT_SERVER_FAULTS: readonly Fault[] = [
  natsBlackHole(1_000),
  postgresEnds("kill-postgres", "kill -9 of Postgres", "SIGKILL"),
  terminatedConnections(2),
  slowPostgres(2_000),
];
