import { setFlagsFromString } from "node:v8";

/**
 * V8 stops inlining calls into one another at a size that suits programs of many large functions. The engine's core is
 * many small ones, called millions of times: with these limits it is faster where prices are close (bench/engine.md). Called first
 * thing by the programs that live on that. The service does not: to compile so much takes 0.3 s of CPU, in the moment when
 * it starts again and the assets wait for it, and its pace is that of the streams.
 */
export function inlineMore(): void {
  setFlagsFromString("--max-inlined-bytecode-size=1200");
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=5000");
}
