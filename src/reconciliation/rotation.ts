/** The rotation: verified history is looked at again, part by part and lap after lap, since rows may be changed later. */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { HistoryPosition, Progress } from "./checkpoint.js";
import { closedSequence } from "./closed-days.js";
import type { AccountWindow, AssetWindow, Window } from "./window.js";

/** Where the next part of the rotation begins. */
export interface RotationCursor {
  /** Null: the first asset. */
  readonly asset: string | null;
  readonly command: number;
  readonly event: number;
  readonly trade: number;
  readonly accountId: number;
  readonly accountSequence: number;
  readonly transferId: number;
  /** When this lap began, with the first asset. */
  readonly lapStartedAtMs: number;
}

export interface Slice {
  readonly window: Window;
  readonly accounts: readonly AccountWindow[];
  readonly next: RotationCursor;
  /** This slice is the last part of the last asset; the next one begins a new lap. */
  readonly endsLap: boolean;
}

/** The most rows of each kind in one slice. */
export interface SliceSize {
  readonly commands: number;
  readonly events: number;
  readonly reports: number;
  readonly transfers: number;
}

/** A slice of this size takes about a second of one core, and 30 MB of temporary tables. */
export const SLICE_SIZE: SliceSize = { commands: 10_000, events: 20_000, reports: 40_000, transfers: 5_000 };

const START = { asset: null, command: 0, event: 0, trade: 0, accountId: 0, accountSequence: 0, transferId: 0 };

export async function readCursor(snapshot: WorkingSnapshot): Promise<RotationCursor> {
  const [row] = await snapshot.query<{ rotation: RotationCursor | null }>(
    "select rotation from reconciliation_progress",
  );
  return row?.rotation ?? { ...START, lapStartedAtMs: nowEpochMs() };
}

export async function writeCursor(snapshot: WorkingSnapshot, cursor: RotationCursor): Promise<void> {
  await snapshot.query("update reconciliation_progress set rotation = $1", [JSON.stringify(cursor)]);
}

/** The next part of verified history; null: nothing is verified yet. */
export async function nextSlice(
  snapshot: WorkingSnapshot,
  { verified, closed }: Pick<Progress, "verified" | "closed">,
  cursor: RotationCursor,
  size: SliceSize,
): Promise<Slice | null> {
  const assets = [...verified.keys()].sort();
  const asset = cursor.asset !== null && verified.has(cursor.asset) ? cursor.asset : assets[0];
  const position = verified.get(asset ?? "");
  if (asset === undefined || position === undefined) return null;
  const from = laterOf(asset === cursor.asset ? cursor : START, closed.get(asset) ?? START);
  const part = await partOf(snapshot, windowBetween(from, position), size);
  const [accounts, nextReport] = await accountSlice(snapshot, cursor, size.reports);
  const transferId = await transferAfter(snapshot, cursor.transferId, size.transfers);
  const { commands, events, trades } = part;
  const isDone = commands.through >= position.settledCommand && events.through >= position.event;
  const following = isDone ? (assets[assets.indexOf(asset) + 1] ?? null) : asset;
  const endsLap = following === null;
  return {
    window: {
      assets: [part],
      transfers: { after: cursor.transferId, through: transferId ?? cursor.transferId },
    },
    accounts,
    endsLap,
    next: {
      ...(isDone
        ? { ...START, asset: following }
        : { asset, command: commands.through, event: events.through, trade: trades.through }),
      ...nextReport,
      transferId: transferId ?? 0,
      lapStartedAtMs: endsLap ? nowEpochMs() : cursor.lapStartedAtMs,
    },
  };
}

type Place = Pick<HistoryPosition, "command" | "event" | "trade">;

/** History begins where closed days end. */
function laterOf(one: Place, other: Place): Place {
  return {
    command: Math.max(one.command, other.command),
    event: Math.max(one.event, other.event),
    trade: Math.max(one.trade, other.trade),
  };
}

function windowBetween(from: Place, to: HistoryPosition): AssetWindow {
  return {
    asset: to.asset,
    commands: { after: from.command, through: Math.max(from.command, to.settledCommand) },
    events: { after: from.event, through: Math.max(from.event, to.event) },
    trades: { after: from.trade, through: to.trade },
  };
}

/** The first part of a window. Its trades are those of its events; the last part has all trades left, whatever their event. */
export async function partOf(
  snapshot: WorkingSnapshot,
  { asset, commands, events, trades }: AssetWindow,
  size: SliceSize,
): Promise<AssetWindow> {
  const event = Math.min(events.after + size.events, events.through);
  const [last] = await snapshot.query<{ trade: number | null }>(
    `select max(trade_id) as trade from
       (select trade_id, event_sequence from trades where asset = $1 and trade_id > $2 order by trade_id limit $3) t
     where event_sequence <= $4`,
    [asset, trades.after, size.events, event],
  );
  return {
    asset,
    commands: { after: commands.after, through: Math.min(commands.after + size.commands, commands.through) },
    events: { after: events.after, through: event },
    trades: { after: trades.after, through: event === events.through ? trades.through : (last?.trade ?? trades.after) },
  };
}

async function accountSlice(
  snapshot: WorkingSnapshot,
  { accountId, accountSequence }: RotationCursor,
  reports: number,
): Promise<[AccountWindow[], Pick<RotationCursor, "accountId" | "accountSequence">]> {
  const rows = await snapshot.query<{ account: number; closed: number; through: number }>(
    `select account_id as account, closed, max(account_sequence) as through from
       (select account_id, account_sequence, closed from execution_reports r
        cross join lateral (select ${closedSequence("r.account_id")} as closed) c
        where (account_id, account_sequence) > ($1, $2) and account_sequence > closed
        order by account_id, account_sequence limit $3) r
     group by account_id, closed order by account_id`,
    [accountId, accountSequence, reports],
  );
  const windows = rows.map(({ account, closed, through }) => ({
    accountId: account,
    sequences: { after: Math.max(account === accountId ? accountSequence : 0, closed), through },
  }));
  const last = windows.at(-1);
  return [windows, { accountId: last?.accountId ?? 0, accountSequence: last?.sequences.through ?? 0 }];
}

async function transferAfter(snapshot: WorkingSnapshot, after: number, transfers: number): Promise<number | null> {
  const [row] = await snapshot.query<{ last: number | null }>(
    "select max(transfer_id) as last from (select transfer_id from transfers where transfer_id > $1 order by transfer_id limit $2) t",
    [after, transfers],
  );
  return row?.last ?? null;
}
