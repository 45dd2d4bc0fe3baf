/** What a promised figure consists of, and what one measured run says about it. */
import { pausedFor } from "../../src/shared/process/waits.js";
import type { Measured } from "./measured-run.js";
import type { Target } from "./target.js";

/** One number that is promised: at most `needed`, and what we aim at. */
export interface Bound {
  readonly name: string;
  readonly unit: string;
  readonly needed: number;
  readonly aim: number;
}

export interface Sample {
  readonly values: readonly number[];
  readonly broken: readonly string[];
  /** What others used of the machine meanwhile; 1 is all of it. */
  readonly othersShare?: number;
  /** Of a synced write of its own on the same disk meanwhile. */
  readonly syncP99Ms?: number;
}

export interface Figure {
  readonly name: string;
  readonly bounds: readonly Bound[];
  /** One run: a value for each bound. */
  readonly run: (target: Target) => Promise<Sample>;
}

const CALM_DOWN_MS = 5_000;

/** Starting leaves work behind: compiled code, caches, collections. */
export async function calmDown(): Promise<void> {
  await pausedFor(CALM_DOWN_MS);
}

export function ackValues({ outcome }: Measured): number[] {
  const { p50, p99 } = outcome.timing.acknowledged.summary();
  return [p50, p99];
}

export function reportValues({ outcome }: Measured): number[] {
  const { p50, p99 } = outcome.timing.reported.summary();
  return [p50, p99];
}

export function sample({ broken, cpu }: Measured, values: readonly number[]): Sample {
  return { values, broken, othersShare: cpu.machineBusy - cpu.shareOfMachine };
}
