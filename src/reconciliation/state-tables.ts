/**
 * Temporary tables for the rules about the present state. They add new rows to verified sums, so that not all of history has
 * to be read.
 */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import type { Progress } from "./checkpoint.js";
import { CLOSING_SUMS, present } from "./closed-days.js";
import type { AccountWindow } from "./window.js";

/** No transfer's transaction takes as long: of transfers this old, all with lower ids are there, too, or never will be. */
const TRANSFERS_SETTLE_INTERVAL = "10 minutes";

/**
 * Makes `ledger_sums` of all postings, the tables that `moveSums` adds to the verified sums, and `postings_beyond` of
 * postings for commands and events that do not exist yet.
 */
export async function createSums(snapshot: WorkingSnapshot, progress: Progress): Promise<void> {
  const { now, summed, closed, transferId } = progress;
  await snapshot.query(`
    create temporary table new_postings (account_id int8, currency text, available numeric, held numeric);
    create temporary table late_postings (like new_postings);
    create temporary table postings_beyond (like ledger_entries);
    create temporary table settled_transfers as select coalesce(max(transfer_id), ${transferId}) as transfer_id
      from transfers where transfer_id > ${transferId} and made_at < now() - interval '${TRANSFERS_SETTLE_INTERVAL}';
    create temporary table new_sequences as
      select s.account_id, coalesce(r.account_sequence, 0) as after_sequence, s.last_sequence as through_sequence
      from account_sequences s left join reconciled_accounts r on r.account_id = s.account_id
      where s.last_sequence <> coalesce(r.account_sequence, 0)`);
  for (const { asset, command, event } of now) {
    const before = summed.get(asset) ?? closed.get(asset);
    const ranges = [
      ["hold", before?.command ?? 0, command],
      ["trade", before?.event ?? 0, event],
      ["release", before?.event ?? 0, event],
    ] as const;
    for (const [kind, after, through] of ranges) {
      if (through > after) await snapshot.query(POSTINGS, [asset, kind, after, through]);
      await snapshot.query(BEYOND, [asset, kind, through]);
    }
  }
  // Whoever adds up from the beginning begins with what closed days add up to.
  if (summed.size === 0) await snapshot.query(`insert into new_postings ${CLOSING_SUMS}`);
  for (const [table, comparison] of [["new_postings", "<="] as const, ["late_postings", ">"] as const])
    await snapshot.query(
      `insert into ${table} select account_id, currency, sum(available_change), sum(held_change) from ledger_entries
       where source = 'transfers' and kind in ('deposit', 'withdrawal') and sequence > $1
         and sequence ${comparison} (select transfer_id from settled_transfers) group by account_id, currency`,
      [transferId],
    );
  await snapshot.query(`create temporary table ledger_sums as
    select account_id, currency, sum(available) as available, sum(held) as held
    from (select account_id, currency, available, held from reconciled_balances
          union all select * from new_postings union all select * from late_postings) p
    group by account_id, currency; analyze ledger_sums`);
}

const BEYOND = `insert into postings_beyond select * from ledger_entries
  where source = $1 and kind = $2 and sequence > $3 order by sequence limit 100`;

const POSTINGS = `insert into new_postings
  select account_id, currency, sum(available_change), sum(held_change) from ledger_entries
  where source = $1 and kind = $2 and sequence > $3 and sequence <= $4 group by account_id, currency`;

/**
 * Adds up all postings of balances that differ, and puts the verified sums right if they are to blame. Returns how many
 * were wrong.
 */
export async function correctSums(
  snapshot: WorkingSnapshot,
  balances: readonly { readonly account_id: string; readonly currency: string }[],
): Promise<number> {
  const corrected = await snapshot.query(
    `with wrong as (
       select l.account_id, l.currency, sum(l.available_change) as available, sum(l.held_change) as held
       from jsonb_to_recordset($1::jsonb) as d(account_id int8, currency text)
       join (select account_id, currency, available_change, held_change from ${present("ledger_entries")} p
             union all select account_id, currency, available, held from closing_sums) l on l.account_id = d.account_id and l.currency = d.currency group by l.account_id, l.currency
     ), changes as (
       select w.account_id, w.currency, w.available - coalesce(s.available, 0) as available, w.held - coalesce(s.held, 0) as held
       from wrong w left join ledger_sums s on s.account_id = w.account_id and s.currency = w.currency
     ), kept as (
       insert into reconciled_balances select * from changes where available <> 0 or held <> 0
       on conflict (account_id, currency) do update set available = reconciled_balances.available + excluded.available,
         held = reconciled_balances.held + excluded.held
       returning account_id, currency
     ), added as (insert into ledger_sums select * from changes where available <> 0 or held <> 0)
     select * from kept`,
    [JSON.stringify(balances)],
  );
  await snapshot.query(`
    create temporary table corrected_sums as select account_id, currency, sum(available) as available, sum(held) as held
      from ledger_sums group by account_id, currency;
    truncate ledger_sums; insert into ledger_sums select * from corrected_sums; drop table corrected_sums`);
  return corrected.length;
}

/** Makes `account_windows`: the new reports of each account (if `withNew`), and the windows `others`. */
export async function createAccountWindows(
  snapshot: WorkingSnapshot,
  { withNew, others }: { readonly withNew: boolean; readonly others: readonly AccountWindow[] },
): Promise<void> {
  await snapshot.query(
    `create temporary table account_windows as select account_id, after_sequence, through_sequence from new_sequences
     where ${withNew}`,
  );
  await snapshot.query(
    `insert into account_windows select * from unnest($1::int8[], $2::int8[], $3::int8[]) as w(account_id, a, t)
     except select * from account_windows`,
    [
      others.map(({ accountId }) => accountId),
      others.map(({ sequences }) => sequences.after),
      others.map(({ sequences }) => sequences.through),
    ],
  );
  await snapshot.query("analyze account_windows");
}

/** Makes a temporary `order_log` of the unsettled commands, and of the new orders that unsettled replaces are about. */
export async function createUnsettled(snapshot: WorkingSnapshot, { now }: Progress): Promise<void> {
  await snapshot.query("create temporary table order_log (like public.order_log)");
  for (const { asset, command, settledCommand } of now)
    if (command > settledCommand)
      await snapshot.query(
        "insert into order_log select * from public.order_log where asset = $1 and command_sequence > $2",
        [asset, settledCommand],
      );
  await snapshot.query(`analyze order_log;
    insert into order_log select distinct p.* from order_log r
    join public.order_log p on p.asset = r.asset and p.log_id = r.order_id
    where r.kind = 'replace' and not exists
      (select from order_log o where o.asset = p.asset and o.command_sequence = p.command_sequence);
    analyze order_log`);
}

export async function dropState(snapshot: WorkingSnapshot): Promise<void> {
  await snapshot.query("close all; drop table pg_temp.order_log, pg_temp.account_windows");
}
