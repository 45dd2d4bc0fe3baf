/**
 * Postgres's timelines: each way back begins a new one, and the old one stays in the archive. A moment is looked for on the
 * timeline that was in use at that time, so that a way back can itself be undone. Pure.
 */

/** A way back that was gone: from `at` on the exchange has lived on `timeline`, which begins at the moment `to`. */
export interface GoneBack {
  readonly at: string;
  readonly to: string;
  readonly timeline: number;
}

/** An ancestor of a timeline, and the place in the log where it was left. */
export interface Ancestor {
  readonly timeline: number;
  readonly leftAt: bigint;
}

/** The timeline in use at the time; null: the first, whatever its number is. */
export function timelineAt(goneBack: readonly GoneBack[], timeMs: number): number | null {
  const before = goneBack
    .filter(({ at }) => Date.parse(at) <= timeMs)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return before.at(-1)?.timeline ?? null;
}

/** The ancestors in a history file: a line each, number, place and reason. */
export function ancestorsIn(history: string): Ancestor[] {
  return [...history.matchAll(/^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/gim)].map(([, timeline, place]) => ({
    timeline: Number(timeline),
    leftAt: placeInLog(place as string),
  }));
}

/** Whether a base backup that ended at a place of a timeline can be recovered along another one. */
export function leadsTo(
  backup: { readonly timeline: number; readonly endsAt: string },
  timeline: number,
  ancestors: readonly Ancestor[],
): boolean {
  if (backup.timeline === timeline) return true;
  const left = ancestors.find((ancestor) => ancestor.timeline === backup.timeline);
  return left !== undefined && placeInLog(backup.endsAt) <= left.leftAt;
}

/** 16/B374D848 as a number. */
function placeInLog(text: string): bigint {
  const [high = "0", low = "0"] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** The name of a timeline's history in the archive. */
export function historyFile(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
}
