/** Settlement's statements about money: the ledger's rows, and one change of each balance that a batch touches. */
import { columns } from "../shared/database/columns.js";
import type { Statement } from "../shared/database/database.js";
import { WRITING_DAY } from "../shared/database/history-days.js";
import type { AccountId } from "../shared/domain/units.js";
import type { Posting } from "./postings.js";

interface BalanceChange {
  readonly accountId: AccountId;
  readonly currency: string;
  /** Sums over a batch may be above 2^53. */
  available: bigint;
  held: bigint;
  openOrders: number;
}

interface AssetPostings {
  readonly asset: string;
  readonly postings: readonly Posting[];
}

/** Must be the last statement of its transaction: order-processing waits for the balances that it locks. */
export function changeBalances(settlements: readonly AssetPostings[]): Statement {
  return {
    name: "change_balances",
    text: "select change_balances($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::integer[])",
    values: columns(
      balanceChanges(settlements),
      (change) => change.accountId,
      (change) => change.currency,
      (change) => change.available,
      (change) => change.held,
      (change) => change.openOrders,
    ),
  };
}

function balanceChanges(settlements: readonly AssetPostings[]): BalanceChange[] {
  const changes = new Map<string, BalanceChange>();
  for (const { postings } of settlements)
    for (const { accountId, currency, availableChange, heldChange, ordersDone } of postings) {
      const key = `${accountId} ${currency}`;
      let change = changes.get(key);
      if (change === undefined) {
        change = { accountId, currency, available: 0n, held: 0n, openOrders: 0 };
        changes.set(key, change);
      }
      change.available += availableChange;
      change.held += heldChange;
      change.openOrders -= ordersDone;
    }
  return [...changes.values()];
}

export function insertPostings(settlements: readonly AssetPostings[]): Statement {
  const rows = settlements.flatMap(({ asset, postings }) =>
    postings
      .filter(({ availableChange, heldChange }) => availableChange !== 0n || heldChange !== 0n)
      .map((posting) => ({ asset, posting })),
  );
  return {
    name: "insert_postings",
    text: `insert into ledger_entries (source, kind, sequence, account_id, currency, available_change, held_change, at_us,
        day)
      select *, ${WRITING_DAY} from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
        $8::bigint[])`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ posting }) => posting.kind,
      ({ posting }) => posting.eventSequence,
      ({ posting }) => posting.accountId,
      ({ posting }) => posting.currency,
      ({ posting }) => posting.availableChange,
      ({ posting }) => posting.heldChange,
      ({ posting }) => posting.atUs,
    ),
  };
}
