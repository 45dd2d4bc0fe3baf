/** The rules between stored commands, orders, and the reports to their owners. */
import { closedEnd } from "./closed-days.js";
import type { Comparison } from "./comparison.js";
import { IS_DONE, SETTLED } from "./order-history.js";
import type { Scope } from "./scope.js";

const orderKey = { asset: "coalesce(o.asset, l.asset)", order_id: "coalesce(o.order_id, l.log_id)" };
const reportKey = { account_id: "h.account_id", account_sequence: "h.account_sequence" };
const logKey = { asset: "l.asset", command_sequence: "l.command_sequence" };

/** The status that a report must have, by its event and the status before. */
const STATUS = `case h.event
  when 'accepted' then case when h.type in ('stop_limit', 'stop_market') and h.status = 'pending_trigger'
                            then 'pending_trigger' else 'open' end
  when 'rejected' then 'rejected'
  when 'trade' then case when h.quantity_lots = h.filled_so_far or h.reason like 'quote_budget_spent%' then 'filled'
                         else 'partially_filled' end
  -- Until sql/10 an order whose budget was spent ended by a cancel that said so.
  when 'canceled' then case when h.reason = 'quote_budget_spent' and h.status = 'filled' and h.filled_so_far > 0
                            then 'filled' else 'canceled' end
  when 'expired' then 'expired'
  when 'triggered' then 'open'
  else h.status_before end`;

/** The amount after a word, as in "insufficient_funds: needs 1.50 USD, has 1.00 USD". */
function toldUnits(word: string): string {
  return `trunc(substring(h.reason from '${word} ([0-9.]+) ')::numeric * 10::numeric ^ c.decimals)`;
}

export const orderRules = ({ orderHistory }: Scope): readonly Comparison[] => [
  {
    rule: "an order has the terms that its stored command asked for",
    table: "orders",
    key: orderKey,
    source: "order_log",
    sourceKey: logKey,
    columns: {
      exists: ["o.order_id is not null", "l.log_id is not null"],
      account_id: ["o.account_id", "l.account_id"],
      side: ["o.side", "l.side"],
      type: ["o.type", "l.type"],
      time_in_force: ["o.time_in_force", "l.time_in_force"],
      stop_price_ticks: ["o.stop_price_ticks", "l.stop_price_ticks"],
      display_lots: ["o.display_lots", "l.display_lots"],
      minimum_lots: ["o.minimum_lots", "l.minimum_lots"],
      post_only: ["o.post_only", "coalesce(l.post_only, false)"],
      expires_at_ms: ["o.expires_at_ms", "l.expires_at_ms"],
      quote_budget_units: ["o.quote_budget_units", "l.quote_budget_units"],
      self_trade_prevention: ["o.self_trade_prevention", "coalesce(l.self_trade_prevention, 'cancel_newest')"],
      maker_fee_bps: ["o.maker_fee_bps", "l.maker_fee_bps"],
      taker_fee_bps: ["o.taker_fee_bps", "l.taker_fee_bps"],
      received_at_us: ["o.received_at_us", "l.received_at_us"],
    },
    with: [SETTLED],
    from: `orders o full join
      (select l.* from order_log l join settled s on s.asset = l.asset and l.command_sequence <= s.command_sequence
       where l.kind = 'new') l on l.asset = o.asset and l.log_id = o.order_id`,
  },
  {
    rule: "an order is what its owner was told last",
    table: "orders",
    key: { asset: "o.asset", order_id: "o.order_id" },
    source: "execution_reports",
    sourceKey: reportKey,
    columns: {
      exists: ["true", "h.order_id is not null"],
      client_order_id: ["o.client_order_id", "h.client_order_id"],
      status: ["o.status", "h.status"],
      price_ticks: ["o.price_ticks", "coalesce(h.price_ticks, h.protection_price_ticks)"],
      quantity_lots: ["o.quantity_lots", "h.quantity_lots"],
      filled_lots: ["o.filled_lots", "h.filled_lots"],
      leaves_lots: ["o.leaves_lots", "h.leaves_lots"],
      held_units: ["o.held_units", "h.hold_units"],
      fee_carry: ["o.fee_carry", "case when h.maker_fee_bps is null then 0 else h.fee_carry end"],
    },
    with: orderHistory,
    from: "orders o left join order_history h on h.asset = o.asset and h.order_id = o.order_id and h.is_last",
  },
  {
    rule: "a report follows from the one before and from the stored commands",
    table: "execution_reports",
    key: reportKey,
    source: "order_log",
    sourceKey: { asset: "h.asset", command_sequence: "coalesce(h.replace_sequence, h.command_sequence)" },
    columns: {
      // An order is accepted or rejected once, in its first report.
      "is accepted or rejected": ["h.event in ('accepted', 'rejected')", "h.nth = 1"],
      status: ["h.status", STATUS],
      price_ticks: ["h.price_ticks", "case h.event when 'replaced' then h.replace_price else h.price_before end"],
      quantity_lots: [
        "h.quantity_lots",
        `case h.event when 'replaced' then h.replace_quantity
          when 'reduced' then least(h.quantity_before, h.filled_so_far + h.leaves_lots) else h.quantity_before end`,
      ],
      filled_lots: ["h.filled_lots", "h.filled_so_far"],
      leaves_lots: ["h.leaves_lots", `case when h.status ${IS_DONE} then 0 else h.quantity_lots - h.filled_so_far end`],
      fee_units: ["h.fee_units", "h.fee"],
    },
    with: orderHistory,
    from: "order_history h",
  },
  {
    rule: "a stored refusal was told with the same reason and amounts",
    table: "order_log",
    key: logKey,
    source: "execution_reports",
    sourceKey: reportKey,
    columns: {
      refused: ["l.refused", "split_part(h.reason, ':', 1)"],
      needed_units: ["l.needed_units", toldUnits("needs")],
      available_units: ["l.available_units", toldUnits("has")],
    },
    with: orderHistory,
    from: `order_history h
      join currencies c on c.currency = case h.side when 'buy' then h.quote else h.base end
      join order_log l on l.asset = h.asset
        and l.command_sequence = case when h.nth = 1 then h.command_sequence else h.replace_sequence end`,
    where: "l.refused is not null",
  },
  {
    rule: "a report is about an order of its account whose command is stored",
    table: "execution_reports",
    key: { account_id: "r.account_id", account_sequence: "r.account_sequence" },
    source: "order_log",
    sourceKey: { asset: "r.asset", log_id: "r.order_id" },
    columns: { account_id: ["r.account_id", "l.account_id"], side: ["r.side", "l.side"], type: ["r.type", "l.type"] },
    from: `execution_reports r
      left join order_log l on l.asset = r.asset and l.log_id = r.order_id and l.kind = 'new'`,
    // The first command of an order that ended on a closed day is gone; it may still be told that it has ended.
    where: `r.side is not null and (l.log_id is not null or r.order_id > ${closedEnd("r.asset", "log_id")})`,
  },
];
