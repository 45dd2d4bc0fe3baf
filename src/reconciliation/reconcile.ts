/**
 * Whether all that is written about orders and money says the same: the order log, the orders, the reports, the trades,
 * the ledger, the balances and the transfers, as they are at one moment. Each service moves its rows and its position in
 * one transaction, so what is written at one moment belongs together.
 */
import type { Snapshot } from "../shared/database/snapshot.js";
import { type Difference, type Rule, ruleOf } from "./comparison.js";
import { holdFormulas } from "./hold-formulas.js";
import { holdRules } from "./hold-rules.js";
import { balanceRules, ledgerRules } from "./ledger-rules.js";
import { orderRules } from "./order-rules.js";
import { EVERYTHING, type Scope } from "./scope.js";
import { sequenceRules, tradeRules } from "./trade-rules.js";

/** In the order of the pipeline: what comes first is nearest to the cause of what follows. */
export function historyRules(scope: Scope): readonly Rule[] {
  return [
    ...[...orderRules(scope), ...tradeRules(scope)].map(ruleOf),
    ...holdFormulas,
    ...ledgerRules(scope).map(ruleOf),
  ];
}

export function stateRules(scope: Scope): readonly Rule[] {
  return [...sequenceRules(scope), ...holdRules, ...balanceRules(scope)].map(ruleOf);
}

export const RULES: readonly Rule[] = [...historyRules(EVERYTHING), ...stateRules(EVERYTHING)];

/** One difference at a time, however many there are. `onRule` is told of each rule before it is looked at. */
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
