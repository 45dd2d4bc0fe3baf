/** What goes wrong with what is written: with its days, with its settlement, and with who compares it. */
import { until } from "../support/eventually.js";
import type { AlertCauses } from "./alert-causes.js";

/** Of dropped parts it is known at once that they are missing, of a service that has started a minute later. */
const READY_WITHIN_MS = 60_000;

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

/** Somebody holds the row that settlement of the asset must write, while orders come. */
export async function heldSettlement(causes: AlertCauses, asset: string): Promise<void> {
  await causes.orders(asset, 2);
  const position = "from consumer_positions where service = 'trade-processing' and asset = $1";
  const client = await causes.databaseClient();
  const isSettled = async () => (await client.query(`select ${position} and sequence > 0`, [asset])).rowCount === 1;
  await until(`orders in ${asset} to be settled`, isSettled, READY_WITHIN_MS);
  await client.query("begin");
  await client.query(`select ${position} for update`, [asset]);
}

/** A reconciliation that starts while another process, which stands still, has its lock. */
export async function idleReconciler(causes: AlertCauses): Promise<void> {
  const client = await causes.databaseClient();
  await client.query("select pg_advisory_lock(hashtext('bourse reconciliation'))");
  await causes.bourse.killAndWaitForNext("reconciliation");
}
