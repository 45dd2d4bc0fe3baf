/** Refuses orders of suspended accounts, and in assets that operators have stopped. Pure. */
import type { Access } from "../access/access-feed.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { AccountId } from "../domain/units.js";

const SUSPENDED = refuse(
  "ACCOUNT_SUSPENDED",
  "the account is suspended: it may cancel, nothing else; ask the operator",
);

/** The refusal of a new order or a replace by operators' actions; null: none. */
export function orderProblem(access: Access, accountId: AccountId, asset: string): Refusal | null {
  if (access.isSuspended(accountId)) return SUSPENDED;
  const state = access.stateOf(asset);
  if (state === "halted") return refuse("ASSET_HALTED", `${asset} is halted: no orders are taken, CANCELALL is`);
  if (state === "cancel_only") return refuse("ASSET_HALTED", `${asset} takes cancels only at the moment`);
  return null;
}
