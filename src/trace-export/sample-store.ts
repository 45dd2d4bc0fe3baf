/** The orders that are sampled, read from what order-processing and trade-processing have committed. */
import type { Queries } from "../shared/database/database.js";
import type { SettledOrder } from "../shared/order-way/order-way.js";
import { FIRST_REPORT, SETTLED_COLUMNS } from "../shared/order-way/settled-orders.js";

/** The commands of an asset that are looked at next: those after one, through another. */
export interface Window {
  readonly asset: string;
  readonly after: number;
  readonly through: number;
}

/** Through which command each asset is settled. */
const SETTLED = "select asset, command_sequence as command from consumer_positions where service = 'trade-processing'";

/**
 * The bytes that decide are those of `traceIdOf` (sampling.ts). Each asset is looked at by its own key, in
 * order, so that the limit ends the look early.
 */
const SAMPLED = `
  select s.* from unnest($1::text[], $2::bigint[], $3::bigint[]) as w(asset, after, through), lateral (
    select ${SETTLED_COLUMNS} from order_log l, ${FIRST_REPORT}
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
  sampled(windows: readonly Window[], max: number): Promise<SettledOrder[]> {
    const columns = [
      windows.map(({ asset }) => asset),
      windows.map(({ after }) => after),
      windows.map(({ through }) => through),
    ];
    return this.#database.query<SettledOrder>(SAMPLED, [...columns, this.#threshold, max]);
  }
}
