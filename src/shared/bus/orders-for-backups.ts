/**
 * What ORDERS keep for backups of Postgres: whoever goes back to a moment replays the log from there. Backups say in a NATS
 * key-value bucket, which does not go back with Postgres, from where on; the trimmer follows them, and says what it has removed.
 */
import type { Bus } from "./bus.js";
import { keepValue, keptValue } from "./kept-value.js";

/** Where ORDERS are needed from by one backup. */
export interface OrdersForBackup {
  /** Of the newest one that is whole; null: there is none yet. */
  readonly madeAtMs: number | null;
  /** By asset, the last message that was processed before the backup began; an asset that is not named had none. */
  readonly processed: Readonly<Record<string, number>>;
}

/** Of all that are kept; those between the two need less than the oldest. */
export interface OrdersForBackups {
  readonly oldest: OrdersForBackup;
  readonly newest: OrdersForBackup;
}

/** Keys of two words: an asset's own is one. */
const KEPT = "backups.kept";
const trimmedKey = (asset: string) => `trimmed.${asset}`;

/** When ORDERS are as full as this, the exchange goes first: they are kept for the newest backup only, then for none. */
const NEWEST_ONLY_FILL = 0.9;
const NONE_FILL = 0.95;

/** Null: no backup is kept. */
export function putOrdersForBackups(bus: Bus, kept: OrdersForBackups | null): Promise<void> {
  return keepValue(bus, KEPT, kept, "which backups ORDERS are kept for");
}

export function readOrdersForBackups(bus: Bus): Promise<OrdersForBackups | null> {
  return keptValue(bus, KEPT);
}

export function putTrimmed(bus: Bus, asset: string, before: number): Promise<void> {
  return keepValue(bus, trimmedKey(asset), { before }, `how far ORDERS of ${asset} are trimmed`);
}

/** Messages of the asset before this one are gone from ORDERS; 1: none is. */
export async function readTrimmed(bus: Bus, asset: string): Promise<number> {
  return (await keptValue<{ readonly before: number }>(bus, trimmedKey(asset)))?.before ?? 1;
}

/** The last message of the asset that no backup needs; infinite: they need none at all. */
export function neededByNone(kept: OrdersForBackups | null, asset: string, fill: number): number {
  if (kept === null || fill >= NONE_FILL) return Number.POSITIVE_INFINITY;
  const { processed } = fill >= NEWEST_ONLY_FILL ? kept.newest : kept.oldest;
  return processed[asset] ?? 0;
}
