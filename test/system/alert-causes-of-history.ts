/** What goes wrong with what is written: with its days, and with who compares it. */
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

/** An asset is halted, and nobody looks after it: what is logged of it is not settled, and so not compared. */
export async function neglectedAsset(causes: AlertCauses, asset: string): Promise<void> {
  await causes.orders(asset, 1, "random2");
  await causes.processed(asset);
  await causes.garbled("commands", asset);
}

/** A reconciliation that starts while another process, which stands still, has its lock. */
export async function idleReconciler(causes: AlertCauses): Promise<void> {
  const client = await causes.databaseClient();
  await client.query("select pg_advisory_lock(hashtext('bourse reconciliation'))");
  await causes.bourse.killAndWaitForNext("reconciliation");
}
