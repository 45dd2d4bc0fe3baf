/** Settlement's statement about the order log: which client's request is the last one that is settled. */
import { columns } from "../shared/database/columns.js";
import type { Row, Statement } from "../shared/database/database.js";
import { isOfRecentDays } from "../shared/database/history-days.js";
import { type CommandSequence, type LogId, logId } from "../shared/domain/units.js";

/**
 * Commands that no client asked for have no log id, and are passed over. What is found in the days around now is the last one if
 * all commands after it are there, too; else every day is searched.
 */
export function lastRequests(
  settlements: readonly { readonly asset: string; readonly throughCommand: CommandSequence }[],
): Statement {
  const isRecent = isOfRecentDays();
  return {
    name: "last_requests",
    text: `select s.asset, coalesce(near.log_id, last_request(s.asset, s.through_command)) as log_id
      from unnest($1::text[], $2::bigint[]) as s(asset, through_command)
      left join lateral (select l.log_id from (select log_id, command_sequence from order_log
          where asset = s.asset and command_sequence <= s.through_command and log_id is not null
            and ${isRecent}
          order by command_sequence desc limit 1) l
        where s.through_command - l.command_sequence = (select count(*) from order_log
          where asset = s.asset and command_sequence > l.command_sequence and command_sequence <= s.through_command
            and ${isRecent})) near on true`,
    values: columns(
      settlements,
      (settlement) => settlement.asset,
      (settlement) => settlement.throughCommand,
    ),
  };
}

/** By asset, from what the statement returned; null: no client has asked for anything yet. */
export function logIdsOf(rows: readonly Row[]): ReadonlyMap<string, LogId> {
  const found = rows.filter((row) => row["log_id"] !== null);
  return new Map(found.map((row) => [row["asset"] as string, logId(row["log_id"] as number)]));
}
