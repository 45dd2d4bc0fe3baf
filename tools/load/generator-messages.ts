/** What a generator process and its parent tell each other, by structured clone. */
import { Latencies } from "./latencies.js";
import type { LoadOptions, LoadOutcome, Progress, Timings } from "./load-run.js";
import type { Target } from "./target.js";

export type ToGenerator =
  | { readonly kind: "run"; readonly target: Target; readonly options: LoadOptions }
  | { readonly kind: "go" };

export type FromGenerator =
  | { readonly kind: "connected" | "measuring" | "sent" }
  | { readonly kind: "progress"; readonly progress: PackedProgress }
  | { readonly kind: "outcome"; readonly outcome: PackedOutcome }
  | { readonly kind: "failed"; readonly message: string };

export type PackedProgress = Omit<Progress, "recent"> & { readonly recent: string };
/** `lastAnswerMs` since the epoch. */
export type PackedOutcome = Omit<LoadOutcome, "timing"> & { readonly timing: Record<keyof Timings, string> };

export function packed({ timing, lastAnswerMs, ...outcome }: LoadOutcome): PackedOutcome {
  const { acknowledged, reported, lateness } = timing;
  return {
    ...outcome,
    lastAnswerMs: lastAnswerMs + performance.timeOrigin,
    timing: { acknowledged: acknowledged.packed(), reported: reported.packed(), lateness: lateness.packed() },
  };
}

/** By the clock of this process. */
export function unpacked({ timing, lastAnswerMs, ...outcome }: PackedOutcome): LoadOutcome {
  return {
    ...outcome,
    lastAnswerMs: lastAnswerMs - performance.timeOrigin,
    timing: {
      acknowledged: Latencies.unpacked(timing.acknowledged),
      reported: Latencies.unpacked(timing.reported),
      lateness: Latencies.unpacked(timing.lateness),
    },
  };
}
