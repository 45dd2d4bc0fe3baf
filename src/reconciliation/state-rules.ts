/** The rule between the states that books have, as settlement wrote them, and the commands that say so. */
import type { Comparison } from "./comparison.js";

/**
 * An asset's last decision that is settled. Settlement's position may stand in the middle of a command, whose event may be still to
 * come: that command is passed over until the row has its time. All commands there are, also where `order_log` is a window of them.
 */
const LAST_DECISION = `(select x.action_id, x.made_by, x.why, l.asset_state, l.sequenced_at_us, l.command_sequence
  from actions x join public.order_log l on l.action_id = x.action_id and l.action_id is not null and l.asset = a.asset
  where x.kind = 'set_asset_state' and (x.asset is null or x.asset = a.asset) and l.kind = 'set_asset_state'
    and l.command_sequence <= p.command_sequence
    and not (l.command_sequence = p.command_sequence and coalesce(b.since_us, 0) < l.sequenced_at_us)
  order by x.action_id desc limit 1)`;

/** Who opens after an auction may do so with a later command, which nobody decided; until then it is in the auction. */
const IS_OPENING = `(d.asset_state = 'open' and (b.state = 'auction' or b.since_us > d.sequenced_at_us and b.made_by is null))`;

const unlessOpening = (column: string, expected: string): readonly [string, string] => [
  column,
  `case when ${IS_OPENING} then ${column} else ${expected} end`,
];

export const bookStateRules: readonly Comparison[] = [
  {
    rule: "an asset's state is what was decided last, as far as that is settled",
    table: "book_states",
    key: { asset: "a.asset" },
    source: "order_log",
    sourceKey: { asset: "a.asset", command_sequence: "d.command_sequence" },
    columns: {
      exists: ["b.asset is not null", "d.action_id is not null"],
      state: unlessOpening("b.state", "d.asset_state"),
      since_us: unlessOpening("b.since_us", "d.sequenced_at_us"),
      made_by: unlessOpening("b.made_by", "d.made_by"),
      why: unlessOpening("b.why", "d.why"),
      "event_sequence is settled": ["b.event_sequence > p.sequence", "false"],
    },
    from: `assets a
      left join consumer_positions p on p.asset = a.asset and p.service = 'trade-processing'
      left join book_states b on b.asset = a.asset
      left join lateral ${LAST_DECISION} d on true`,
    // What is older than the table was no event when it was written.
    where: "b.event_sequence is distinct from 0 and (b.asset is not null or d.action_id is not null)",
  },
];
