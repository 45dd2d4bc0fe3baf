/** The rules that an engine decides by: limits that a command sets, and the version of those that are compiled in. */
import { InvariantBroken, invariant } from "./errors.js";

export interface MarketRules {
  /** Whether orders may have the self-trade prevention "none". */
  readonly allowSelfTrade: boolean;
  /** Limit of the orders that rest or wait for a trigger. A lower limit does not touch those that do already. */
  readonly openOrdersMax: number;
  /** Limit of the slices of an iceberg order. */
  readonly displaySlicesMax: number;
  /**
   * Limit of the events that an incoming order may make; then its rest is canceled. A command that has made as many lets no
   * further stop in and goes no further with an opening; the next command first goes on with them. So a command makes fewer
   * than three times as many, beside one for each order that expires or that a cancel-all ends.
   */
  readonly eventsPerCommandMax: number;
}

export interface RulesInForce extends MarketRules {
  /** The RULES_VERSION of the builds that may decide. */
  readonly version: number;
}

/** The version of this code. It grows with each change after which the same commands give other events. */
export const RULES_VERSION = 1;

/** The rules until a command sets others. They never change: histories without such a command were decided by them. */
export const DEFAULT_RULES: RulesInForce = {
  version: 1,
  allowSelfTrade: false,
  openOrdersMax: 1_000_000,
  displaySlicesMax: 1_000,
  eventsPerCommandMax: 100_000,
};

/** The next command must be decided by another build, whose rules this one does not know. */
export class OtherRulesVersion extends InvariantBroken {
  constructor(commandSequence: number, inForce: number, applied: number) {
    super(
      `command ${commandSequence} is to be decided by rules version ${inForce}, and this build applies version ${applied}; ` +
        `docs/operations.md (From one build to another) says how the one takes over from the other`,
    );
  }
}

export function rulesAreEqual(a: RulesInForce, b: RulesInForce): boolean {
  const [ofA, ofB] = [numbersOfRules(a), numbersOfRules(b)];
  return ofA.every((number, index) => number === ofB[index]);
}

/** The rules as they stand in snapshots and in the state hash. */
export function numbersOfRules(rules: RulesInForce): [number, number, number, number, number] {
  const { version, allowSelfTrade, openOrdersMax, displaySlicesMax, eventsPerCommandMax } = rules;
  return [version, allowSelfTrade ? 1 : 0, openOrdersMax, displaySlicesMax, eventsPerCommandMax];
}

export function rulesOfNumbers(numbers: readonly number[]): RulesInForce {
  const [version, selfTrade, openOrdersMax, displaySlicesMax, eventsPerCommandMax] = numbers as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { version, allowSelfTrade: selfTrade === 1, openOrdersMax, displaySlicesMax, eventsPerCommandMax };
}

export function assertRulesMakeSense(rules: RulesInForce): void {
  const { version, openOrdersMax, displaySlicesMax, eventsPerCommandMax } = rules;
  for (const number of [version, openOrdersMax, displaySlicesMax, eventsPerCommandMax])
    invariant(Number.isSafeInteger(number) && number >= 1, "limits of the rules are whole numbers from 1");
}
