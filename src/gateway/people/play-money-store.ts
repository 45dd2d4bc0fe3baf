/** The faucet, and transfers that accounts book for themselves. What may be had, and when, Postgres says (sql/24_people.sql). */
import type { Queries } from "../../shared/database/database.js";
import { isPostgresError } from "../../shared/database/postgres-errors.js";
import { type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { AccountId, EpochMs } from "../../shared/domain/units.js";

/** Of one currency: what a claim gave, "0" where it was too early, and when there is more. */
export interface Claim {
  readonly currency: string;
  readonly amount: string;
  readonly isGiven: boolean;
  readonly nextAtMs: EpochMs;
}

/** What the faucet has for an account. */
export interface FaucetTerms {
  readonly currency: string;
  readonly amount: string;
  readonly cooldownS: number;
  /** Null: it has claimed nothing yet. */
  readonly lastAtMs: EpochMs | null;
  /** Null: there is something now. */
  readonly nextAtMs: EpochMs | null;
}

export interface SimulatedTransfer {
  readonly kind: "deposit" | "withdrawal";
  readonly accountId: AccountId;
  readonly currency: string;
  readonly units: number;
  /** The same one again is the same transfer. */
  readonly reference: string;
}

const NONE = refuse("UNSUPPORTED_COMBINATION", "there is no play money of this kind here, or none for this account");
const TOO_MUCH = refuse("INVALID_QUANTITY", "nobody may have that much of a currency");
const UNCOVERED = refuse("INVALID_QUANTITY", "the account has less than that available");
const OTHER = refuse("UNSUPPORTED_COMBINATION", "the reference was used for another transfer");

export class PlayMoneyStore {
  readonly #database: Queries;

  constructor(database: Queries) {
    this.#database = database;
  }

  /** Claims of one currency, or (null) of each that there is; empty: there is no faucet. */
  async claim(accountId: AccountId, currency: string | null): Promise<readonly Claim[] | Refusal> {
    return await this.#booked<Claim>(
      `select claimed_currency as currency, ${amount("given_units")} as amount, given_units > 0 as "isGiven",
         ${ms("next_at")} as "nextAtMs"
       from claim_faucet($1, $2) f join currencies c on c.currency = f.claimed_currency order by claimed_currency`,
      [accountId, currency],
    );
  }

  async terms(accountId: AccountId): Promise<FaucetTerms[]> {
    return await this.#database.query<FaucetTerms & Record<string, unknown>>(
      `select m.currency, ${amount("m.faucet_units")} as amount, extract(epoch from m.cooldown)::float8 as "cooldownS",
         ${ms("last.at")} as "lastAtMs", case when last.at + m.cooldown > now() then ${ms("last.at + m.cooldown")} end as "nextAtMs"
       from play_money m join currencies c using (currency), lateral
         (select max(claimed_at) as at from faucet_claims f where f.account_id = $1 and f.currency = m.currency) last
       order by m.currency`,
      [accountId],
    );
  }

  /** The transfer's number. */
  async transfer({ kind, accountId, currency, units, reference }: SimulatedTransfer): Promise<number | Refusal> {
    const booked = await this.#booked<{ id: number }>("select simulate_transfer($1, $2, $3, $4, $5) as id", [
      kind,
      accountId,
      currency,
      units,
      reference,
    ]);
    return "text" in booked ? booked : (booked[0]?.id ?? 0);
  }

  async #booked<R>(sql: string, values: readonly unknown[]): Promise<R[] | Refusal> {
    try {
      return await this.#database.query<R>(sql, values);
    } catch (error) {
      if (isPostgresError(error, "noPlayMoney")) return NONE;
      if (isPostgresError(error, "tooMuchPlayMoney")) return TOO_MUCH;
      if (isPostgresError(error, "withdrawalUncovered")) return UNCOVERED;
      if (isPostgresError(error, "referenceTaken")) return OTHER;
      throw error;
    }
  }
}

/** SQL for an amount of the currency `c`. */
function amount(units: string): string {
  return `trim_scale(${units} * 10::numeric ^ (-c.decimals))::text`;
}

function ms(time: string): string {
  return `floor(extract(epoch from ${time}) * 1000)::bigint`;
}
