import { columns } from "../shared/database/columns.js";
import type { Database } from "../shared/database/database.js";
import type { AccountId } from "../shared/domain/units.js";

export interface SessionTrigger {
  readonly triggerId: string;
  readonly accountId: AccountId;
}

/** Without news of an order-handler for so long, its sessions have ended. */
const LEASE_SECONDS = 5;
/** How long a session that has ended may come back. */
const GRACE_SECONDS = 2;

/** The table cancel_triggers: what order-processing fires when it is due, whatever becomes of the order-handler. */
export class CancelTriggersStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** At most one an account; 0 seconds: turned off. */
  async setTimers(handler: string, timers: readonly { accountId: AccountId; seconds: number }[]): Promise<void> {
    const armed = timers.filter(({ seconds }) => seconds > 0).sort((a, b) => a.accountId - b.accountId);
    const off = timers.filter(({ seconds }) => seconds === 0).map(({ accountId }) => `timer/${accountId}`);
    await this.#database.query(
      `with turned_off as (delete from cancel_triggers where trigger_id = any($4))
       insert into cancel_triggers (trigger_id, account_id, kind, handler, due_at)
         select 'timer/' || t.account_id, t.account_id, 'timer', $1, now() + make_interval(secs => t.seconds)
         from unnest($2::bigint[], $3::float8[]) as t(account_id, seconds)
       on conflict (trigger_id) do update set due_at = excluded.due_at, handler = excluded.handler`,
      [
        handler,
        ...columns(
          armed,
          (timer) => timer.accountId,
          (timer) => timer.seconds,
        ),
        off,
      ],
    );
  }

  /** It takes the place of the account's sessions that ended within the grace, and of `left`. */
  async openSession(handler: string, opened: SessionTrigger, left: readonly string[]): Promise<void> {
    await this.#database.query(
      `with come_back as (
         delete from cancel_triggers where account_id = $2 and kind = 'session' and (trigger_id = any($4)
           or due_at > now() and due_at <= now() + make_interval(secs => $6)))
       insert into cancel_triggers values ($1, $2, 'session', $3, now() + make_interval(secs => $5))`,
      [opened.triggerId, opened.accountId, handler, left, LEASE_SECONDS, GRACE_SECONDS],
    );
  }

  async renewSessions(handler: string, sessions: readonly SessionTrigger[]): Promise<void> {
    const values = columns(
      sessions,
      (session) => session.triggerId,
      (session) => session.accountId,
    );
    await this.#database.query(
      `insert into cancel_triggers (trigger_id, account_id, kind, handler, due_at)
         select t.id, t.account_id, 'session', $1, now() + make_interval(secs => $4)
         from unnest($2::text[], $3::bigint[]) as t(id, account_id) order by t.id
       on conflict (trigger_id) do update set due_at = excluded.due_at`,
      [handler, ...values, LEASE_SECONDS],
    );
  }

  async endSessions(ended: readonly { triggerId: string; endedAgoMs: number }[]): Promise<void> {
    const values = columns(
      ended,
      (session) => session.triggerId,
      (session) => session.endedAgoMs / 1000,
    );
    await this.#database.query(
      `update cancel_triggers c set due_at = least(c.due_at, now() + make_interval(secs => $3 - t.ago))
       from unnest($1::text[], $2::float8[]) as t(id, ago) where c.trigger_id = t.id`,
      [...values, GRACE_SECONDS],
    );
  }

  /** Those of an order-handler that ran here before and is gone. */
  async endSessionsOf(handler: string): Promise<void> {
    await this.#database.query(
      `update cancel_triggers set due_at = least(due_at, now() + make_interval(secs => $2))
       where handler = $1 and kind = 'session'`,
      [handler, GRACE_SECONDS],
    );
  }
}
