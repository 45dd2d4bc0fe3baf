/**
 * Decides which snapshots are kept: the newest three, since one may turn out to be damaged, and older ones that leave a start
 * enough published events to compare. Pure.
 */
import type { StoredSnapshot, StreamPlaces } from "./snapshot-store.js";

export interface StoredPlace {
  readonly stored: StoredSnapshot;
  /** Null: the snapshot is not whole, or can't be loaded. */
  readonly place: (StreamPlaces & { readonly eventSequence: number }) | null;
}

const NEWEST_KEPT = 3;

/**
 * The snapshots to keep of those given, newest first, up to one that is good. Beside the newest three: the newest that leaves
 * enough events, and the oldest that does not yet, which will take its place.
 */
export function toKeep(snapshots: readonly StoredPlace[], comparedEventsMin: number): readonly StoredPlace[] {
  const whole = snapshots.filter(({ stored }) => stored.isWhole);
  const newest = whole.slice(0, NEWEST_KEPT);
  const lastEvent = newest.find(({ place }) => place !== null)?.place?.eventSequence ?? 0;
  const isEnough = ({ place }: StoredPlace) => place !== null && lastEvent - place.eventSequence >= comparedEventsMin;
  if (newest.some(isEnough)) return newest;
  const older = whole.slice(NEWEST_KEPT).filter(({ place }) => place !== null);
  const comparable = older.find(isEnough);
  const next = older.findLast((each) => !isEnough(each));
  return [...newest, ...[next, comparable].filter((each) => each !== undefined)];
}
