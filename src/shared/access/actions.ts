/** What operators and timers decide, read in the order in which it was decided: the tables of sql/5_access.sql. */
import type { Database } from "../database/database.js";
import type { AssetState } from "../domain/messages.js";
import { type AccountId, type ActionId, actionId } from "../domain/units.js";

/** `accountId` and `asset` null where it is about none of them, or about all. */
export interface Action {
  readonly actionId: ActionId;
  readonly kind:
    | "create_account"
    | "suspend"
    | "resume"
    | "close"
    | "create_key"
    | "revoke_key"
    | "deposit"
    | "withdrawal"
    | "set_asset_state"
    | "cancel_all";
  readonly accountId: AccountId | null;
  readonly asset: string | null;
  /** With set_asset_state. */
  readonly assetState: AssetState | null;
  /** With create_key and revoke_key. */
  readonly keyId: string | null;
}

export async function lastAction(database: Database): Promise<ActionId> {
  const [row] = await database.query<{ last: number | null }>("select max(action_id) as last from actions");
  return actionId(row?.last ?? 0);
}

/** In order, without a hole: who was given one has been given all before it. */
export async function actionsAfter(database: Database, after: ActionId, max: number): Promise<Action[]> {
  return await database.query<Action & Record<string, unknown>>(
    `select action_id as "actionId", kind, account_id as "accountId", asset, asset_state as "assetState",
       key_id as "keyId" from actions where action_id > $1 order by action_id limit $2`,
    [after, max],
  );
}

/** Whether the suspended accounts may be others after it. */
export function concernsSuspensions({ kind }: Action): boolean {
  return kind === "suspend" || kind === "resume" || kind === "close";
}

/** Closed ones, too. */
export async function suspendedAccounts(database: Database): Promise<ReadonlySet<AccountId>> {
  const rows = await database.query<{ id: AccountId }>("select account_id as id from accounts where suspended");
  return new Set(rows.map(({ id }) => id));
}

/** Of the assets that were ever told one; all others are open. */
export async function assetStates(database: Database): Promise<ReadonlyMap<string, AssetState>> {
  const rows = await database.query<{ asset: string; state: AssetState }>("select asset, state from asset_states");
  return new Map(rows.map(({ asset, state }) => [asset, state]));
}
