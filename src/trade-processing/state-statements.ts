/** Settlement's statement about the states of assets. */
import { columns } from "../shared/database/columns.js";
import type { Row, Statement } from "../shared/database/database.js";
import { isOfRecentDays } from "../shared/database/history-days.js";
import type { AssetStatus } from "../shared/domain/reports.js";
import type { StateChange } from "./settlement.js";

/** Who decided an asset's state, and why. */
export type Decision = Pick<AssetStatus, "madeBy" | "why">;

/** Stores the states that books have now, each with the action that its command came of, and returns these. */
export function setBookStates(
  settlements: readonly { readonly asset: string; readonly stateChange: StateChange | null }[],
): Statement {
  const rows = settlements.flatMap(({ asset, stateChange }) =>
    stateChange === null ? [] : [{ asset, ...stateChange }],
  );
  return {
    name: "set_book_states",
    text: `insert into book_states (asset, state, since_us, event_sequence, made_by, why)
      select s.asset, s.state, s.since_us, s.event_sequence, a.made_by, a.why
      from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
        as s(asset, state, since_us, event_sequence, command_sequence)
      left join order_log l on l.asset = s.asset and l.command_sequence = s.command_sequence
        and l.${isOfRecentDays()}
      left join actions a on a.action_id =
        case when l.asset is null then action_of_command(s.asset, s.command_sequence) else l.action_id end
      on conflict (asset) do update set state = excluded.state, since_us = excluded.since_us,
        event_sequence = excluded.event_sequence, made_by = excluded.made_by, why = excluded.why
      returning asset, made_by, why`,
    values: columns(
      rows,
      (row) => row.asset,
      (row) => row.state,
      (row) => row.sinceUs,
      (row) => row.eventSequence,
      (row) => row.commandSequence,
    ),
  };
}

/** By asset, from what the statement returned. */
export function decisionsOf(rows: readonly Row[]): ReadonlyMap<string, Decision> {
  return new Map(
    rows.map((row) => [
      row["asset"] as string,
      { madeBy: row["made_by"] as string | null, why: row["why"] as string | null },
    ]),
  );
}
