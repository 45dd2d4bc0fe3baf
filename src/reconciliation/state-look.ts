/**
 * The look at the present state: balances, holds, and the sequences of accounts that have new reports. It runs on temporary
 * tables that add new rows to verified sums (state-tables.ts), which must be there already.
 */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import type { Logger } from "../shared/process/log.js";
import type { Progress } from "./checkpoint.js";
import { type Difference, ruleOf } from "./comparison.js";
import type { OpenDifference, Place } from "./difference-store.js";
import { FINDINGS_MAX, type Findings, placeKey } from "./findings.js";
import { beyondRules } from "./ledger-rules.js";
import { differences, stateRules } from "./reconcile.js";
import { WINDOW } from "./scope.js";
import { correctSums, createAccountWindows, createUnsettled, dropState } from "./state-tables.js";
import type { AccountWindow } from "./window.js";

export interface StateLook {
  readonly snapshot: WorkingSnapshot;
  readonly log: Logger;
  readonly open: readonly OpenDifference[];
  readonly progress: Progress;
  /** Accounts' sequences that are looked at beside those with new reports. */
  readonly slices: readonly AccountWindow[];
}

const STATE_RULES = [...stateRules(WINDOW), ...beyondRules.map(ruleOf)];
const BALANCES = "a balance is the sum of its account's postings";

export async function lookAtState(
  findings: Findings,
  { snapshot, log, open, progress, slices }: StateLook,
): Promise<void> {
  const rechecked = open.flatMap(({ foundIn }) => (foundIn.of === "account" ? [foundIn.window] : []));
  await snapshot.query("set local enable_nestloop = on");
  await createAccountWindows(snapshot, { withNew: progress.verified.size > 0, others: [...slices, ...rechecked] });
  await createUnsettled(snapshot, progress);
  await correctWrongSums(snapshot, log);
  const windows = await snapshot.query<AccountRow>(
    "select account_id, after_sequence, through_sequence from account_windows",
  );
  const placeOf = (difference: Difference): Place => accountPlace(difference, windows) ?? { of: "state" };
  const places = rechecked.map((window) => placeKey({ of: "account", window }));
  await findings.look(STATE_RULES, placeOf, [placeKey({ of: "state" }), ...places]);
  await dropState(snapshot);
  await snapshot.query("set local enable_nestloop = off");
}

/** Before a balance is said to differ, all of its postings are added up again: the verified sum may be the wrong one. */
async function correctWrongSums(snapshot: WorkingSnapshot, log: Logger): Promise<void> {
  const rules = STATE_RULES.filter(({ rule }) => rule === BALANCES);
  const keys = new Map<string, { account_id: string; currency: string }>();
  for await (const { row } of differences(snapshot, undefined, rules)) {
    const { account_id: account, currency } = row.key;
    if (keys.size < FINDINGS_MAX && account && currency)
      keys.set(`${account} ${currency}`, { account_id: account, currency });
  }
  if (keys.size === 0) return;
  await snapshot.query("close all; savepoint before_correction");
  try {
    const corrected = await correctSums(snapshot, [...keys.values()]);
    if (corrected > 0) log.warn({ corrected }, "what was added up of the ledger was wrong, and is put right");
  } catch (err) {
    await snapshot.query("rollback to savepoint before_correction");
    log.warn({ err }, "the ledger can't be added up anew; what was added up before counts");
  }
}

interface AccountRow {
  readonly account_id: number;
  readonly after_sequence: number;
  readonly through_sequence: number;
}

/** The part of an account's sequence in which the difference was found; null: it is not about a sequence. */
function accountPlace({ row: { table, key } }: Difference, windows: readonly AccountRow[]): Place | null {
  if (table !== "execution_reports" && table !== "account_sequences") return null;
  const sequence = Number(key["account_sequence"] ?? Number.NaN);
  const about = windows.filter((window) => window.account_id === Number(key["account_id"]));
  const found = about.find(
    ({ after_sequence, through_sequence }) => after_sequence < sequence && sequence <= through_sequence,
  );
  const window = found ?? about[0];
  if (window === undefined) return null;
  const sequences = { after: window.after_sequence, through: window.through_sequence };
  return { of: "account", window: { accountId: window.account_id, sequences } };
}
