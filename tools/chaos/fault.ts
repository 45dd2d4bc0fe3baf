import type { RejectName } from "../../src/shared/domain/rejects.js";
import type { Measure, TimeLimit } from "./recovery.js";
import type { ClusterKind, World } from "./world.js";

/** One way in which things go wrong, and what is promised then. */
export interface Fault {
  readonly name: string;
  /** For the table in docs/reliability.md. */
  readonly how: string;
  readonly meanwhile: string;
  /** What comes back first: acknowledgements, or reports, of what was sent after the mark. */
  readonly measure: Measure;
  /** Until every asset has reports again. */
  readonly recoversWithinMs: number;
  /** A miss is told, and the fault has not passed; it may still be exact. */
  readonly limit?: TimeLimit;
  /** How many orders rest in the books of all assets meanwhile, besides those that come and go. */
  readonly restingOrders?: number;
  /** The part of the run where nobody looks for life: how long one injection takes by itself, about. */
  readonly lastsMs: number;
  readonly isProxied?: true;
  /** A second Postgres follows the first one. */
  readonly hasStandby?: true;
  /** The ports that clients know stay open while processes come and go. */
  readonly holdsPorts?: true;
  /** Whose data lies on a disk that can be full. */
  readonly smallDisk?: "nats" | "postgres";
  /** Three nats-servers instead of one; "divisible": each in a network namespace of its own. */
  readonly cluster?: ClusterKind;
  /** How long at most nothing is acknowledged, from the injection until it has recovered. */
  readonly gapMaxMs?: number;
  /** How long at most an asset has no report, from the injection until it has recovered. */
  readonly reportGapMaxMs?: number;
  /** How the pipeline may refuse requests from the injection until it has recovered; not said: any way. */
  readonly mayRefuse?: readonly RejectName[];
  /** How it must have refused at least one: the fault was there. */
  readonly mustRefuse?: RejectName;
  readonly settings?: Readonly<Record<string, string>>;
  /** By how much a process that was warm may grow meanwhile; not said: it is measured, not judged. */
  readonly growthMaxMb?: number;
  /** How many times faster than the usual input what has piled up must be settled. */
  readonly catchUpMin?: number;
  /** What may be logged as fatal, and whose processes may end, because of it. */
  readonly mayEnd?: RegExp;
  /** Everything is at an earlier moment afterwards: it has a world of its own, and all is compared after each injection. */
  readonly goesBack?: true;
  /** How often it is injected in the long run; not said: see longTimesOf. */
  readonly longTimes?: number;
  /** Why it can't be done here; null: it can. */
  readonly obstacle?: () => string | null;
  /** Once, before the load. */
  readonly prepare?: (world: World) => Promise<void>;
  /** Under load. Marks the moment from which recovery is measured (world.load.recovery.mark). */
  readonly inject: (world: World, random: (below: number) => number) => Promise<void>;
}

/** In the long run. */
export function longTimesOf({ longTimes, lastsMs }: Fault): number {
  return longTimes ?? (lastsMs < 10_000 ? 3 : 2);
}

/** Intake says BUSY before memory grows by so much. */
export const GROWTH_MAX_MB = 100;

/** What the fault itself saw, and should not have. */
export class NotAsPromised extends Error {
  override readonly name = "NotAsPromised";
}
