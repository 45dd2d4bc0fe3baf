/** What an engine decides by beside its commands: limits that a command sets, and the version of what is compiled in. */
import { InvariantBroken, invariant } from "./errors.js";

export interface MarketRules {
  /** Whether selfTradePrevention "none" may be asked for. */
  readonly allowSelfTrade: boolean;
  /** Orders that may rest or wait for a trigger at the same time; those that do already are not touched by a lower limit. */
  readonly openOrdersMax: number;
  /** Slices that an iceberg may come to. */
  readonly displaySlicesMax: number;
  /**
   * Events that an order on its way in may make: what is then left of it is canceled. A command that has made as many lets no
   * further stop in and goes no further with an opening; the next one goes on with them first. So a command makes fewer than
   * three times as many, beside one for each order that expires or that a cancel-all ends.
   */
  readonly eventsPerCommandMax: number;
}

export interface RulesInForce extends MarketRules {
  /** The RULES_VERSION of the builds that may decide. */
  readonly version: number;
}

/** Of this code. It grows with each change after which the same commands give other events. */
export const RULES_VERSION = 1;

/** In force until a command sets others. These never change: histories without such a command were decided by them. */
export const DEFAULT_RULES: RulesInForce = {
  version: 1,
  allowSelfTrade: false,
  openOrdersMax: 1_000_000,
  displaySlicesMax: 1_000,
  eventsPerCommandMax: 100_000,
};

/** The next command is to be decided by another build's rules: applying it here could come to something else. */
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

/** As they stand in a snapshot and in the state hash. */
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
