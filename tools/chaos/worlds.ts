/** Starting a pipeline takes longer than most faults: those with the same needs share one, as long as all is well in it. */
import { within } from "./deadline.js";
import type { Fault } from "./fault.js";
import { type FaultResult, injectInto, type RunOptions } from "./fault-run.js";
import { Oracle } from "./oracle.js";
import { isExact } from "./result-table.js";
import { World, type WorldOptions } from "./world.js";

/** What was logged before makes every comparison longer: then a new one is cheaper. */
const ACKNOWLEDGED_MAX = 120_000;
const CLOSE_WITHIN_MS = 30_000;

interface Open {
  readonly needs: string;
  readonly world: World;
  readonly oracle: Oracle;
}

export class Worlds {
  readonly #withCarefulClients: boolean;
  #open: Open | null = null;

  constructor({ withCarefulClients }: Pick<WorldOptions, "withCarefulClients">) {
    this.#withCarefulClients = withCarefulClients;
  }

  async run(fault: Fault, options: RunOptions): Promise<FaultResult> {
    const { world, oracle } = await this.for(fault, options);
    let isSound = false;
    try {
      const result = await injectInto(world, oracle, fault, options);
      isSound = isExact(result) && fault.goesBack === undefined && world.load.attempts.acknowledged < ACKNOWLEDGED_MAX;
      return result;
    } finally {
      if (!isSound) await this.close();
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (open !== null) await within(CLOSE_WITHIN_MS, "the end of the pipeline", open.world.close());
  }

  /** The open one where it is as the fault needs it, else a new one. */
  async for(fault: Fault, { ratePerSecond, seed }: RunOptions): Promise<Open> {
    const needs = needsOf(fault);
    if (this.#open?.needs === needs) return this.#open;
    await this.close();
    const {
      isProxied = false,
      holdsPorts = false,
      hasStandby = false,
      restingOrders = 0,
      settings = {},
      smallDisk,
      cluster,
      goesBack,
    } = fault;
    // Those that have gone come back to sessions of the past, whose orders then go: as they should, but not as they have seen.
    const withCarefulClients = this.#withCarefulClients && goesBack === undefined;
    const more = { withCarefulClients, ...(smallDisk && { smallDisk }), ...(cluster && { cluster }) };
    const world = await World.create({
      ratePerSecond,
      seed,
      isProxied,
      holdsPorts,
      hasStandby,
      restingOrders,
      settings,
      ...more,
    });
    this.#open = { needs, world, oracle: new Oracle(world) };
    return this.#open;
  }
}

/** Faults with the same can share a world; one that prepares it has its own. */
export function needsOf(fault: Fault): string {
  const { name, prepare, isProxied, holdsPorts, hasStandby, restingOrders, settings, smallDisk, cluster, goesBack } =
    fault;
  const own = prepare === undefined && goesBack === undefined ? null : name;
  return JSON.stringify([own, isProxied, holdsPorts, hasStandby, restingOrders, settings, smallDisk, cluster]);
}

/** Those with the same needs one after the other. */
export function inSharedWorlds(faults: readonly Fault[]): Fault[] {
  const byNeeds = new Map<string, Fault[]>();
  for (const fault of faults) byNeeds.set(needsOf(fault), [...(byNeeds.get(needsOf(fault)) ?? []), fault]);
  return [...byNeeds.values()].flat();
}
