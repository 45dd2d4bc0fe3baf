/** One account's reports: gapless in Postgres, and each seen once, in order and word for word, by its subscriber. */

import { ORDER_OF_REPORT, REPORT_COLUMNS, type ReportRow, reportOf } from "../../src/shared/database/stored-reports.js";
import type { Asset } from "../../src/shared/domain/assets.js";
import { reportJson } from "../../src/shared/domain/report-json.js";
import { type Difference, fieldsThatDiffer } from "./difference.js";
import type { Account } from "./load.js";
import type { World } from "./world.js";

const ROWS = `select ${REPORT_COLUMNS} from execution_reports r ${ORDER_OF_REPORT}
  where r.account_id = $1 and r.account_sequence > $2 and r.account_sequence <= $3 order by r.account_sequence`;

export class AccountOracle {
  readonly #world: World;
  readonly #account: Account;
  #through = 0;

  constructor(world: World, account: Account) {
    this.#world = world;
    this.#account = account;
  }

  /** Goes on from where it was to the given report at least, which its subscriber must have seen. */
  async *differences(atLeastThrough: number): AsyncGenerator<Difference> {
    const { name, accountId } = this.#account;
    const seen = this.#world.load.takeSeen(this.#account);
    const through = Math.max(atLeastThrough, seen.at(-1)?.accountSequence ?? 0);
    const rows = await this.#world.database.query<ReportRow>(ROWS, [accountId, this.#through, through]);
    const firstSequence = this.#through + 1;
    this.#through = through;
    if (rows.length !== through - firstSequence + 1)
      yield { kind: "lost", text: `${name} has ${rows.length} reports from ${firstSequence} to ${through}` };
    let expected = firstSequence;
    for (const report of seen) {
      const { accountSequence } = report;
      if (accountSequence < expected) yield { kind: "doubled", text: `${name} saw report ${accountSequence} twice` };
      else if (accountSequence > expected)
        yield { kind: "lost", text: `${name} did not see reports ${expected} to ${accountSequence - 1}` };
      expected = Math.max(expected, accountSequence + 1);
      const row = rows[accountSequence - firstSequence];
      if (row === undefined) continue; // told above
      const asset = this.#world.registry.assets.get(row.asset) as Asset;
      const differing = fieldsThatDiffer(reportJson(reportOf(row), asset), report);
      if (differing !== null) yield { kind: "differing", text: `report ${accountSequence} of ${name}: ${differing}` };
    }
    if (expected <= through) yield { kind: "lost", text: `${name} did not see reports ${expected} to ${through}` };
  }
}
