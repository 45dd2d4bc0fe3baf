/** Settlement's statements about orders and their trades. */
import { columns } from "../shared/database/columns.js";
import type { Statement } from "../shared/database/database.js";
import { isOpenDay, WRITING_DAY } from "../shared/database/history-days.js";
import type { Settlement } from "./settlement.js";

type AssetOrders = Pick<Settlement, "trades" | "newOrders" | "changedOrders" | "settledAtUs"> & {
  readonly asset: string;
};

/** The day of an order: none as long as it is open, then the one on which it ends. */
const dayOf = (order: string) => `case when ${order}.status in ('open', 'partially_filled', 'pending_trigger')
          then 'infinity'::date else ${WRITING_DAY} end`;

export function insertTrades(settlements: readonly AssetOrders[]): Statement {
  const rows = settlements.flatMap(({ asset, trades }) => trades.map((trade) => ({ asset, trade })));
  return {
    name: "insert_trades",
    text: `insert into trades (asset, trade_id, event_sequence, maker_order_id, taker_order_id, maker_account_id,
        taker_account_id, price_ticks, quantity_lots, taker_side, executed_at_us, maker_fee_units, taker_fee_units, day)
      select *, ${WRITING_DAY} from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[])`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ trade }) => trade.tradeId,
      ({ trade }) => trade.eventSequence,
      ({ trade }) => trade.makerOrderId,
      ({ trade }) => trade.takerOrderId,
      ({ trade }) => trade.makerAccountId,
      ({ trade }) => trade.takerAccountId,
      ({ trade }) => trade.priceTicks,
      ({ trade }) => trade.quantityLots,
      ({ trade }) => trade.takerSide,
      ({ trade }) => trade.executedAtUs,
      ({ trade }) => trade.fees?.makerFeeUnits,
      ({ trade }) => trade.fees?.takerFeeUnits,
    ),
  };
}

export function insertOrders(settlements: readonly AssetOrders[]): Statement {
  const rows = settlements.flatMap(({ asset, newOrders, settledAtUs }) =>
    newOrders.map((order) => ({ asset, order, settledAtUs })),
  );
  return {
    name: "insert_orders",
    text: `insert into orders (asset, order_id, account_id, client_order_id, side, type, time_in_force, price_ticks,
        stop_price_ticks, quantity_lots, filled_lots, leaves_lots, status, received_at_us, maker_fee_bps,
        taker_fee_bps, held_units, fee_carry, updated_at_us, display_lots, minimum_lots, post_only, expires_at_ms,
        quote_budget_units, self_trade_prevention, day)
      select o.*, ${dayOf("o")} from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[],
        $15::integer[], $16::integer[], $17::bigint[], $18::integer[], $19::bigint[], $20::bigint[], $21::bigint[],
        $22::boolean[], $23::bigint[], $24::bigint[], $25::text[])
        as o(asset, order_id, account_id, client_order_id, side, type, time_in_force, price_ticks, stop_price_ticks,
          quantity_lots, filled_lots, leaves_lots, status, received_at_us, maker_fee_bps, taker_fee_bps, held_units,
          fee_carry, updated_at_us, display_lots, minimum_lots, post_only, expires_at_ms, quote_budget_units,
          self_trade_prevention)`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ order }) => order.orderId,
      ({ order }) => order.accountId,
      ({ order }) => order.clientOrderId,
      ({ order }) => order.side,
      ({ order }) => order.type,
      ({ order }) => order.timeInForce,
      ({ order }) => order.priceTicks,
      ({ order }) => order.terms.stopPriceTicks,
      ({ order }) => order.quantityLots,
      ({ order }) => order.filledLots,
      ({ order }) => order.leavesLots,
      ({ order }) => order.status,
      ({ order }) => order.receivedAtUs,
      ({ order }) => order.feeRates?.makerBps,
      ({ order }) => order.feeRates?.takerBps,
      ({ order }) => order.heldUnits,
      ({ order }) => order.feeCarry,
      ({ settledAtUs }) => settledAtUs,
      ({ order }) => order.terms.displayLots,
      ({ order }) => order.terms.minimumLots,
      ({ order }) => order.terms.postOnly,
      ({ order }) => order.terms.expiresAtMs,
      ({ order }) => order.terms.quoteBudgetUnits,
      ({ order }) => order.terms.selfTradePrevention,
    ),
  };
}

export function updateOrders(settlements: readonly AssetOrders[]): Statement {
  const rows = settlements.flatMap(({ asset, changedOrders, settledAtUs }) =>
    changedOrders.map((order) => ({ asset, order, settledAtUs })),
  );
  return {
    name: "update_orders",
    text: `update orders o set client_order_id = c.client_order_id, price_ticks = c.price_ticks,
        quantity_lots = c.quantity_lots, filled_lots = c.filled_lots, leaves_lots = c.leaves_lots, status = c.status,
        held_units = c.held_units, fee_carry = c.fee_carry, updated_at_us = c.updated_at_us,
        day = ${dayOf("c")}
      from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::text[], $9::bigint[], $10::integer[], $11::bigint[]) as c(asset, order_id, client_order_id, price_ticks,
        quantity_lots, filled_lots, leaves_lots, status, held_units, fee_carry, updated_at_us)
      where o.asset = c.asset and o.order_id = c.order_id and ${isOpenDay("o")}`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ order }) => order.orderId,
      ({ order }) => order.clientOrderId,
      ({ order }) => order.priceTicks,
      ({ order }) => order.quantityLots,
      ({ order }) => order.filledLots,
      ({ order }) => order.leavesLots,
      ({ order }) => order.status,
      ({ order }) => order.heldUnits,
      ({ order }) => order.feeCarry,
      ({ settledAtUs }) => settledAtUs,
    ),
  };
}
