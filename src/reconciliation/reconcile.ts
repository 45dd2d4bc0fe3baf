/**
 * Whether all that is written about orders and money says the same: the order log, the orders, the reports, the trades,
 * the ledger, the balances and the transfers, as they are at one moment. Each service moves its rows and its position in
 * one transaction, so what is written at one moment belongs together.
 */
import type { Snapshot } from "../shared/database.js";
import { type Difference, type Rule, ruleOf } from "./comparison.js";
import { holdFormulas } from "./hold-formulas.js";
import { holdRules } from "./hold-rules.js";
import { ledgerRules } from "./ledger-rules.js";
import { orderRules } from "./order-rules.js";
import { tradeRules } from "./trade-rules.js";

/** In the order of the pipeline: what comes first is nearest to the cause of what follows. */
export const RULES: readonly Rule[] = [
  ...[...orderRules, ...tradeRules].map(ruleOf),
  ...holdFormulas,
  ...[...holdRules, ...ledgerRules].map(ruleOf),
];

/** One difference at a time, however many there are. `onRule` is told of each rule before it is looked at. */
export async function* differences(
  snapshot: Snapshot,
  onRule: (rule: Rule, index: number) => void = () => undefined,
): AsyncGenerator<Difference> {
  for (const [index, rule] of RULES.entries()) {
    onRule(rule, index);
    for await (const rows of snapshot.pages(rule.select)) {
      for (const row of rows) yield* rule.differences(row);
    }
  }
}
