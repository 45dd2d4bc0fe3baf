/**
 * Operators and timers have a say in what the engines are told. Their actions are followed in order, each asset from
 * where its order log has followed them to, so that each becomes its commands exactly once, whatever happens in between.
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
  /** It is about all that the order log holds by now, processed or not. */
  readonly coversLog: boolean;
}

/** Actions that wait for an asset; at it, newer ones wait, too. */
const ACTIONS_HELD_MAX = 100_000;

export class ActionsFollower {
  readonly #store: ActionsStore;
  readonly #followed = new Map<string, ActionId>();
  /** What the slowest asset has not followed yet, and so everything that another has not. */
  #actions: Action[] = [];
  #suspended: ReadonlySet<AccountId> = new Set();

  constructor(store: ActionsStore) {
    this.#store = store;
  }

  async recover(asset: string): Promise<void> {
    this.#actions = []; // the asset may be further behind than what is held
    this.#followed.set(asset, await this.#store.followedThrough(asset));
    this.#suspended = await this.#store.suspendedAccounts();
  }

  isSuspended(accountId: AccountId): boolean {
    return this.#suspended.has(accountId);
  }

  /** What the assets are to be told by now. It is asked again until `written` says that it was written. */
  async commands(assets: readonly string[]): Promise<Map<string, ActionCommand[]>> {
    const commands = new Map<string, ActionCommand[]>();
    if (assets.length === 0) return commands;
    await this.#store.fireTriggers();
    await this.#readOn(actionId(Math.min(...assets.map((asset) => this.#through(asset)))));
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

  /** To the end, however far behind one asset waits: what is newest may be a halt of another. */
  async #readOn(slowest: ActionId): Promise<void> {
    this.#actions = this.#actions.filter((action) => action.actionId > slowest);
    while (this.#actions.length < ACTIONS_HELD_MAX) {
      const page = await this.#store.actionsAfter(this.#actions.at(-1)?.actionId ?? slowest);
      if (page.length === 0) return;
      // From now on their orders are refused; those before are in the log, ahead of the cancel that follows.
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
 * The commands of an action in an asset, none where it has nothing to say there. `owners` are the accounts that may have
 * orders; they matter where an action is about all accounts.
 */
export function commandsOf(action: Action, asset: string, owners: readonly AccountId[]): ActionCommand[] {
  const { actionId, kind, accountId, assetState } = action;
  // A suspended account's orders that come to be processed after the cancel are refused; nobody else's are.
  const coversLog = kind === "cancel_all";
  const told = (owner: AccountId | 0, body: CommandBody): ActionCommand => ({
    actionId,
    accountId: owner,
    body,
    coversLog,
  });
  const cancelAll = (owner: AccountId) => told(owner, { kind: "cancel_all", side: null });
  if (kind === "set_asset_state" && assetState !== null && (action.asset ?? asset) === asset)
    return [told(0, { kind: "set_asset_state", state: assetState })];
  if (isAboutAllAccounts(action)) {
    // Something must be written, or it would be followed once more after a restart, when it may be over.
    return owners.length > 0 ? owners.map(cancelAll) : [told(0, { kind: "advance_clock" })];
  }
  const cancels = kind === "suspend" || kind === "close" || kind === "cancel_all";
  return cancels && accountId !== null ? [cancelAll(accountId)] : [];
}

function isAboutAllAccounts({ kind, accountId }: Action): boolean {
  return kind === "suspend" && accountId === null;
}
