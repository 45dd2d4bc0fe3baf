/** The highest rate that meets the objective: doubled until it is missed, then halved in between. Pure but for the probe. */

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

/** The limit is known to this share of itself. */
const RESOLUTION = 0.04;
const LOWEST_PER_SECOND = 10;

/** Null: not even the lowest rate meets it. */
export async function findLimit({
  startPerSecond,
  maxPerSecond,
  isMetAt,
  onProbe,
}: LimitSearch): Promise<number | null> {
  const isMet = async (ratePerSecond: number): Promise<boolean> => {
    // One miss may be somebody else's work on the machine.
    const met = (await isMetAt(ratePerSecond)) || (await isMetAt(ratePerSecond));
    onProbe({ ratePerSecond, isMet: met });
    return met;
  };
  let [good, bad] = [0, Number.POSITIVE_INFINITY];
  for (let rate = startPerSecond; bad === Number.POSITIVE_INFINITY; rate = Math.min(2 * rate, maxPerSecond)) {
    if (!(await isMet(rate))) bad = rate;
    else good = rate;
    if (good === maxPerSecond) return good;
  }
  while (good === 0 && bad > LOWEST_PER_SECOND) {
    const rate = Math.max(LOWEST_PER_SECOND, Math.round(bad / 2));
    if (await isMet(rate)) good = rate;
    else bad = rate;
  }
  if (good === 0) return null;
  while ((bad - good) / good > RESOLUTION && bad - good > 1) {
    const rate = Math.round((good + bad) / 2);
    if (await isMet(rate)) good = rate;
    else bad = rate;
  }
  return good;
}
