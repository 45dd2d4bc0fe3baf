/**
 * The history of orders: what each one held, paid and moved at each of its events, by its owner's reports and its stored
 * commands. It is worked out in SQL, in another form than in src/shared/domain/funds.ts. There each fill carries over what it
 * paid too much; here the fees of an order's first n fills are what they owe together, rounded up once, which is the same.
 */
import { FEE_ACCOUNT } from "../shared/domain/funds.js";

/** How many units one tick × lot (quote currency) and one lot (base currency) of each asset are. */
export const ASSET_UNITS = `asset_units as (
  select a.asset, a.base, a.quote,
    (a.tick_size * a.lot_size * 10::numeric ^ q.decimals)::bigint as quote_units,
    (a.lot_size * 10::numeric ^ b.decimals)::bigint as base_units
  from assets a join currencies b on b.currency = a.base join currencies q on q.currency = a.quote)`;

/** Stored commands with a hold of their own, and the currency that they hold. */
export const HELD_COMMANDS = `held_commands as (
  select l.asset, l.command_sequence, l.kind, l.account_id, l.held_units,
    case o.side when 'buy' then u.quote else u.base end as currency
  from order_log l
  join order_log o on o.asset = l.asset and o.kind = 'new'
    and o.log_id = case l.kind when 'new' then l.log_id else l.order_id end
  join asset_units u on u.asset = l.asset
  where l.held_units is not null)`;

/** How far trade-processing is: later commands are stored, but have no reports yet. */
export const SETTLED = `settled as (
  select asset, greatest(command_sequence, hold_command_sequence) as command_sequence from consumer_positions
  where service = 'trade-processing')`;

export const IS_DONE = "in ('filled', 'canceled', 'rejected', 'expired')";

/** Each order's replaces, numbered in the order in which the engine answered them. */
const REPLACES = `replaces as (
  select r.asset, r.order_id, r.command_sequence, r.quantity_lots, r.price_ticks, coalesce(r.held_units, 0) as held_units,
    row_number() over (partition by r.asset, r.order_id order by r.command_sequence) as nth
  from order_log r
  join order_log o on o.asset = r.asset and o.log_id = r.order_id and o.kind = 'new' and o.account_id = r.account_id
  where r.kind = 'replace' and r.command_sequence > o.command_sequence)`;

const ANSWERS_REPLACE =
  "(r.event in ('replaced', 'replace_rejected') or r.event = 'canceled' and r.reason = 'below_filled')";

/** Reports that owners got about their orders, with the worth of fills. */
const REPORTS = `reports as (
  select r.*, u.base, u.quote, u.quote_units, u.base_units,
    r.last_price_ticks::numeric * r.last_quantity_lots * u.quote_units as worth_units
  from execution_reports r join asset_units u on u.asset = r.asset
  where r.side is not null)`;

/** One row for each report to an order's owner, with what all reports before it add up to. */
const HISTORY = `history as (
  select r.account_id, r.account_sequence, r.asset, r.event_sequence, r.event, r.status, r.order_id, r.client_order_id,
    r.type, r.quantity_lots, r.price_ticks, r.filled_lots, r.leaves_lots, r.reason, r.fee_units, r.trade_id,
    o.command_sequence, o.side, o.maker_fee_bps, coalesce(o.held_units, 0) as entry_units, r.base, r.quote,
    r.quote_units, r.base_units,
    greatest(0, o.maker_fee_bps, o.taker_fee_bps) as highest_bps,
    o.protection_price_ticks,
    row_number() over w as nth,
    case when row_number() over w = 1 then o.quantity_lots else lag(r.quantity_lots) over w end as quantity_before,
    case when o.type in ('market', 'stop_market') then null
         when row_number() over w = 1 then o.price_ticks else lag(r.price_ticks) over w end as price_before,
    lag(r.status) over w as status_before,
    r.worth_units,
    coalesce(r.last_quantity_lots, 0) as fill_lots,
    sum(coalesce(r.last_quantity_lots, 0)) over w as filled_so_far,
    coalesce(sum(r.worth_units) over w, 0) as spent_units,
    -- In 1/10,000 of a unit.
    coalesce(sum(r.worth_units
      * case r.liquidity when 'maker' then o.maker_fee_bps else o.taker_fee_bps end) over w, 0) as fees_owed,
    case when ${ANSWERS_REPLACE} then count(*) filter (where ${ANSWERS_REPLACE}) over w end as nth_replace
  from reports r
  join order_log o on o.asset = r.asset and o.log_id = r.order_id and o.kind = 'new' and o.account_id = r.account_id
  window w as (partition by r.asset, r.order_id order by r.event_sequence))`;

