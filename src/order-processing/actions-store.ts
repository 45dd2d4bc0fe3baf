/** Reads actions, suspensions and due triggers from Postgres, for the follower of actions. */
import { type Action, actionsAfter, suspendedAccounts } from "../shared/access/actions.js";
import type { Database } from "../shared/database/database.js";
import { isOpenDay } from "../shared/database/history-days.js";
import type { News } from "../shared/database/news.js";
import { type AccountId, type ActionId, actionId } from "../shared/domain/units.js";

/** Triggers that one call turns into actions at most. */
const TRIGGERS_MAX = 100;
const ACTIONS_MAX = 1_000;

export class ActionsStore {
  readonly #database: Database;
  /** Of actions, also those that others made. */
  readonly news: News;

  constructor(database: Database) {
    this.#database = database;
    this.news = database.news();
  }

  /** The last action whose commands are stored for the asset; 0: none. */
  async followedThrough(asset: string): Promise<ActionId> {
    const [row] = await this.#database.query<{ last: number | null }>(
      `select greatest((select max(action_id) from order_log where asset = $1 and action_id is not null),
         (select action_id from closed_assets where asset = $1),
         (select action_id from created_assets where asset = $1)) as last`,
      [asset],
    );
    return actionId(row?.last ?? 0);
  }

  actionsAfter(after: ActionId): Promise<Action[]> {
    return actionsAfter(this.#database, after, ACTIONS_MAX);
  }

  suspendedAccounts(): Promise<ReadonlySet<AccountId>> {
    return suspendedAccounts(this.#database);
  }

  /**
   * Turns due triggers (timers that ran out, sessions that ended) and trading hours that begin or end into actions, each once
   * however many processes call this. True: there are such actions now. After a time without a call, Postgres first gives owners of triggers time to renew them.
   */
  async fireTriggers(): Promise<boolean> {
    const [row] = await this.#database.query<{ made: number }>(
      "select fire_cancel_triggers($1) + follow_trading_hours() as made",
      [TRIGGERS_MAX],
    );
    return row?.made !== 0;
  }

  /** The accounts that may have an order in the asset's book, or on its way into it. */
  async accountsWithOrders(asset: string): Promise<AccountId[]> {
    const rows = await this.#database.query<{ id: AccountId }>(
      `select account_id as id from orders where asset = $1 and ${isOpenDay("orders")}
       union select account_id from order_log where asset = $1 and kind = 'new' and command_sequence > coalesce(
         (select command_sequence from consumer_positions where service = 'trade-processing' and asset = $1), 0)
       order by id`,
      [asset],
    );
    return rows.map(({ id }) => id);
  }
}
