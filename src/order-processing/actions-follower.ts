/**
 * Actions of operators and timers become commands of the assets that they concern, exactly once, whatever happens in
 * between: each asset follows them in order, from the last action that its stored commands name.
 */
import { type Action, concernsSuspensions } from "../shared/access/actions.js";
import type { CommandBody } from "../shared/domain/messages.js";
import { type AccountId, type ActionId, actionId } from "../shared/domain/units.js";
import type { ActionsStore } from "./actions-store.js";

/** What an asset's engine is told because of an action, in the name of an account or of nobody (0). */
export interface ActionCommand {
  readonly actionId: ActionId;
  readonly accountId: AccountId | 0;
  readonly body: CommandBody;
  /** The command concerns every request that the order log holds by now, also those that are not processed yet. */
  readonly coversLog: boolean;
}

/** Limit of the actions held in memory until the slowest asset has followed them; at it, newer ones are not read. */
const ACTIONS_HELD_MAX = 100_000;

export class ActionsFollower {
  readonly #store: ActionsStore;
  readonly #followed = new Map<string, ActionId>();
  /** All actions after the last one that the slowest asset has followed. */
  #actions: Action[] = [];
  /** False: there may be more actions than those, of which there is no further news. */
  #hasReadAll = false;
  #suspended: ReadonlySet<AccountId> = new Set();

  constructor(store: ActionsStore) {
    this.#store = store;
  }

  async recover(asset: string): Promise<void> {
    this.#actions = []; // read again: the asset may be further behind than the first one held
    this.#hasReadAll = false;
    this.#followed.set(asset, await this.#store.followedThrough(asset));
    this.#suspended = await this.#store.suspendedAccounts();
  }

  isSuspended(accountId: AccountId): boolean {
    return this.#suspended.has(accountId);
  }

  /** The commands that are due for each asset. They are returned again and again until `written` is called with them. */
  async commands(assets: readonly string[]): Promise<Map<string, ActionCommand[]>> {
    const commands = new Map<string, ActionCommand[]>();
    if (assets.length === 0) return commands;
    const slowest = actionId(Math.min(...assets.map((asset) => this.#through(asset))));
    const { news: newActions } = this.#store;
    if ((await this.#store.fireTriggers()) || !this.#hasReadAll || newActions.isDue())
      await newActions.ask(() => this.#readOn(slowest));
    for (const asset of assets) {
      const news = this.#actions.filter((action) => action.actionId > this.#through(asset));
      const owners = news.some(isAboutAllAccounts) ? await this.#store.accountsWithOrders(asset) : [];
      const told = news.flatMap((action) => commandsOf(action, asset, owners));
      if (told.length > 0) commands.set(asset, told);
      else this.#follow(asset, news.at(-1)?.actionId);
    }
    return commands;
  }

  written(asset: string, commands: readonly ActionCommand[]): void {
    this.#follow(asset, commands.at(-1)?.actionId);
  }

  /** Reads all actions there are, however far behind the slowest asset is: the newest may halt another asset. */
  async #readOn(slowest: ActionId): Promise<void> {
    this.#actions = this.#actions.filter((action) => action.actionId > slowest);
    this.#hasReadAll = false;
    while (this.#actions.length < ACTIONS_HELD_MAX) {
      const page = await this.#store.actionsAfter(this.#actions.at(-1)?.actionId ?? slowest);
      if (page.length === 0) {
        this.#hasReadAll = true;
        return;
      }
      // From here on orders of suspended accounts are refused; earlier ones come before the cancel-all that follows.
      if (page.some(concernsSuspensions)) this.#suspended = await this.#store.suspendedAccounts();
      this.#actions.push(...page);
    }
  }

  #follow(asset: string, through: ActionId | undefined): void {
    if (through !== undefined) this.#followed.set(asset, through);
  }

  #through(asset: string): ActionId {
    return this.#followed.get(asset) ?? actionId(0);
  }
}

/**
 * The commands that an action becomes in an asset; none if it does not concern the asset. `owners`, the accounts that may
 * have orders there, are looked at only when the action is about all of them.
 */
export function commandsOf(action: Action, asset: string, owners: readonly AccountId[]): ActionCommand[] {
  const { actionId, kind, accountId, assetState } = action;
  // Only "cancel_all" of an account has to wait for older requests: after a suspension they are refused when their turn comes, and
  // where everybody's orders are cancelled, the asset takes no more of them before.
  const coversLog = kind === "cancel_all" && accountId !== null;
  const told = (owner: AccountId | 0, body: CommandBody): ActionCommand => ({
    actionId,
    accountId: owner,
    body,
    coversLog,
  });
  const cancelAll = (owner: AccountId) => told(owner, { kind: "cancel_all", side: null });
  if ((action.asset ?? asset) !== asset) return [];
  if (kind === "set_asset_state" && assetState !== null)
    return [told(0, { kind: "set_asset_state", state: assetState })];
  if (isAboutAllAccounts(action)) {
    // One command at least names the action: else it would be followed again after a restart, and may be over by then.
    return owners.length > 0 ? owners.map(cancelAll) : [told(0, { kind: "advance_clock" })];
  }
  const cancels = kind === "suspend" || kind === "close" || kind === "cancel_all";
  return cancels && accountId !== null ? [cancelAll(accountId)] : [];
}

function isAboutAllAccounts({ kind, accountId }: Action): boolean {
  return (kind === "suspend" || kind === "cancel_all") && accountId === null;
}
