/** `--find-limit`: runs at one rate after the other, until the highest that meets the objectives is known. */
import { pausedFor } from "../../src/shared/process/waits.js";
import { findLimit, type Probe } from "./limit-search.js";
import type { LoadOptions } from "./load-run.js";
import type { Measured } from "./measured-run.js";
import { type Objective, verdictsOf, verdictText } from "./objectives.js";

export interface FoundLimit {
  /** Null: not even the lowest rate meets them. */
  readonly limitPerSecond: number | null;
  readonly probes: readonly Probe[];
  readonly objectives: readonly string[];
  /** What others used of the machine at most, in a run; 1 is all of it. */
  readonly othersShare: number;
}

const PER_SECOND_MAX = 100_000;
/** What one rate leaves behind (collections, a checkpoint) is not charged to the next. */
const CALM_MS = 1_000;
const WARM_SECONDS = 5;
const OTHERS_SHARE_MAX = 0.1;

export async function searchLimit(
  objectives: readonly Objective[],
  load: LoadOptions,
  run: (load: LoadOptions) => Promise<Measured>,
): Promise<FoundLimit> {
  const probes: Probe[] = [];
  let othersShare = 0;
  await run({ ...load, seconds: WARM_SECONDS, warmupSeconds: 0 }); // compiled code, filled caches: the first run is no measure
  const limitPerSecond = await findLimit({
    startPerSecond: load.ratePerSecond,
    maxPerSecond: PER_SECOND_MAX,
    isMetAt: async (ratePerSecond) => {
      const { outcome, broken, cpu } = await run({ ...load, ratePerSecond });
      othersShare = Math.max(othersShare, cpu.machineBusy - cpu.shareOfMachine);
      const verdicts = verdictsOf(objectives, outcome);
      const why = [...verdicts.filter(({ isMet }) => !isMet).map(verdictText), ...broken];
      console.error(`${ratePerSecond}/s: ${why.length === 0 ? "met" : why.join("; ")}`);
      await pausedFor(CALM_MS);
      return why.length === 0;
    },
    onProbe: (probe) => probes.push(probe),
  });
  const wanted = objectives.map(({ name, limitMs }) => `${name} ${limitMs}`);
  return { limitPerSecond, probes, objectives: ["rate", ...wanted], othersShare };
}

export function limitText({ limitPerSecond, probes, objectives, othersShare }: FoundLimit): string {
  const rows = ratesOf(probes).map(({ ratePerSecond, met, missed }) => {
    const verdict = [...(met > 0 ? [`met ${met}`] : []), ...(missed > 0 ? [`missed ${missed}`] : [])].join(", ");
    return `  ${String(ratePerSecond).padStart(7)}/s  ${verdict}`;
  });
  const found = limitPerSecond === null ? "no rate meets" : `${limitPerSecond} orders/s is the highest rate that meets`;
  const unfair = `others used up to ${(othersShare * 100).toFixed(0)} % of the machine: not a fair measurement`;
  return [
    ...rows,
    `${found}: ${objectives.join(", ")}`,
    ...(othersShare > OTHERS_SHARE_MAX ? [`  (${unfair})`] : []),
  ].join("\n");
}

/** Each rate once, the lowest first, with what its runs said. */
function ratesOf(probes: readonly Probe[]): { readonly ratePerSecond: number; met: number; missed: number }[] {
  const rates = new Map<number, { readonly ratePerSecond: number; met: number; missed: number }>();
  for (const { ratePerSecond, isMet } of probes) {
    const rate = rates.get(ratePerSecond) ?? { ratePerSecond, met: 0, missed: 0 };
    rate[isMet ? "met" : "missed"] += 1;
    rates.set(ratePerSecond, rate);
  }
  return [...rates.values()].sort((one, other) => one.ratePerSecond - other.ratePerSecond);
}
