/** Money to play with (play_money of sql/24_people.sql): what is not there nobody can be given, whatever a service asks for. */
import type { Queries } from "../shared/database/database.js";

export interface PlayMoney {
  /** Whether the faucet gives anything. */
  readonly faucet: boolean;
  /** Whether accounts may credit and debit themselves. */
  readonly simulated: boolean;
}

/** What the faucet gives of a crypto currency at once; of other currencies ten thousand times as much. */
const COINS = 1;
const COOLDOWN = "24 hours";

/** Amounts that somebody has set stay as they are, as long as there is a faucet. */
export async function setPlayMoney(database: Queries, { faucet, simulated }: PlayMoney): Promise<void> {
  if (!faucet) return void (await database.query("delete from play_money"));
  await database.query(
    `insert into play_money (currency, faucet_units, cooldown, is_simulated)
     select currency, $1::bigint * case kind when 'crypto' then 1 else 10000 end * (10 ^ decimals)::bigint, $2::interval, $3
     from currencies
     on conflict (currency) do update set is_simulated = excluded.is_simulated`,
    [COINS, COOLDOWN, simulated],
  );
}
