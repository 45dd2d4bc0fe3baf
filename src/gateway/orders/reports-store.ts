import type { Queries } from "../../shared/database/database.js";
import { ORDER_OF_REPORT, REPORT_COLUMNS, type ReportRow, reportOf } from "../../shared/database/stored-reports.js";
import type { SequencedReport } from "../../shared/domain/reports.js";
import type { AccountId, EpochUs, OrderId } from "../../shared/domain/units.js";
import type { Target } from "./orders.js";

/** The account's reports of an order since a time, for an answer whose notifications were missed. */
export async function reportsSince(
  database: Queries,
  asset: string,
  accountId: AccountId,
  target: Target,
  sinceUs: EpochUs,
): Promise<SequencedReport[]> {
  const rows = await database.query<ReportRow>(
    `select ${REPORT_COLUMNS} from execution_reports r ${ORDER_OF_REPORT}
     where r.account_id = $1 and r.asset = $2 and r.matched_at_us >= $5
       and (r.order_id = $3 or ($3::bigint is null and r.client_order_id = $4))
     order by r.account_sequence`,
    [accountId, asset, target.orderId, target.clientOrderId, sinceUs],
  );
  return rows.map(reportOf);
}

/** The account's order with that client order id, which a replace may have given it; null: it has none in the asset. */
export async function orderNamed(
  database: Queries,
  asset: string,
  accountId: AccountId,
  clientOrderId: string,
): Promise<OrderId | null> {
  const rows = await database.query<{ orderId: OrderId }>(
    `select order_id as "orderId" from client_order_ids where account_id = $1 and client_order_id = $2 and asset = $3`,
    [accountId, clientOrderId, asset],
  );
  return rows[0]?.orderId ?? null;
}
