import type { Stream } from "./streams.js";

/** An engine in the benchmark: a fresh one starts with an empty book. */
export interface Contestant {
  readonly name: string;
  /** What is not to be timed. */
  prepare(stream: Stream): void;
  /** Carries out the commands from `from` up to, not including, `to`. */
  play(stream: Stream, from: number, to: number): void;
  /** Carries out the one command. */
  step(stream: Stream, at: number): unknown;
  /** Carries out all of it, and says what its trades hash to. */
  hashOf(stream: Stream): number;
}
