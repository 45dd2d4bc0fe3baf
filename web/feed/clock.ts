/** The wall clock in microseconds. The fine one does not count while the machine sleeps: then the coarse one is right. */
const DRIFT_MAX_MS = 5;

export function nowUs(): number {
  const fineMs = performance.timeOrigin + performance.now();
  const coarseMs = Date.now();
  return (Math.abs(fineMs - coarseMs) > DRIFT_MAX_MS ? coarseMs : fineMs) * 1_000;
}
