/**
 * The times of leases: how soon a process that died is given up, and what follows from that. A longer lease is a change of this
 * table; what no longer fits then is said by every process that starts, and by every test that imports a lease.
 */
import { invariant } from "../domain/errors.js";

export interface LeaseTimes {
  /** How often a process says that it is there. */
  readonly heartbeatMs: number;
  /** A process that sees no other, and has nothing new to say, says only every so many-th time that it is there. */
  readonly aloneEvery: number;
  /** A process is gone when so many heartbeats of another were counted since its last one: the lease. */
  readonly silentBeatsMax: number;
  /** When a publish without an answer counts as lost; a heartbeat that is lost is followed by the next one only then. */
  readonly publishTimeoutMs: number;
  /** The promise (docs/operations.md): who dies is followed within this time. */
  readonly followedWithinMs: number;
  /** When the server forgets a process that says nothing. */
  readonly forgottenAfterMs: number;
}

export const LEASE_TIMES: LeaseTimes = {
  heartbeatMs: 500,
  aloneEvery: 8,
  silentBeatsMax: 4,
  publishTimeoutMs: 2_000,
  followedWithinMs: 3_000,
  forgottenAfterMs: 600_000,
};

/** Fewer would give up a process whose one heartbeat comes late. */
const SILENT_BEATS_MIN = 3;
/** The server must still know a process that others have given up, or one that comes back would be a stranger. */
const LEASES_UNTIL_FORGOTTEN = 10;

/** What is wrong with these times; empty: nothing. */
export function leaseProblems(times: LeaseTimes): string[] {
  const { heartbeatMs, aloneEvery, silentBeatsMax, publishTimeoutMs, followedWithinMs, forgottenAfterMs } = times;
  const leaseMs = silentBeatsMax * heartbeatMs;
  const givenUpMs = leaseMs + heartbeatMs; // it may die just after a heartbeat, and another's come at any time
  const problems: [isWrong: boolean, problem: string][] = [
    [
      givenUpMs >= followedWithinMs,
      `who dies is given up after ${givenUpMs} ms at worst (silentBeatsMax + 1 heartbeats), and followedWithinMs promises ${followedWithinMs}`,
    ],
    [
      silentBeatsMax < SILENT_BEATS_MIN,
      `silentBeatsMax is ${silentBeatsMax}: one late heartbeat would move assets; at least ${SILENT_BEATS_MIN}`,
    ],
    [
      publishTimeoutMs > leaseMs,
      `a lost heartbeat is waited for during publishTimeoutMs, ${publishTimeoutMs} ms, longer than the lease, ${leaseMs} ms`,
    ],
    [
      forgottenAfterMs < LEASES_UNTIL_FORGOTTEN * leaseMs,
      `forgottenAfterMs is ${forgottenAfterMs} ms, and must be ${LEASES_UNTIL_FORGOTTEN} leases of ${leaseMs} ms at least`,
    ],
    [
      forgottenAfterMs < LEASES_UNTIL_FORGOTTEN * aloneEvery * heartbeatMs,
      `forgottenAfterMs is ${forgottenAfterMs} ms, and a process that is alone says only every ${aloneEvery * heartbeatMs} ms that it is there`,
    ],
  ];
  return problems.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}

const problems = leaseProblems(LEASE_TIMES);
invariant(problems.length === 0, `src/shared/leases/lease-times.ts does not fit together: ${problems.join("; ")}`);
