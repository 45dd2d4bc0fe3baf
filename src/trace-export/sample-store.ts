/** The orders that are sampled, read from what order-processing and trade-processing have committed. */
import { committedAtUs } from "../shared/database/commit-time.js";
import type { Queries } from "../shared/database/database.js";
import type { SampledOrder } from "./order-way.js";

/** The commands of an asset that are looked at next: those after one, through another. */
export interface Window {
  readonly asset: string;
  readonly after: number;
  readonly through: number;
}

/** Through which command each asset is settled. */
const SETTLED = "select asset, command_sequence as command from consumer_positions where service = 'trade-processing'";

/**
 * The bytes that decide are those of `traceIdOf` (order-way.ts). An order's reports are all of one account. Each asset is looked
 * at by its own key, in order, so that the limit ends the look early.
 */
const SAMPLED = `
  select s.* from unnest($1::text[], $2::bigint[], $3::bigint[]) as w(asset, after, through), lateral (
    select l.asset, l.log_id as "orderId", l.command_sequence as "commandSequence", l.account_id as "accountId",
      l.received_at_us as "receivedAtUs", l.sequenced_at_us as "decidedAtUs", ${committedAtUs("l")} as "loggedAtUs",
      r.event, r.event_sequence as "eventSequence", r.account_sequence as "accountSequence",
      r.matched_at_us as "matchedAtUs", r.settled_at_us as "settledAtUs"
    from order_log l, lateral (
      select event, event_sequence, account_sequence, matched_at_us, ${committedAtUs("e")} as settled_at_us
      from execution_reports e where e.order_id = l.log_id and e.asset = l.asset and e.account_id = l.account_id
      order by account_sequence limit 1
    ) r
    where l.asset = w.asset and l.command_sequence > w.after and l.command_sequence <= w.through
      and l.kind = 'new' and l.log_id is not null
      and substring(sha256(convert_to(l.asset || ':' || l.log_id, 'UTF8')) from 10 for 7) < decode($4, 'hex')
    order by l.command_sequence limit $5
  ) s`;

export class SampleStore {
  readonly #database: Queries;
  readonly #threshold: string;

  /** `threshold`: as of samplingThreshold. */
  constructor(database: Queries, threshold: string) {
    this.#database = database;
    this.#threshold = threshold;
  }

  async settledThrough(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database.query<{ asset: string; command: number }>(SETTLED);
    return new Map(rows.map(({ asset, command }) => [asset, command]));
  }

  /** Of each window the first ones, in their order, `max` of an asset at most. */
  sampled(windows: readonly Window[], max: number): Promise<SampledOrder[]> {
    const columns = [
      windows.map(({ asset }) => asset),
      windows.map(({ after }) => after),
      windows.map(({ through }) => through),
    ];
    return this.#database.query<SampledOrder>(SAMPLED, [...columns, this.#threshold, max]);
  }
}
