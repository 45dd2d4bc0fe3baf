/** One load in several processes: what each of them sends, and all that came of it. Pure. */
import { Latencies } from "./latencies.js";
import type { LoadOptions, LoadOutcome, Timings } from "./load-run.js";

/** So many orders apart are the seeds of two processes: none repeats what another one draws. */
const SEEDS_APART = 7_919;
const PROBLEMS_MAX = 20;

/** Each gets its own accounts, so that it knows all reports that these get, and its part of the rate and of the connections. */
export function sharesOf(options: LoadOptions, processes: number): LoadOptions[] {
  const { accounts, connections, ratePerSecond, rampFromPerSecond, burst, seed, ...rest } = options;
  const pairs = Math.floor(accounts.length / 2);
  return Array.from({ length: processes }, (_, place) => {
    const [from, to] = [place, place + 1].map((edge) => 2 * Math.floor((pairs * edge) / processes));
    const own = accounts.slice(from, to);
    return {
      ...rest,
      accounts: own,
      connections: Math.max(own.length, Math.round(connections / processes)),
      ratePerSecond: ratePerSecond / processes,
      seed: seed + place * SEEDS_APART,
      ...(rampFromPerSecond === undefined ? {} : { rampFromPerSecond: rampFromPerSecond / processes }),
      ...(burst === undefined ? {} : { burst: Math.max(1, Math.round(burst / processes)) }),
    };
  });
}

/** Times are those of the parent's clock; histograms are added up, which loses nothing. */
export function mergedOutcome(outcomes: readonly LoadOutcome[]): LoadOutcome {
  const sum = (of: (outcome: LoadOutcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const latest = (of: (outcome: LoadOutcome) => number) => Math.max(...outcomes.map(of));
  return {
    timing: mergedTimings(outcomes.map(({ timing }) => timing)),
    planned: sum(({ planned }) => planned),
    sent: sum(({ sent }) => sent),
    notSent: sum(({ notSent }) => notSent),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    rejected: combined(
      outcomes.map(({ rejected }) => rejected),
      (one, other) => one + other,
    ),
    unanswered: sum(({ unanswered }) => unanswered),
    reportsReceived: sum(({ reportsReceived }) => reportsReceived),
    reportsMissing: sum(({ reportsMissing }) => reportsMissing),
    reportsOutOfSequence: sum(({ reportsOutOfSequence }) => reportsOutOfSequence),
    problems: outcomes.flatMap(({ problems }) => problems).slice(0, PROBLEMS_MAX),
    measuredOrders: sum(({ measuredOrders }) => measuredOrders),
    plannedMs: latest(({ plannedMs }) => plannedMs),
    measuredMs: latest(({ measuredMs }) => measuredMs),
    lastAnswerMs: latest(({ lastAnswerMs }) => lastAnswerMs),
    lastLogIds: combined(
      outcomes.map(({ lastLogIds }) => lastLogIds),
      Math.max,
    ),
  };
}

function mergedTimings(all: readonly Timings[]): Timings {
  const merged = { acknowledged: new Latencies(), reported: new Latencies(), lateness: new Latencies() };
  for (const timing of all)
    for (const of of ["acknowledged", "reported", "lateness"] as const) merged[of].add(timing[of]);
  return merged;
}

function combined(
  maps: readonly ReadonlyMap<string, number>[],
  of: (one: number, other: number) => number,
): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const [key, value] of maps.flatMap((map) => [...map])) {
    const known = all.get(key);
    all.set(key, known === undefined ? value : of(known, value));
  }
  return all;
}
