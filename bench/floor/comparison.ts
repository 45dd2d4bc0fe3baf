/** What runs of several contestants in turn say of each other. Pure. */

import { LOAD_GENERATOR, type Measured } from "../../tools/load/measured-run.js";
import { medianOf } from "../../tools/load/percentile.js";

export const COLUMNS = ["orders/s", "", "`ACK` p50", "p99", "report p50", "p99", "CPU µs an order", "machine busy"];

/** One run's values, in the order of the columns; smaller is better in each. */
export type Cost = readonly number[];

/** Costs by rate, and by contestant in the order of the rounds. */
export type Rounds = Map<number, Map<string, Cost[]>>;

/** The generator's own CPU is not the pipeline's. */
export function costOf({ outcome: { timing }, cpu, cpuUntilSettled: { use, seconds } }: Measured): Cost {
  const [acknowledged, reported] = [timing.acknowledged.summary(), timing.reported.summary()];
  const cores = use.reduce((sum, group) => sum + (group.name === LOAD_GENERATOR ? 0 : group.cores), 0);
  const microsAnOrder = (cores * seconds * 1e6) / Math.max(1, acknowledged.count);
  const latencies = [acknowledged.p50, acknowledged.p99, reported.p50, reported.p99];
  return [...latencies, microsAnOrder, cpu.machineBusy];
}

/** Medians, and the pipeline against each of the others: medians of the ratios, each within one round. */
export function comparedRows(rounds: Rounds): string[][] {
  return [...rounds].flatMap(([rate, costs]) => {
    const row = (name: string, cells: readonly string[]) => [rate.toLocaleString("en"), name, ...cells];
    const ours = costs.get("pipeline") ?? [];
    const medians = [...costs].map(([name, each]) => row(name, medianCost(each).map(cell)));
    const ratios = [...costs].flatMap(([name, theirs]) => {
      if (name === "pipeline" || ours.length === 0) return [];
      const each = ours.map((cost, round) => cost.map((value, at) => value / (theirs[round]?.[at] ?? Number.NaN)));
      return [
        row(
          `pipeline ÷ ${name}`,
          medianCost(each).map((ratio) => ratio.toFixed(2)),
        ),
      ];
    });
    return [...medians, ...ratios];
  });
}

function medianCost(costs: readonly Cost[]): Cost {
  return (costs[0] ?? []).map((_, at) => medianOf(costs.map((cost) => cost[at] ?? Number.NaN)));
}

function cell(value: number, at: number): string {
  const [isShare, isMicros] = [at === 5, at === 4];
  return isShare ? `${(value * 100).toFixed(0)} %` : value.toFixed(isMicros || value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
