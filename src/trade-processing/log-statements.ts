/** Settlement's statement about the order log: which client's request is the last one that is settled. */
import { columns } from "../shared/database/columns.js";
import type { Row, Statement } from "../shared/database/database.js";
import { type CommandSequence, type LogId, logId } from "../shared/domain/units.js";

/** Commands that no client asked for have no log id, and are passed over. */
export function lastRequests(
  settlements: readonly { readonly asset: string; readonly throughCommand: CommandSequence }[],
): Statement {
  return {
    name: "last_requests",
    text: `select s.asset, l.log_id from unnest($1::text[], $2::bigint[]) as s(asset, through_command)
      cross join lateral (select log_id from order_log
        where asset = s.asset and command_sequence <= s.through_command and log_id is not null
        order by command_sequence desc limit 1) l`,
    values: columns(
      settlements,
      (settlement) => settlement.asset,
      (settlement) => settlement.throughCommand,
    ),
  };
}

/** By asset, from what the statement returned. */
export function logIdsOf(rows: readonly Row[]): ReadonlyMap<string, LogId> {
  return new Map(rows.map((row) => [row["asset"] as string, logId(row["log_id"] as number)]));
}
