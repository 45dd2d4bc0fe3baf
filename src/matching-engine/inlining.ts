import { setFlagsFromString } from "node:v8";

/**
 * V8 stops inlining calls into one another at a size that suits programs of many large functions. The engine's core is
 * many small ones, called millions of times: with these limits it is faster where prices are close (bench/engine.md). Called first
 * thing by every program that runs an engine.
 */
export function inlineMore(): void {
  setFlagsFromString("--max-inlined-bytecode-size=1200");
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=5000");
}