const WITH_FEES = `with_fees as (
  select h.*, ceil(h.fees_owed * 0.0001) as fees_so_far,
    coalesce(h.price_ticks, h.protection_price_ticks)::numeric * h.leaves_lots * h.quote_units as leaves_units
  from history h)`;

const WITH_HOLDS = `with_holds as (
  select f.*, f.fees_so_far * 10000 - f.fees_owed as fee_carry,
    case when f.maker_fee_bps is null or f.status ${IS_DONE} then 0
         when f.side = 'sell' then f.leaves_lots::numeric * f.base_units
         when f.quantity_lots is null then f.entry_units - f.spent_units - f.fees_so_far
         else f.leaves_units
           + ceil((f.leaves_units * f.highest_bps - (f.fees_so_far * 10000 - f.fees_owed)) * 0.0001)
    end as hold_units
  from with_fees f)`;

/** `cover_units` was held for the replace that the event answers; only fills have `fee` and `worth_units`. */
const ORDER_HISTORY = `order_history as (
  select h.*, r.command_sequence as replace_sequence, r.quantity_lots as replace_quantity, r.price_ticks as replace_price,
    coalesce(r.held_units, 0) as cover_units,
    case when h.maker_fee_bps is not null and h.worth_units is not null
      then h.fees_so_far - lag(h.fees_so_far, 1, 0) over w end as fee,
    lag(h.hold_units, 1, h.entry_units::numeric) over w as hold_before,
    lead(h.nth) over w is null as is_last
  from with_holds h
  left join replaces r on r.asset = h.asset and r.order_id = h.order_id and r.nth = h.nth_replace
  window w as (partition by h.asset, h.order_id order by h.event_sequence))`;

/** Common table expressions that end in `order_history`. */
export const ORDER_HISTORY_TABLES = [ASSET_UNITS, REPLACES, REPORTS, HISTORY, WITH_FEES, WITH_HOLDS, ORDER_HISTORY];

/** The postings that the ledger must have for every settled event, by `order_history`. */
export const expectedPostings = (
  holdsEvent: (asset: string, eventSequence: string) => string,
) => `expected_postings as (
  select h.asset as source, case h.event when 'trade' then 'trade' else 'release' end as kind,
    h.event_sequence as sequence, p.account_id, p.currency,
    sum(p.available) as available_change, sum(p.held) as held_change
  from order_history h
  cross join lateral (select
    case when h.worth_units is null then 0 when h.side = 'buy' then h.worth_units + h.fee
         else h.fill_lots::numeric * h.base_units end as paid,
    case when h.worth_units is null then 0 when h.side = 'buy' then h.fill_lots::numeric * h.base_units
         else h.worth_units - h.fee end as got) f
  cross join lateral (values
    (h.account_id, case h.side when 'buy' then h.quote else h.base end,
      h.cover_units + h.hold_before - h.hold_units - f.paid, h.hold_units - h.hold_before - h.cover_units),
    (h.account_id, case h.side when 'buy' then h.base else h.quote end, f.got, 0),
    (${FEE_ACCOUNT}, h.quote, coalesce(h.fee, 0), 0)) as p(account_id, currency, available, held)
  where h.maker_fee_bps is not null and (h.worth_units is not null or h.hold_units <> h.hold_before or h.cover_units <> 0)
    and ${holdsEvent("h.asset", "h.event_sequence")}
  group by h.asset, h.event, h.event_sequence, p.account_id, p.currency)`;
