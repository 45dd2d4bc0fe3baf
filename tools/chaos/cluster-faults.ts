/** Three nats-servers with three copies of every stream, of which one dies or is cut off. */
import { connect } from "nats";
import { pausedFor, waitFor } from "../../src/shared/process/waits.js";
import { type Fault, GROWTH_MAX_MB } from "./fault.js";
import { namespacesObstacle } from "./namespaces.js";
import type { World } from "./world.js";

const BETWEEN_KILLS_MS = 10_000;
const AWAY_MS = 2_000;
const GAP_MAX_MS = 5_000;
const LEADER_DEADLINE_MS = 30_000;

/** The server that leads the stream; after a fault there may be none for a while. */
async function leaderOf(world: World, stream: string): Promise<string> {
  const connection = await connect({ servers: world.cluster.url.split(",") });
  try {
    const manager = await connection.jetstreamManager({ checkAPI: false });
    return await waitFor(`a leader of ${stream}`, { deadlineMs: LEADER_DEADLINE_MS, everyMs: 100 }, async () => {
      const info = await manager.streams.info(stream).catch(() => null);
      return info?.cluster?.leader ?? null;
    });
  } finally {
    await connection.close();
  }
}

const COMMON = {
  meanwhile: "acknowledgements pause for 5 s at most; UNKNOWN_OUTCOME, UNAVAILABLE",
  measure: "ack",
  recoversWithinMs: 60_000,
  growthMaxMb: GROWTH_MAX_MB,
  gapMaxMs: GAP_MAX_MS,
} as const;

const leaderKilled = (times: number): Fault => ({
  name: "cluster-leader-killed",
  how: `of three nats-servers the one that leads ORDERS is killed ${times === 1 ? "" : `every ${BETWEEN_KILLS_MS / 1000} s, ${times} times, `}and comes back after ${AWAY_MS / 1000} s`,
  ...COMMON,
  lastsMs: times * BETWEEN_KILLS_MS,
  cluster: "together",
  inject: async (world) => {
    for (let time = 0; time < times; time++) {
      if (time > 0) await pausedFor(BETWEEN_KILLS_MS - AWAY_MS);
      const leader = await leaderOf(world, "ORDERS");
      await world.cluster.kill(leader);
      await pausedFor(AWAY_MS);
      await world.cluster.startAgain(leader);
    }
    world.load.recovery.mark();
  },
});

const minorityCutOff = (forMs: number): Fault => ({
  name: "cluster-minority-cut-off",
  how: `of three nats-servers the one that leads ORDERS is cut off from the others for ${forMs / 1000} s (network namespaces); clients still reach it`,
  ...COMMON,
  lastsMs: forMs,
  cluster: "divisible",
  obstacle: namespacesObstacle,
  inject: async (world) => {
    const leader = await leaderOf(world, "ORDERS");
    world.cluster.cutOff(leader);
    await pausedFor(forMs);
    world.cluster.heal(leader);
    world.load.recovery.mark();
  },
});

export const CLUSTER_FAULTS: readonly Fault[] = [leaderKilled(3), minorityCutOff(20_000)];

/** One cluster for both, where that can be. */
export const shortClusterFaults = (): readonly Fault[] =>
  namespacesObstacle() === null
    ? [{ ...leaderKilled(1), cluster: "divisible" }, minorityCutOff(6_000)]
    : [leaderKilled(1), minorityCutOff(6_000)];
