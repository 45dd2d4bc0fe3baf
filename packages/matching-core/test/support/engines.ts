import { createEngine, type EngineOptions, type MatchingEngine } from "@bourse/matching-core";
import { createNaiveEngine } from "./naive-engine/naive-engine.js";

/** What has to hold for one engine has to hold for its twin. */
export const ENGINES: readonly (readonly [name: string, create: (options: EngineOptions) => MatchingEngine])[] = [
  ["fast engine", createEngine],
  ["naive engine", createNaiveEngine],
];
