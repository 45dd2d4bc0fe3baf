/**
 * Compares all that is written about orders and money: stored commands, orders, reports, trades, ledger, balances and
 * transfers, as they are at one moment. They must agree at any moment, since each service writes its rows and its position
 * in one transaction.
 */
import type { Snapshot } from "../shared/database/snapshot.js";
import { candleRules } from "./candle-rules.js";
import { type Difference, type Rule, ruleOf } from "./comparison.js";
import { holdFormulas } from "./hold-formulas.js";
import { holdRules } from "./hold-rules.js";
import { balanceRules, ledgerRules } from "./ledger-rules.js";
import { orderRules } from "./order-rules.js";
import { EVERYTHING, type Scope } from "./scope.js";
import { bookStateRules } from "./state-rules.js";
import { sequenceRules, tradeRules } from "./trade-rules.js";

/** The rules about history, in the order of the pipeline: the first one that is broken is nearest to the cause. */
export function historyRules(scope: Scope): readonly Rule[] {
  return [
    ...[...orderRules(scope), ...tradeRules(scope), ...candleRules(scope)].map(ruleOf),
    ...holdFormulas,
    ...ledgerRules(scope).map(ruleOf),
  ];
}

/** The rules about the present state. */
export function stateRules(scope: Scope): readonly Rule[] {
  return [...sequenceRules(scope), ...holdRules, ...balanceRules(scope), ...bookStateRules].map(ruleOf);
}

export const RULES: readonly Rule[] = [...historyRules(EVERYTHING), ...stateRules(EVERYTHING)];

/** The differences one at a time, however many there are. `onRule` is called with each rule before it is checked. */
export async function* differences(
  snapshot: Snapshot,
  onRule: (rule: Rule, index: number) => void = () => undefined,
  rules = RULES,
): AsyncGenerator<Difference> {
  for (const [index, rule] of rules.entries()) {
    onRule(rule, index);
    for await (const rows of snapshot.pages(rule.select)) {
      for (const row of rows) yield* rule.differences(row);
    }
  }
}
