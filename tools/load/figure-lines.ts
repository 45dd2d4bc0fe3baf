/** Figures as lines for people, or as JSON. */
import type { Figure, Sample } from "./figure.js";
import { medianOf } from "./percentile.js";

const OTHERS_SHARE_MAX = 0.1;

export function tellColumns(): void {
  console.log(row(["", "median", "needed", "aim", "runs"]));
}

/** Prints a figure's lines; false: a bound is missed or a promise was broken. */
export function tell(
  { name, bounds }: Pick<Figure, "name" | "bounds">,
  samples: readonly Sample[],
  isJson: boolean,
): boolean {
  let isKept = true;
  for (const [index, bound] of bounds.entries()) {
    const values = samples.map((one) => one.values[index] ?? Number.POSITIVE_INFINITY);
    const median = medianOf(values);
    const verdict = median > bound.needed ? "MISS" : median > bound.aim ? "pass" : "aim";
    isKept &&= verdict !== "MISS";
    if (isJson) console.log(JSON.stringify({ figure: name, ...bound, median, values, verdict }));
    else {
      const cells = [round(median), round(bound.needed), round(bound.aim), values.map(round).join(" ")];
      console.log(row([`${name}: ${bound.name} (${bound.unit})`, ...cells, verdict]));
    }
  }
  const syncs = samples.flatMap(({ syncP99Ms = [] }) => syncP99Ms);
  if (syncs.length > 0) tellDisk(name, syncs, isJson);
  const othersShare = Math.max(...samples.map((one) => one.othersShare ?? 0));
  if (othersShare > OTHERS_SHARE_MAX && !isJson)
    console.log(`  (others used up to ${(othersShare * 100).toFixed(0)} % of the machine: not a fair measurement)`);
  for (const broken of new Set(samples.flatMap((one) => one.broken))) {
    isKept = false;
    console.log(isJson ? JSON.stringify({ figure: name, broken }) : `  BROKEN in ${name}: ${broken}`);
  }
  return isKept;
}

/** Not a promise: what the disk alone took, beside which the figure has to be seen. */
function tellDisk(figure: string, syncP99sMs: readonly number[], isJson: boolean): void {
  const median = medianOf(syncP99sMs);
  if (isJson) console.log(JSON.stringify({ figure, syncP99Ms: median, values: syncP99sMs }));
  else
    console.log(
      row(["  a synced write alone meanwhile: p99 (ms)", round(median), "", "", syncP99sMs.map(round).join(" ")]),
    );
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function row([name = "", ...cells]: readonly string[]): string {
  return `${name.padEnd(58)}${cells.map((cell) => cell.padStart(10)).join("")}`;
}
