/** One line of the result. `hash` says that the work was done right, where there is one. */
export interface Measurement {
  readonly bench: string;
  readonly stream: string;
  readonly engine: string;
  readonly unit: string;
  readonly value: number;
  readonly runs: number;
  readonly hash: number | string | null;
}

export interface BenchSize {
  readonly isSmoke: boolean;
  /** Timed commands of a stream. */
  readonly commands: number;
  readonly runs: number;
  /** Orders in the books of the memory and snapshot benches. */
  readonly orders: number;
}

export const FULL: BenchSize = { isSmoke: false, commands: 1_000_000, runs: 5, orders: 1_000_000 };
export const SMOKE: BenchSize = { isSmoke: true, commands: 2_000, runs: 1, orders: 5_000 };

export function elapsedNs(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
}

/** With `node --expose-gc`: what came before is not this measurement's garbage. */
export function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
