/** The orders that are sampled, read from what order-processing and trade-processing have committed. */
import type { Queries } from "../shared/database/database.js";
import type { SettledOrder } from "../shared/order-way/order-way.js";
import { firstReport, SETTLED_COLUMNS } from "../shared/order-way/settled-orders.js";

export interface Settled {
  /** By asset: through which command it is settled. */
  readonly through: ReadonlyMap<string, number>;
  /** The day that rows are written in (sql/19): none of what is settled is in a later one. Null: there are no days. */
  readonly day: string | null;
}

/** The place of a command among those of its asset. */
export interface Place {
  readonly asset: string;
  readonly command: number;
}

const SETTLED = `select asset, command_sequence as command, (select day::text from writing_day) as day
  from consumer_positions where service = 'trade-processing'`;

/** A row for each place that is there, in their order. Reports are written on the day of their order, or later. */
const found = (days: string) => `
  select s.* from unnest($1::text[], $2::bigint[]) as p(asset, command), lateral (
    select ${SETTLED_COLUMNS} from order_log l left join ${firstReport(days)} on l.kind = 'new'
    where l.asset = p.asset and l.command_sequence = p.command and l.${days} limit 1
  ) s`;
const IN_RECENT_DAYS = found("day in ($3::date, $3::date - 1)");
const IN_ALL_DAYS = found("day is not null");

type Row = SettledOrder | { readonly asset: string; readonly commandSequence: number; readonly event: null };

export class SampleStore {
  readonly #database: Queries;

  constructor(database: Queries) {
    this.#database = database;
  }

  async settled(): Promise<Settled> {
    const rows = await this.#database.query<Place & { day: string | null }>(SETTLED);
    return { through: new Map(rows.map(({ asset, command }) => [asset, command])), day: rows[0]?.day ?? null };
  }

  /** Of the places those with an order; `day`: of what Settled says. What is not in the last two days is looked for in all. */
  async ordersAt(places: readonly Place[], day: string | null): Promise<SettledOrder[]> {
    const recent = await this.#rowsAt(IN_RECENT_DAYS, places, [day]);
    if (recent.length === places.length) return recent.filter(isOrder);
    const known = new Set(recent.map(({ asset, commandSequence }) => `${asset} ${commandSequence}`));
    const others = places.filter(({ asset, command }) => !known.has(`${asset} ${command}`));
    return [...(await this.#rowsAt(IN_ALL_DAYS, others, [])), ...recent].filter(isOrder);
  }

  #rowsAt(text: string, places: readonly Place[], days: readonly (string | null)[]): Promise<Row[]> {
    const columns = [places.map(({ asset }) => asset), places.map(({ command }) => command)];
    return this.#database.query<Row>(text, [...columns, ...days]);
  }
}

function isOrder(row: Row): row is SettledOrder {
  return row.event !== null;
}
