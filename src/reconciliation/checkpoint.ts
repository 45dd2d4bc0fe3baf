/** The checkpoint of reconciliation (tables of sql/7): how far history is verified, and the sums of the ledger up to there. */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { closedEnd } from "./closed-days.js";
import type { AssetWindow } from "./window.js";

/** How far an asset's history goes, or is verified: its last command, event and trade. */
export interface HistoryPosition {
  readonly asset: string;
  readonly command: number;
  /** The last command that is settled. */
  readonly settledCommand: number;
  readonly event: number;
  readonly trade: number;
}

export interface Progress {
  /** The present ends of all known assets. */
  readonly now: readonly HistoryPosition[];
  /** By asset, how far its history is verified row by row; assets that never were are not there. */
  readonly verified: ReadonlyMap<string, HistoryPosition>;
  /** By asset, the last command and event whose postings are in the sums. */
  readonly summed: ReadonlyMap<string, Pick<HistoryPosition, "command" | "event">>;
  /** The last transfer that is in the sums. */
  readonly transferId: number;
  /** The last transfer there is. */
  readonly lastTransferId: number;
  readonly accounts: number;
  /** By asset, how far its history is closed; assets without a closed day are not there. */
  readonly closed: ReadonlyMap<string, HistoryPosition>;
}

const NOW = `select a.asset,
    greatest((select max(command_sequence) from order_log where asset = a.asset), p.command_sequence, 0) as command,
    coalesce(greatest(s.command_sequence, s.hold_command_sequence), 0) as "settledCommand",
    coalesce(s.sequence, 0) as event,
    greatest((select max(trade_id) from trades where asset = a.asset), ${closedEnd("a.asset", "trade_id")}) as trade
  from assets a
  left join consumer_positions p on p.asset = a.asset and p.service = 'order-processing'
  left join consumer_positions s on s.asset = a.asset and s.service = 'trade-processing'
  order by a.asset`;

const VERIFIED = `select asset, settled_command_sequence as command, settled_command_sequence as "settledCommand",
    checked_event_sequence as event, trade_id as trade, command_sequence as "summedCommand",
    event_sequence as "summedEvent" from reconciled_assets`;

export async function readProgress(snapshot: WorkingSnapshot): Promise<Progress> {
  const now = await snapshot.query<HistoryPosition>(NOW);
  const verified = await snapshot.query<HistoryPosition & { summedCommand: number; summedEvent: number }>(VERIFIED);
  const [transfers] = await snapshot.query<{ summed: number; last: number; accounts: number }>(
    `select coalesce((select transfer_id from reconciliation_progress), 0) as summed,
       coalesce((select max(transfer_id) from transfers), 0) as last,
       (select count(*) from account_sequences) as accounts`,
  );
  const closed = await snapshot.query<HistoryPosition>(
    `select asset, command_sequence as command, command_sequence as "settledCommand", event_sequence as event,
       trade_id as trade from closed_assets`,
  );
  return {
    now,
    closed: new Map(closed.map((position) => [position.asset, position])),
    verified: new Map(verified.map((position) => [position.asset, position])),
    summed: new Map(
      verified.map(({ asset, summedCommand, summedEvent }) => [asset, { command: summedCommand, event: summedEvent }]),
    ),
    transferId: transfers?.summed ?? 0,
    lastTransferId: transfers?.last ?? 0,
    accounts: transfers?.accounts ?? 0,
  };
}

/** The history that is not verified yet. Commands count as verified only up to the last settled one. */
export function backlogOf({ now, verified, closed }: Progress): AssetWindow[] {
  return now.flatMap(({ asset, command, event, trade }): AssetWindow[] => {
    const before = verified.get(asset) ?? closed.get(asset);
    const commands = { after: before?.command ?? 0, through: command };
    const events = { after: before?.event ?? 0, through: event };
    const trades = { after: before?.trade ?? 0, through: trade };
    const isNew = [commands, events, trades].some(({ after, through }) => through > after);
    return isNew ? [{ asset, commands, events, trades }] : [];
  });
}

