/**
 * The highest rate that meets the objective, on a machine where others work now and then. Between a rate that meets it and one that
 * misses it, run follows short run: after one that met it a little faster, after one that missed it a little slower. So the rates
 * settle where half of the runs meet it, whatever a few of them were misled to, and the mean of the last ones is told. Bisection needs
 * twice as many runs for the same spread, because it never comes back from a wrong turn. Pure but for the probe.
 */

export interface Probe {
  readonly ratePerSecond: number;
  readonly isMet: boolean;
}

export interface LimitSearch {
  readonly startPerSecond: number;
  readonly maxPerSecond: number;
  /** Runs at a rate; whether the objective was met. */
  readonly isMetAt: (ratePerSecond: number) => Promise<boolean>;
  readonly onProbe: (probe: Probe) => void;
}

const LOWEST_PER_SECOND = 10;
/** Runs after the bracket, and how many of the last rates count. */
const RUNS = 18;
const COUNTED = 12;
/** As logarithms: from a quarter of the bracket on, halved at each turn, to 3 %. */
const FIRST_STEP = 1 / 4;
const LAST_STEP = 0.03;

/** Null: not even the lowest rate meets it. */
export async function findLimit(search: LimitSearch): Promise<number | null> {
  const { good, bad } = await bracket(search);
  if (good === 0) return null;
  return bad === Number.POSITIVE_INFINITY ? good : await settledRate(search, good, bad);
}

/** A rate that meets the objective (0: none does), and one above it that misses it (infinite: none does). */
async function bracket(search: LimitSearch): Promise<{ readonly good: number; readonly bad: number }> {
  const { startPerSecond, maxPerSecond } = search;
  // One miss may be somebody else's work on the machine.
  const isMet = async (rate: number) => (await probed(search, rate)) || (await probed(search, rate));
  let [good, bad] = [0, Number.POSITIVE_INFINITY];
  for (let rate = startPerSecond; bad === Number.POSITIVE_INFINITY; rate = Math.min(2 * rate, maxPerSecond)) {
    if (await isMet(rate)) good = rate;
    else bad = rate;
    if (good === maxPerSecond) return { good, bad };
  }
  while (good === 0 && bad > LOWEST_PER_SECOND) {
    const rate = Math.max(LOWEST_PER_SECOND, Math.round(bad / 2));
    if (await isMet(rate)) good = rate;
    else bad = rate;
  }
  return { good, bad };
}

async function settledRate(search: LimitSearch, good: number, bad: number): Promise<number> {
  const [lowest, highest] = [Math.log(LOWEST_PER_SECOND), Math.log(search.maxPerSecond)];
  const rates = [(Math.log(good) + Math.log(bad)) / 2];
  let step = (Math.log(bad) - Math.log(good)) * FIRST_STEP;
  let wasMet: boolean | null = null;
  for (let run = 0; run < RUNS; run++) {
    const rate = rates.at(-1) as number;
    const isMet = await probed(search, Math.round(Math.exp(rate)));
    if (wasMet !== null && isMet !== wasMet) step = Math.max(step / 2, LAST_STEP);
    wasMet = isMet;
    rates.push(Math.min(highest, Math.max(lowest, rate + (isMet ? step : -step))));
  }
  const counted = rates.slice(-COUNTED);
  return Math.round(Math.exp(counted.reduce((sum, rate) => sum + rate, 0) / counted.length));
}

async function probed({ isMetAt, onProbe }: LimitSearch, ratePerSecond: number): Promise<boolean> {
  const isMet = await isMetAt(ratePerSecond);
  onProbe({ ratePerSecond, isMet });
  return isMet;
}
