import { setFlagsFromString } from "node:v8";

/**
 * Raises V8's limits of inlining, which suit programs of large functions. The engine's core is many small ones, called
 * millions of times: with these limits it is faster where prices are close (bench/engine.md). Must be called first. The
 * service does without: compiling so much takes 0.3 s of CPU just when it starts again and assets wait for it, and its pace is
 * that of the streams.
 */
export function inlineMore(): void {
  setFlagsFromString("--max-inlined-bytecode-size=1200");
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=5000");
}
