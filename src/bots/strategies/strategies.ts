import type { Strategy } from "../view.js";
import { aggressive } from "./aggressive.js";
import { marketMaker } from "./market-maker.js";
import { meanReversion } from "./mean-reversion.js";
import { random } from "./random.js";

export const STRATEGIES: readonly Strategy[] = [marketMaker, aggressive, random, meanReversion];

/** The accounts of a strategy's people. Outside production each has a key of the same name, whose secret is the same word. */
export function accountsOf({ name, people }: Pick<Strategy, "name" | "people">): string[] {
  if (people === 1) return [`bot-${name}`];
  return Array.from({ length: people }, (_, at) => `bot-${name}-${at + 1}`);
}
