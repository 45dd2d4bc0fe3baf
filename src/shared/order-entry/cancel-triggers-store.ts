import { type Column, columns } from "../database/columns.js";
import type { Queries } from "../database/database.js";
import type { AccountId } from "../domain/units.js";

export interface SessionTrigger {
  readonly triggerId: string;
  readonly accountId: AccountId;
}

/** After so long without a renewal, an order-handler's sessions count as ended (in fire_cancel_triggers, too). */
const LEASE_SECONDS = 5;
/** How long after its end a session can be replaced by a new one, before its orders are cancelled. */
const GRACE_SECONDS = 2;
/** How much longer than the grace a return may take if meanwhile no server could be reached. */
const LATE_SECONDS = 15;

/**
 * The tables cancel_triggers and order_handlers. order-processing fires triggers that are due, also when their
 * order-handler is gone. Renewals go over connections of their own, so that no other statement makes them wait.
 */
export class CancelTriggersStore {
  readonly #database: Queries;
  readonly #renewals: Queries;

  constructor(database: Queries, renewals: Queries = database) {
    this.#database = database;
    this.#renewals = renewals;
  }

  /** Sets or renews dead man's switches, one an account; 0 seconds turns one off. */
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

  /**
   * Stores opened sessions. They replace the triggers `left`, those of the same accounts' sessions that ended within the
   * grace (plus LATE_SECONDS if no server could be reached meanwhile), and what was stored of `refused`.
   */
  async openSessions(
    handler: string,
    opened: readonly SessionTrigger[],
    { left = [], refused = [] }: { readonly left?: readonly string[]; readonly refused?: readonly string[] } = {},
  ): Promise<void> {
    await this.#database.query(
      `with come_back as (
         delete from cancel_triggers c where account_id = any($3::bigint[]) and kind = 'session'
           and (trigger_id = any($4) or trigger_id = any($5) or not lives and (due_at > now()
             or due_at > now() - make_interval(secs => $6)
             and exists (select from trigger_watch where since > now() - make_interval(secs => $7)
                                                      or looked_at < now() - make_interval(secs => $8))))
         returning account_id, owes or trigger_id <> all($5) as owes
       ), here as (insert into order_handlers values ($1, now()) on conflict do nothing)
       ${insertSessions("exists (select from come_back b where b.account_id = t.account_id and b.owes)")}`,
      [handler, ...idsAndAccounts(opened), left, refused, LATE_SECONDS, LEASE_SECONDS, GRACE_SECONDS],
    );
  }

  /** Stores sessions again that may have been given up while this order-handler could not renew its lease. */
  async restoreSessions(handler: string, sessions: readonly SessionTrigger[]): Promise<void> {
    await this.#database.query(`${insertSessions("false")} on conflict do nothing`, [
      handler,
      ...idsAndAccounts(sessions),
    ]);
  }

  /** Renews this order-handler's lease, which covers all its sessions. */
  async renew(handler: string): Promise<void> {
    await this.#renewals.query(
      `insert into order_handlers values ($1, now()) on conflict (handler) do update set renewed_at = excluded.renewed_at`,
      [handler],
    );
  }

  async endSessions(ended: readonly { triggerId: string; endedAgoMs: number }[]): Promise<void> {
    const values = columns(
      ended,
      (session) => session.triggerId,
      (session) => session.endedAgoMs / 1000,
    );
    await this.#database.query(
      `update cancel_triggers c set lives = false, due_at = now() + make_interval(secs => $3 - t.ago)
       from unnest($1::text[], $2::float8[]) as t(id, ago) where c.trigger_id = t.id`,
      [...values, GRACE_SECONDS],
    );
  }

  /**
   * Deletes sessions whose login was refused in the end: their end must cancel nothing but what was left by the sessions that
   * they replaced. That goes now, or when the account's session ends that is there meanwhile.
   */
  async forgetSessions(triggerIds: readonly string[]): Promise<void> {
    await this.#database.query(
      `with gone as (
         delete from cancel_triggers where trigger_id = any($1) and lives returning account_id, handler, owes
       ), taken_on as (
         update cancel_triggers c set owes = true from gone g where g.owes and c.account_id = g.account_id
           and c.kind = 'session' and c.lives and c.trigger_id <> all($1) returning c.account_id
       )
       insert into cancel_triggers (trigger_id, account_id, kind, handler, due_at)
         select distinct on (account_id) 'session/' || gen_random_uuid(), account_id, 'session', handler,
           now() + make_interval(secs => $2)
         from gone where owes and account_id not in (select account_id from taken_on)`,
      [triggerIds, GRACE_SECONDS],
    );
  }

  /** Ends the sessions of order-handlers that ran at the same place (the part before `#`) before this one. */
  async endSessionsBefore(handler: string): Promise<void> {
    await this.#database.query(
      `with gone as (delete from order_handlers
         where split_part(handler, '#', 1) = split_part($1, '#', 1) and handler <> $1 returning handler)
       update cancel_triggers c set lives = false, due_at = now() + make_interval(secs => $2)
         from gone where c.handler = gone.handler and c.lives`,
      [handler, GRACE_SECONDS],
    );
  }
}

/** $1 is the handler, $2 are the sessions' ids, $3 their accounts. */
const insertSessions = (owes: string) =>
  `insert into cancel_triggers (trigger_id, account_id, kind, handler, due_at, lives, owes)
   select t.id, t.account_id, 'session', $1, now() + interval '${LEASE_SECONDS} seconds', true, ${owes}
   from unnest($2::text[], $3::bigint[]) as t(id, account_id)`;

function idsAndAccounts(sessions: readonly SessionTrigger[]): Column[] {
  return columns(
    sessions,
    (session) => session.triggerId,
    (session) => session.accountId,
  );
}
