/** The rules about held amounts: balances must hold what open orders and unsettled commands need. */
import type { Comparison } from "./comparison.js";
import { ASSET_UNITS, HELD_COMMANDS, SETTLED } from "./order-history.js";

const OPEN_ORDERS = `open_orders as (
  select o.account_id, case o.side when 'buy' then u.quote else u.base end as currency, o.held_units, 1 as orders
  from orders o join asset_units u on u.asset = o.asset
  where o.status in ('open', 'partially_filled', 'pending_trigger') and o.maker_fee_bps is not null)`;

const UNSETTLED_COMMANDS = `unsettled_commands as (
  select c.account_id, c.currency, c.held_units, case c.kind when 'new' then 1 else 0 end as orders
  from held_commands c left join settled s on s.asset = c.asset
  where c.command_sequence > coalesce(s.command_sequence, 0))`;

const EXPOSURES = `exposures as (
  select account_id, currency, sum(held_units) as held, sum(orders) as orders
  from (select * from open_orders union all select * from unsettled_commands) e group by account_id, currency)`;

export const holdRules: readonly Comparison[] = [
  {
    rule: "a balance holds what its account's open orders and unsettled commands hold",
    table: "balances",
    key: { account_id: "coalesce(b.account_id, e.account_id)", currency: "coalesce(b.currency, e.currency)" },
    source: "orders and order_log",
    sourceKey: { account_id: "e.account_id", currency: "e.currency" },
    columns: {
      held: ["coalesce(b.held, 0)", "coalesce(e.held, 0)"],
      open_orders: ["coalesce(b.open_orders, 0)", "coalesce(e.orders, 0)"],
    },
    with: [ASSET_UNITS, SETTLED, HELD_COMMANDS, OPEN_ORDERS, UNSETTLED_COMMANDS, EXPOSURES],
    from: "balances b full join exposures e on e.account_id = b.account_id and e.currency = b.currency",
  },
];
