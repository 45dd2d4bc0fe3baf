/**
 * What a process looks at now and then, whether something is new or overdue. All of it happens at the same moments, the
 * multiples of its period on the process's clock: on a virtual machine it is being woken up that costs, not the look.
 */

/** Calls `look` at every multiple of `everyMs`, with how late it is, until the returned function is called. */
export function lookEvery(everyMs: number, look: (lateMs: number) => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const dueMs = nextDueMs(everyMs);
    const due = () => {
      wait();
      look(Math.max(0, performance.now() - dueMs));
    };
    timer = setTimeout(due, dueMs - performance.now()).unref();
  };
  wait();
  return () => clearTimeout(timer);
}

/** The time until a loop that looks every `everyMs` should look again. */
export function untilNextLookMs(everyMs: number): number {
  return nextDueMs(everyMs) - performance.now();
}

/** At least half a period away: a timer that comes a little early must not be followed by another at once. */
function nextDueMs(everyMs: number): number {
  return Math.ceil((performance.now() + everyMs / 2) / everyMs) * everyMs;
}
