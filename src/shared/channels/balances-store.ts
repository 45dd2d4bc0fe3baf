import type { Database } from "../database/database.js";
import { formatAmount } from "../domain/decimal.js";
import type { AccountId } from "../domain/units.js";
import type { AccountBalances, Balance, BalancesSource } from "./balances-channel.js";

/** Accounts with their sequences and balances at one moment. Amounts are text, because they may be above 2^53. */
const BALANCES = `
  select a.account_id as "accountId", coalesce(s.last_sequence, 0) as "accountSequence",
    coalesce((select json_agg(json_build_object('currency', b.currency, 'decimals', c.decimals,
        'available', b.available::text, 'held', b.held::text) order by b.currency)
      from balances b join currencies c using (currency) where b.account_id = a.account_id), '[]') as balances
  from unnest($1::bigint[]) a(account_id) left join account_sequences s on s.account_id = a.account_id`;

interface BalancesRow {
  readonly accountId: AccountId;
  readonly accountSequence: number;
  readonly balances: readonly BalanceRow[];
}

interface BalanceRow {
  readonly currency: string;
  readonly decimals: number;
  readonly available: string;
  readonly held: string;
}

/** Reads balances from Postgres for the channel `balances`. */
export class BalancesStore implements BalancesSource {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async balancesOf(accountIds: readonly AccountId[]): Promise<AccountBalances[]> {
    const rows = await this.#database.query<BalancesRow>(BALANCES, [accountIds]);
    return rows.map(({ balances, ...account }) => ({ ...account, balances: balances.map(balanceJson) }));
  }
}

function balanceJson({ currency, decimals, available, held }: BalanceRow): Balance {
  const unit = { scale: decimals, units: 1 };
  return { currency, available: formatAmount(BigInt(available), unit), held: formatAmount(BigInt(held), unit) };
}
