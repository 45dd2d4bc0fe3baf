/** One asset's trouble, and what the others see of it. */
import { pausedFor, tryFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { type Fault, NotAsPromised } from "./fault.js";
import { untilHalted } from "./halted-assets.js";
import type { World } from "./world.js";

const QUIET_MS = 3_000;
const TIMES_QUIET_MAX = 3;
const LOOKS = 3;
/** What is quicker than this is no harm, however quick it was before. */
const NO_HARM_MS = 250;
const CHANGE_DEADLINE_MS = 10_000;

/** Postgres refuses the asset's trades by their content, as long as the trigger is there. */
const REFUSE = (asset: string) => `
  create function refuse_trade() returns trigger language plpgsql as $$
    begin if new.asset = '${asset}' then perform 1 / 0; end if; return new; end $$;
  create trigger refuse_trade before insert on trades for each row execute function refuse_trade()`;
const REFUSE_NO_MORE = "drop trigger if exists refuse_trade on trades; drop function if exists refuse_trade()";

/** A window of few orders is judged by nine of ten: the slowest one of thirty is the machine's. */
type Percentile = "p90" | "p99";

function haltedBeside(forMs: number, percentile: Percentile): Fault {
  return {
    name: "halt-beside",
    how: `trades of one asset can't be settled, it halts, for ${forMs / 1000} s; then they can, and trade-processing starts again`,
    meanwhile: "that asset's reports wait, with an alarm; those of the others come as ever",
    measure: "report",
    recoversWithinMs: 60_000,
    lastsMs: QUIET_MS + LOOKS * forMs,
    mayEnd: /^trade-processing: .*"level":60.*is halted/,
    inject: async (world, random) => {
      const assets = [...world.registry.assets.keys()];
      const asset = assets[random(assets.length)] as string;
      const { load } = world;
      load.latencies.take();
      await pausedFor(QUIET_MS);
      const quiet = worstOf(load.latencies.take(), asset, percentile);
      try {
        await changeTrades(world, REFUSE(asset));
        await untilHalted(world, "trade-processing", asset);
        const maxMs = Math.max(TIMES_QUIET_MAX * quiet, patience(NO_HARM_MS));
        let meanwhile = Number.POSITIVE_INFINITY;
        // The asset stays halted: what it does to the others goes on, where another's work on the machine passes.
        for (let look = 0; look < LOOKS && meanwhile > maxMs; look++) {
          await pausedFor(forMs);
          meanwhile = worstOf(load.latencies.take(), asset, percentile);
        }
        if (meanwhile > maxMs)
          throw new NotAsPromised(
            `while ${asset} halted, reports of others took ${Math.round(meanwhile)} ms (${percentile}), not ${Math.round(maxMs)}`,
          );
      } finally {
        await changeTrades(world, REFUSE_NO_MORE);
        await startAgain(world);
      }
    },
  };
}

/** Postgres ends it (a deadlock) where settlement holds the locks that it wants, and wants one that it holds. */
async function changeTrades({ database }: World, sql: string): Promise<void> {
  const attempts = { deadlineMs: patience(CHANGE_DEADLINE_MS), everyMs: 50, failed: () => undefined };
  await tryFor(() => database.query(sql), attempts, "the table of trades can't be changed");
}

/** Of the slowest of the others. */
function worstOf(
  latencies: ReturnType<World["load"]["latencies"]["take"]>,
  asset: string,
  percentile: Percentile,
): number {
  return Math.max(0, ...[...latencies].filter(([name]) => name !== asset).map(([, summary]) => summary[percentile]));
}

async function startAgain(world: World): Promise<void> {
  const settlement = world.process("trade-processing");
  await settlement.stop();
  settlement.startAgain();
  world.load.recovery.mark();
}

export const NEIGHBOUR_FAULTS: readonly Fault[] = [haltedBeside(10_000, "p99")];
export const SHORT_NEIGHBOUR_FAULTS: readonly Fault[] = [haltedBeside(1_000, "p90")];
