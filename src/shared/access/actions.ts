/** Reads the actions of operators and timers, in the order of their decision (tables of sql/5_access.sql). */
import type { Database } from "../database/database.js";
import type { AssetState } from "../domain/messages.js";
import { type AccountId, type ActionId, actionId } from "../domain/units.js";

/** An action. `accountId` and `asset` are null if it concerns none, or all of them. */
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
    | "cancel_all"
    | "end_session"
    | "request_transfer"
    | "reject_transfer"
    | "kill_switch"
    | "wind_down"
    | "stop_services"
    | "start_bots"
    | "stop_bots";
  readonly accountId: AccountId | null;
  readonly asset: string | null;
  /** Only of set_asset_state. */
  readonly assetState: AssetState | null;
  /** Only of create_key and revoke_key. */
  readonly keyId: string | null;
  /** Only of end_session. */
  readonly sessionId: string | null;
}

export async function lastAction(database: Database): Promise<ActionId> {
  const [row] = await database.query<{ last: number | null }>("select max(action_id) as last from actions");
  return actionId(row?.last ?? 0);
}

/** The actions after the given one, in order and without a hole: an action never appears before an earlier one. */
export async function actionsAfter(database: Database, after: ActionId, max: number): Promise<Action[]> {
  return await database.query<Action & Record<string, unknown>>(
    `select action_id as "actionId", kind, account_id as "accountId", asset, asset_state as "assetState",
       key_id as "keyId", session_id as "sessionId" from actions where action_id > $1 order by action_id limit $2`,
    [after, max],
  );
}

/** Whether the action may change which accounts are suspended. */
export function concernsSuspensions({ kind }: Action): boolean {
  return kind === "suspend" || kind === "resume" || kind === "close";
}

/** The suspended accounts; closed ones are among them. */
export async function suspendedAccounts(database: Database): Promise<ReadonlySet<AccountId>> {
  const rows = await database.query<{ id: AccountId }>("select account_id as id from accounts where suspended");
  return new Set(rows.map(({ id }) => id));
}

/** The states of assets that an action has changed; all others are open. */
export async function assetStates(database: Database): Promise<ReadonlyMap<string, AssetState>> {
  const rows = await database.query<{ asset: string; state: AssetState }>("select asset, state from asset_states");
  return new Map(rows.map(({ asset, state }) => [asset, state]));
}

/** The sign-ins that were ended so lately that their access tokens may still be about. */
export async function endedSessions(database: Database, withinMs: number): Promise<string[]> {
  const rows = await database.query<{ session: string }>(
    `select session_id as session from actions
     where session_id is not null and made_at > now() - $1::float8 * interval '1 ms' order by action_id`,
    [withinMs],
  );
  return rows.map(({ session }) => session);
}
