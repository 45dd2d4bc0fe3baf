/** What goes wrong with what is written: with its days, its settlement, and who compares it. */
import { until } from "../support/eventually.js";
import { TextSession } from "../support/trading-session.js";
import type { AlertCauses } from "./alert-causes.js";

/** Somebody has dropped the parts of the coming days, and a lock of somebody's keeps new ones from being made. */
export async function noDaysAhead(causes: AlertCauses): Promise<void> {
  const client = await causes.databaseClient();
  await client.query(`do $$ declare ahead date; whole text; begin
    for ahead in delete from history_days where day > (now() at time zone 'UTC')::date returning day loop
      foreach whole in array history_tables() loop execute format('drop table %I', part_of(whole, ahead)); end loop;
    end loop;
  end $$`);
  await causes.lockedTable("trades", "owners");
  // A service looks at the days when it starts, and then every hour.
  await causes.bourse.killAndWaitForNext("order-processing");
}

/** What settles stands still, between two batches, and orders come. */
export async function frozenSettlement(causes: AlertCauses, asset: string): Promise<void> {
  const session = await TextSession.open(causes.bourse.endpoints.orderHandler, "random2");
  causes.atEnd(() => session.close());
  const order = () => session.request(`BUY ${asset} 1 1`);
  await order();
  const client = await causes.databaseClient();
  const settled = "select from consumer_positions where service = 'trade-processing' and asset = $1 and sequence > 0";
  await until("an order to be settled", async () => (await client.query(settled, [asset])).rowCount === 1);
  causes.freeze("trade-processing");
  await order();
}

/** A reconciliation that starts while another process, which stands still, has its lock. */
export async function idleReconciler(causes: AlertCauses): Promise<void> {
  const client = await causes.databaseClient();
  await client.query("select pg_advisory_lock(hashtext('bourse reconciliation'))");
  await causes.bourse.killAndWaitForNext("reconciliation");
}
