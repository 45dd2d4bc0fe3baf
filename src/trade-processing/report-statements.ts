/** Settlement's statements about reports: each takes the next number of its account, without a gap over all assets. */
import { columns } from "../shared/database/columns.js";
import type { Statement } from "../shared/database/database.js";
import { WRITING_DAY } from "../shared/database/history-days.js";
import type { AccountId } from "../shared/domain/units.js";
import type { Settlement } from "./settlement.js";

type AssetReports = Pick<Settlement, "reports"> & { readonly asset: string };

interface DrawnSequences {
  /** How many reports of each account the batch has. */
  readonly counts: ReadonlyMap<AccountId, number>;
  /** For each report, how many of its account's reports in this batch come after it. */
  readonly fromEnd: readonly number[];
}

export function drawSequences(settlements: readonly AssetReports[]): DrawnSequences {
  const counts = new Map<AccountId, number>();
  const places = settlements.flatMap(({ reports }) =>
    reports.map(({ accountId }) => {
      const place = (counts.get(accountId) ?? 0) + 1;
      counts.set(accountId, place);
      return { accountId, place };
    }),
  );
  return { counts, fromEnd: places.map(({ accountId, place }) => (counts.get(accountId) ?? 0) - place) };
}

/** Locks the accounts' numbers in the order of their ids, so that two processes with the same accounts don't deadlock. */
export function lockAccounts(counts: ReadonlyMap<AccountId, number>): Statement {
  return {
    name: "lock_accounts",
    text: `select account_id from account_sequences where account_id = any($1::bigint[]) order by account_id for update`,
    values: [[...counts.keys()]],
  };
}

export function advanceSequences(counts: ReadonlyMap<AccountId, number>): Statement {
  return {
    name: "advance_sequences",
    text: `update account_sequences s set last_sequence = s.last_sequence + c.count
      from unnest($1::bigint[], $2::bigint[]) as c(account_id, count)
      where s.account_id = c.account_id returning s.account_id, s.last_sequence`,
    values: [[...counts.keys()], [...counts.values()]],
  };
}

export function insertReports(settlements: readonly AssetReports[], fromEnd: readonly number[]): Statement {
  const rows = settlements.flatMap(({ asset, reports }) => reports.map((report) => ({ asset, report })));
  const values = columns(
    rows,
    ({ report }) => report.accountId,
    ({ asset }) => asset,
    ({ report }) => report.eventSequence,
    ({ report }) => report.event,
    ({ report }) => report.status,
    ({ report }) => report.orderId,
    ({ report }) => report.clientOrderId,
    ({ report }) => report.side,
    ({ report }) => report.type,
    ({ report }) => report.timeInForce,
    ({ report }) => report.priceTicks,
    ({ report }) => report.quantityLots,
    ({ report }) => report.filledLots,
    ({ report }) => report.leavesLots,
    ({ report }) => report.tradeId,
    ({ report }) => report.lastPriceTicks,
    ({ report }) => report.lastQuantityLots,
    ({ report }) => report.liquidity,
    ({ report }) => report.feeUnits,
    ({ report }) => report.reason,
    ({ report }) => report.receivedAtUs,
    ({ report }) => report.matchedAtUs,
  );
  return {
    name: "insert_reports",
    text: `insert into execution_reports (account_id, account_sequence, asset, event_sequence, event, status, order_id,
        client_order_id, side, type, time_in_force, price_ticks, quantity_lots, filled_lots, leaves_lots, trade_id,
        last_price_ticks, last_quantity_lots, liquidity, fee_units, reason, received_at_us, matched_at_us,
        day)
      select r.account_id, s.last_sequence - r.from_end, r.asset, r.event_sequence, r.event, r.status, r.order_id,
        r.client_order_id, r.side, r.type, r.time_in_force, r.price_ticks, r.quantity_lots, r.filled_lots, r.leaves_lots,
        r.trade_id, r.last_price_ticks, r.last_quantity_lots, r.liquidity, r.fee_units, r.reason, r.received_at_us, r.matched_at_us,
        ${WRITING_DAY}
      from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
        $17::bigint[], $18::bigint[], $19::text[], $20::bigint[], $21::text[], $22::bigint[], $23::bigint[])
        as r(account_id, from_end, asset, event_sequence, event, status, order_id, client_order_id, side, type,
          time_in_force, price_ticks, quantity_lots, filled_lots, leaves_lots, trade_id, last_price_ticks,
          last_quantity_lots, liquidity, fee_units, reason, received_at_us, matched_at_us)
      join account_sequences s on s.account_id = r.account_id`,
    values: [values[0], fromEnd, ...values.slice(1)],
  };
}
