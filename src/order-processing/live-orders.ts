/** Live orders as replaces are judged by them: with their latest terms, on record or not settled yet. */
import { columns } from "../shared/database/columns.js";
import type { Row, Statement } from "../shared/database/database.js";
import { isOfRecentDays, isOpenDay } from "../shared/database/history-days.js";
import { feeRatesOf } from "../shared/database/stored-commands.js";
import type { OrderId } from "../shared/domain/units.js";
import { type OrderOnRecord, orderKey } from "./funding.js";

export interface OrderName {
  readonly asset: string;
  readonly orderId: OrderId;
}

/** How far stored commands are searched for what is not settled yet: usually it is a moment old. */
export type Searched = "recent days" | "all days";

/**
 * Finds orders with their latest terms: those of a replace whose outcome is not settled yet, else as settlement left the
 * order, else as it came in. One statement, so that the terms and settlement's position are of the same moment. A row is
 * certain if all commands that are not settled are among those searched.
 */
export function findOrders(names: readonly OrderName[], searched: Searched): Statement {
  const isSearched = searched === "recent days" ? isOfRecentDays() : "true";
  return {
    name: `find_orders in ${searched}`,
    text: `select k.asset, k.order_id, coalesce(o.account_id, n.account_id) as account_id, coalesce(o.side, n.side) as side,
        case when o.order_id is null then n.maker_fee_bps else o.maker_fee_bps end as maker_fee_bps,
        case when o.order_id is null then n.taker_fee_bps else o.taker_fee_bps end as taker_fee_bps,
        coalesce(r.quantity_lots, o.quantity_lots, n.quantity_lots) as quantity_lots,
        case when coalesce(o.type, n.type) in ('limit', 'stop_limit') then coalesce(r.price_ticks, o.price_ticks, n.price_ticks)
          end as price_ticks,
        coalesce(o.filled_lots, 0) as filled_lots,
        o.order_id is not null or n.command_sequence > s.settled as is_live,
        s.settled >= s.stored or exists (select from order_log
          where asset = k.asset and command_sequence = s.settled + 1 and ${isSearched}) as is_certain
      from (select distinct asset, order_id from unnest($1::text[], $2::bigint[]) as k(asset, order_id)) as k
      cross join lateral (select
          coalesce(max(command_sequence) filter (where service = 'order-processing'), 0) as stored,
          coalesce(max(greatest(command_sequence, hold_command_sequence)) filter (where service = 'trade-processing'), 0)
            as settled
        from consumer_positions where asset = k.asset and service in ('order-processing', 'trade-processing')) s
      left join orders o on o.asset = k.asset and o.order_id = k.order_id and ${isOpenDay("o")}
      left join lateral (select * from order_log
        where asset = k.asset and log_id = k.order_id and o.order_id is null and ${isSearched} limit 1) n on true
      left join lateral (
        select quantity_lots, price_ticks from order_log
        where asset = k.asset and order_id = k.order_id and kind = 'replace' and refused is null
          and account_id = coalesce(o.account_id, n.account_id) and command_sequence > s.settled and ${isSearched}
        order by command_sequence desc limit 1) r on true
      where o.order_id is not null or n.kind = 'new' and n.refused is null`,
    values: columns(
      names,
      (name) => name.asset,
      (name) => name.orderId,
    ),
  };
}

/** By orderKey, those that are live. */
export function ordersOf(rows: readonly Row[]): ReadonlyMap<string, OrderOnRecord> {
  const live = rows.filter(({ is_live }) => is_live);
  return new Map(live.map((row) => [orderKey(row["asset"] as string, row["order_id"] as OrderId), orderOf(row)]));
}

function orderOf(row: Row): OrderOnRecord {
  return {
    accountId: row["account_id"],
    side: row["side"],
    quantityLots: row["quantity_lots"],
    priceTicks: row["price_ticks"],
    filledLots: row["filled_lots"],
    feeRates: feeRatesOf(row),
  } as OrderOnRecord;
}
