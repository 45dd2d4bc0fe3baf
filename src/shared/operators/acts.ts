/** Acts: statements that change something and write their own audit row, and what Postgres' errors about them mean to who asked. */
import type { Queries, Row } from "../database/database.js";
import { isPostgresError } from "../database/postgres-errors.js";
import type { AssetState } from "../domain/messages.js";
import type { Account } from "./accounts.js";
import { RefusedToOperator } from "./refused.js";

/** Who acts, by the name that the audit gets, and why. */
export interface By {
  readonly actor: string;
  readonly why: string;
}

export interface Act {
  /** One statement; its row says what came of it. */
  readonly text: string;
  readonly values: readonly unknown[];
  /** What an error of it means: RefusedToOperator where somebody asked for what can't be, else the error itself. */
  readonly explain: (error: unknown, database: Queries) => Promise<unknown> | unknown;
}

/** Carries it out. Rejects with RefusedToOperator where it can't be. */
export async function perform(database: Queries, act: Act): Promise<Row[]> {
  try {
    return await database.query(act.text, act.values);
  } catch (error) {
    throw await act.explain(error, database);
  }
}

const ACCOUNT_NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export function createAccount(name: string, { actor, why }: By): Act {
  if (!ACCOUNT_NAME.test(name)) {
    const text = `${name} can't be a name: 1 to 32 of a-z 0-9 _ -, a letter or digit first`;
    throw new RefusedToOperator(text, "it is wrong");
  }
  return {
    text: `with made as (insert into accounts (name) values ($1) returning account_id)
      select account_id as "accountId", record_action('create_account', account_id, null, null, null, null, $2, $3) as "actionId"
      from made`,
    values: [name, actor, why],
    explain: (error) =>
      isPostgresError(error, "uniqueViolation") ? new RefusedToOperator(`there is an account ${name} already`) : error,
  };
}

/** Null: every customer's account, but for those that have an operator's key. */
export function changeAccount(
  change: "suspend" | "resume" | "close",
  account: Pick<Account, "account" | "accountId"> | null,
  { actor, why }: By,
): Act {
  return {
    text: `select change_account($1, $2, $3, $4) as "actionId"`,
    values: [change, account?.accountId ?? null, actor, why],
    explain: (error) =>
      isPostgresError(error, "accountNotChanged")
        ? new RefusedToOperator(`${account?.account} is closed, and stays so`)
        : error,
  };
}

/** Null: all assets. */
export function setAssetState(asset: string | null, state: AssetState, { actor, why }: By): Act {
  return {
    text: `select set_asset_state($1, $2, $3, $4) as "actionId"`,
    values: [asset, state, actor, why],
    explain: (error, database) =>
      isPostgresError(error, "foreignKeyViolation") ? noSuchAsset(database, asset ?? "all") : error,
  };
}

export interface AssetWithState {
  readonly asset: string;
  readonly state: AssetState;
  readonly since: Date | null;
  readonly why: string | null;
}

/** Of one asset, or all. */
export function assetStatesOf(database: Queries, asset: string | null): Promise<AssetWithState[]> {
  return database.query<AssetWithState>(
    `select asset, coalesce(state, 'open') as state, since, why
     from assets left join asset_states using (asset) where $1::text is null or asset = $1 order by asset`,
    [asset],
  );
}

export async function noSuchAsset(database: Queries, asset: string): Promise<RefusedToOperator> {
  const rows = await database.query<{ asset: string }>("select asset from assets order by asset");
  const names = rows.map((row) => row.asset).join(", ");
  return new RefusedToOperator(`there is no asset ${asset}; there are ${names}, and all`, "there is none");
}
