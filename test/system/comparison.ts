import { expect } from "chai";
import { execute } from "../support/postgres.js";
import type { ReportSeen, TradeSeen } from "./subscriber.js";
import type { Request } from "./trader.js";

/** What the pipeline promised its clients against what it has on record. Each function fails with what differs. */

/** Nothing acknowledged is lost, nothing refused was done, nothing is there twice. */
export async function expectLogToMatchAnswers(databaseUrl: string, requests: readonly Request[]): Promise<void> {
  const rows = (await execute(
    databaseUrl,
    `select asset, log_id::float8 as "logId", kind, client_order_id as "clientOrderId", refused
     from order_log where log_id is not null`,
  )) as { asset: string; logId: number; kind: string; clientOrderId: string; refused: string | null }[];
  const logged = new Map(rows.map((row) => [`${row.asset} ${row.logId}`, row]));
  expect(logged.size).to.equal(rows.length, "log ids are unique");

  const unexplained = new Set(logged.keys());
  for (const { asset, clientOrderId, isCancel, fate } of requests) {
    if (fate.kind !== "acknowledged") continue;
    const key = `${asset} ${fate.logId}`;
    expect(unexplained.delete(key), `${key} is acknowledged once, and in the log`).to.equal(true);
    const { kind, clientOrderId: id } = logged.get(key) ?? {};
    expect([key, kind, id]).to.deep.equal([key, isCancel ? "cancel" : "new", clientOrderId]);
  }

  // Rows without an acknowledgement must belong to requests that had no certain answer, or were sent twice.
  const refused = new Set(
    requests
      .filter(({ fate, isCancel }) => fate.kind === "refused" && !isCancel)
      .map(({ clientOrderId }) => clientOrderId),
  );
  for (const key of unexplained) {
    const row = logged.get(key);
    if (row?.kind === "new") expect(refused.has(row.clientOrderId), `${key} was refused`).to.equal(false);
  }
  const orders = rows.filter(({ kind, refused: reason }) => kind === "new" && reason === null);
  expect(new Set(orders.map(({ clientOrderId }) => clientOrderId)).size).to.equal(
    orders.length,
    "a client order id is passed on once",
  );
}

/** Every sequence counts 1, 2, 3, …, and fills add up: what orders say is what their trades say. */
export async function expectBooksToBalance(databaseUrl: string): Promise<void> {
  expect(
    await execute(
      databaseUrl,
      `select 'order_log' as sequence, asset as of from order_log group by asset
         having count(*) <> max(command_sequence) or min(command_sequence) <> 1
       union all select 'trades', asset from trades group by asset
         having count(*) <> max(trade_id) or min(trade_id) <> 1
       union all select 'execution_reports', account_id::text from execution_reports group by account_id
         having count(*) <> max(account_sequence) or min(account_sequence) <> 1`,
    ),
  ).to.deep.equal([], "sequences with gaps");
  expect(
    await execute(
      databaseUrl,
      `with fills as (
         select asset, order_id, sum(quantity_lots) as lots from (
           select asset, maker_order_id as order_id, quantity_lots from trades
           union all select asset, taker_order_id, quantity_lots from trades) as sides
         group by asset, order_id)
       select asset, order_id, filled_lots, lots from orders full join fills using (asset, order_id)
       where filled_lots is distinct from coalesce(lots, 0) or filled_lots > quantity_lots
         or (status in ('open', 'partially_filled') and leaves_lots <> quantity_lots - filled_lots)`,
    ),
  ).to.deep.equal([], "orders whose fills don't add up");
  expect(
    await execute(
      databaseUrl,
      `select l.asset, l.log_id, count(r.event) as reports
       from order_log l left join execution_reports r
         on r.asset = l.asset and r.order_id = l.log_id and r.event in ('accepted', 'rejected')
       where l.kind = 'new' group by l.asset, l.log_id having count(r.event) <> 1`,
    ),
  ).to.deep.equal([], "orders that were not accepted or rejected exactly once");
}

/** The owner saw every report once, in order, whatever broke in between. */
export async function expectReportsToBeComplete(
  databaseUrl: string,
  account: string,
  seen: readonly ReportSeen[],
): Promise<void> {
  const rows = await execute(
    databaseUrl,
    `select account_sequence::int as "accountSequence", asset, order_id::float8 as "orderId", event, status
     from execution_reports join accounts using (account_id) where name = $1 order by account_sequence`,
    [account],
  );
  const received = seen.map(({ accountSequence, asset, orderId, event, status }) => {
    return { accountSequence, asset, orderId: orderId ?? null, event, status };
  });
  expect(received.length).to.equal(rows.length, `reports that ${account} received`);
  expect(received).to.deep.equal(rows);
}

/** Everybody sees a trade at most once, in order. Whoever is away for long may miss some: the snapshot is short. */
export function expectTradesToBeInOrder(seen: readonly TradeSeen[]): void {
  const outOfOrder = seen.filter(({ tradeId }, index) => index > 0 && tradeId <= (seen[index - 1]?.tradeId ?? 0));
  expect(outOfOrder).to.deep.equal([]);
}
