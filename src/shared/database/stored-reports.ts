/** Execution reports as rows of Postgres. An order's terms never change, so they stand in its row of `orders` only. */
import type { ReportedTerms, SequencedReport } from "../domain/reports.js";

/** The columns of an order's terms, of the table or alias `orders`. */
export const termsColumns = (orders: string): string => `${orders}.stop_price_ticks as "stopPriceTicks",
  ${orders}.display_lots as "displayLots", ${orders}.minimum_lots as "minimumLots", ${orders}.post_only as "postOnly",
  ${orders}.expires_at_ms as "expiresAtMs", ${orders}.quote_budget_units as "quoteBudgetUnits",
  ${orders}.self_trade_prevention as "selfTradePrevention"`;

export const REPORT_COLUMNS = `r.account_id as "accountId", r.account_sequence as "accountSequence", r.asset, r.event,
  r.status, r.order_id as "orderId", r.client_order_id as "clientOrderId", r.side, r.type,
  r.time_in_force as "timeInForce", r.price_ticks as "priceTicks", r.quantity_lots as "quantityLots",
  r.filled_lots as "filledLots", r.leaves_lots as "leavesLots", r.trade_id as "tradeId",
  r.last_price_ticks as "lastPriceTicks", r.last_quantity_lots as "lastQuantityLots", r.liquidity,
  r.fee_units as "feeUnits", r.reason, r.received_at_us as "receivedAtUs", r.matched_at_us as "matchedAtUs",
  ${termsColumns("o")}`;

/**
 * Joins a report with its order, but not if the report has no side: then the order is another account's. An order stands in the
 * day on which it ended, which is the report's or a later one, unless the report refuses to change what had ended before.
 */
export const ORDER_OF_REPORT = `left join lateral (${["r.day <= day", "r.day > day"]
  .map(
    (days) => `(select * from orders
      where asset = r.asset and order_id = r.order_id and r.side is not null and ${days} limit 1)`,
  )
  .join(" union all ")} limit 1) o on true`;

export type ReportRow = Omit<SequencedReport, "terms"> & TermsRow & { readonly asset: string };

export type TermsRow = { readonly [Name in keyof ReportedTerms]: ReportedTerms[Name] | null };

/** The row with its order's terms gathered in `terms`. */
export function withTerms<Row extends TermsRow>(row: Row): Omit<Row, keyof ReportedTerms> & { terms: ReportedTerms } {
  const {
    stopPriceTicks: _1,
    displayLots: _2,
    minimumLots: _3,
    postOnly: _4,
    expiresAtMs: _5,
    quoteBudgetUnits: _6,
    selfTradePrevention: _7,
    ...rest
  } = row;
  return { ...rest, terms: termsOf(row) } as unknown as Omit<Row, keyof ReportedTerms> & { terms: ReportedTerms };
}

/** The row, which keeps its columns of terms: to leave some out makes an object that is slow, and reports come by the thousand. */
export function reportOf<Row extends ReportRow>(row: Row): Row & SequencedReport {
  return { ...row, terms: row.side === null ? null : termsOf(row) };
}

function termsOf(row: TermsRow): ReportedTerms {
  const { stopPriceTicks, displayLots, minimumLots, expiresAtMs, quoteBudgetUnits, selfTradePrevention, postOnly } =
    row;
  return {
    stopPriceTicks,
    displayLots,
    minimumLots,
    expiresAtMs,
    quoteBudgetUnits,
    selfTradePrevention,
    postOnly,
  } satisfies TermsRow as ReportedTerms;
}