/** Whether all that is there is verified and in the sums. */
export function isAtPresent({ now, verified, summed, transferId, lastTransferId }: Progress): boolean {
  return (
    transferId === lastTransferId &&
    now.every(({ asset, command, settledCommand, event, trade }) => {
      const [looked, sums] = [verified.get(asset), summed.get(asset)];
      return (
        looked?.settledCommand === settledCommand &&
        looked.event === event &&
        looked.trade === trade &&
        sums?.command === command &&
        sums.event === event
      );
    })
  );
}

/** Starts over, as if nothing had ever been verified. */
export async function forgetCheckpoint(snapshot: WorkingSnapshot): Promise<void> {
  await snapshot.query(`
    delete from reconciled_accounts; delete from reconciled_balances;
    update reconciliation_progress set transfer_id = 0`);
}

/**
 * Moves the checkpoint of the sums to the present, and gives new assets a checkpoint: at the present if nothing was ever
 * verified (the rotation comes to older history), else at the asset's first row.
 */
export async function moveSums(snapshot: WorkingSnapshot, { now, verified }: Progress): Promise<void> {
  const begins = verified.size === 0 ? {} : { settledCommand: 0, checkedEvent: 0, trade: 0 };
  const positions = now.map((position) => ({ ...position, checkedEvent: position.event, ...begins }));
  await snapshot.query(
    `insert into reconciled_assets
       (asset, command_sequence, settled_command_sequence, event_sequence, trade_id, checked_event_sequence)
     select * from jsonb_to_recordset($1::jsonb)
       as n(asset text, command int8, "settledCommand" int8, event int8, trade int8, "checkedEvent" int8)
     on conflict (asset) do update set command_sequence = excluded.command_sequence, event_sequence = excluded.event_sequence`,
    [JSON.stringify(positions)],
  );
  await snapshot.query(`
    insert into reconciled_accounts select account_id, through_sequence from new_sequences
      on conflict (account_id) do update set account_sequence = excluded.account_sequence;
    insert into reconciled_balances select account_id, currency, sum(available), sum(held) from new_postings
      group by account_id, currency
      on conflict (account_id, currency) do update set available = reconciled_balances.available + excluded.available,
        held = reconciled_balances.held + excluded.held;
    insert into reconciliation_progress (transfer_id) select transfer_id from settled_transfers
      on conflict (is_only) do update set transfer_id = excluded.transfer_id`);
}

/** Moves the checkpoint of history that was looked at, but not past settled commands: the others have no outcome yet. */
export async function moveVerified(snapshot: WorkingSnapshot, looked: readonly HistoryPosition[]): Promise<void> {
  await snapshot.query(
    `update reconciled_assets r set settled_command_sequence = least(l.command, l."settledCommand"),
       checked_event_sequence = l.event, trade_id = l.trade
     from jsonb_to_recordset($1::jsonb) as l(asset text, command int8, "settledCommand" int8, event int8, trade int8)
     where r.asset = l.asset`,
    [JSON.stringify(looked)],
  );
}

/** When the oldest command of the backlog was written; null: there is none. */
export async function oldestUnchecked(
  snapshot: WorkingSnapshot,
  backlog: readonly AssetWindow[],
): Promise<number | null> {
  const [row] = await snapshot.query<{ us: number | null }>(
    `select min(sequenced_at_us) as us from jsonb_to_recordset($1::jsonb) as b(asset text, command int8)
     cross join lateral (select l.sequenced_at_us from order_log l where l.asset = b.asset and l.command_sequence > b.command
       order by l.command_sequence limit 1) l`,
    [JSON.stringify(backlog.map(({ asset, commands }) => ({ asset, command: commands.after })))],
  );
  return row?.us == null ? null : row.us / 1000;
}
