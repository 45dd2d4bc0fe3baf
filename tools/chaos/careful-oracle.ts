/** Orders of clients who left are gone, and none of a client who was there was taken from him. */
import { EARLIER_SESSIONS_MS } from "./careful-clients.js";
import type { Difference } from "./difference.js";
import type { World } from "./world.js";

const OPEN = `select o.asset, o.order_id as "orderId", a.name from orders o join accounts a using (account_id)
  where o.account_id = any($1) and o.status in ('open', 'partially_filled', 'pending_trigger') limit 10`;
const CANCELS = `select action_id as "actionId", account_id as "accountId", why,
    (extract(epoch from made_at) * 1000)::float8 as "madeAtMs"
  from actions where kind = 'cancel_all' and action_id > $1 order by action_id`;
const WAITING = "select count(*)::integer as count from cancel_triggers where account_id = any($1)";
const NOT_FOLLOWED = `select a.asset from assets a where coalesce((select max(action_id) from actions where kind = 'cancel_all'), 0)
  > coalesce((select max(action_id) from order_log where asset = a.asset and action_id is not null), 0) limit 1`;

interface Cancel {
  readonly actionId: number;
  readonly accountId: number;
  readonly why: string;
  readonly madeAtMs: number;
}

export class CarefulOracle {
  readonly #world: World;
  #throughAction = 0;
  /** When each account's orders were cancelled the last time. */
  readonly #cancelledMs = new Map<number, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Why not all who left have had their orders cancelled yet; null: they have. */
  async waitsFor(): Promise<string | null> {
    const { database } = this.#world;
    const [waiting] = await database.query<{ count: number }>(WAITING, [this.#accountIds()]);
    if ((waiting?.count ?? 0) > 0) return `${waiting?.count} clients have left, and may still come back`;
    const [behind] = await database.query<{ asset: string }>(NOT_FOLLOWED);
    return behind === undefined ? null : `${behind.asset} does not follow the actions yet`;
  }

  /** Once nobody is waited for. */
  async *differences(): AsyncGenerator<Difference> {
    const { database, load } = this.#world;
    for (const { asset, orderId, name } of await database.query(OPEN, [this.#accountIds()]))
      yield { kind: "differing", text: `${asset} order ${orderId} of ${name} is open, and ${name} has left` };
    for (const cancel of await database.query<Cancel>(CANCELS, [this.#throughAction])) {
      this.#throughAction = cancel.actionId;
      const { accountId, madeAtMs, why } = cancel;
      const paidMs = this.#cancelledMs.get(accountId) ?? 0;
      this.#cancelledMs.set(accountId, madeAtMs);
      const client = load.careful.find((careful) => careful.accountId === accountId);
      const safe = client?.safeTimes.find(({ fromMs, untilMs }) => fromMs <= madeAtMs && madeAtMs < untilMs);
      // What was cancelled sooner after he left may have been for an absence before that.
      const isOwed = safe !== undefined && safe.owedSinceMs !== null && paidMs < safe.owedSinceMs + EARLIER_SESSIONS_MS;
      if (safe === undefined || isOwed) continue;
      const at = new Date(madeAtMs).toISOString();
      yield { kind: "differing", text: `account ${accountId} was there at ${at}, and cancelled: ${why}` };
    }
  }

  #accountIds(): number[] {
    return this.#world.load.careful.map(({ accountId }) => accountId);
  }
}
