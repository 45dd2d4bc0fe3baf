import { WrongOption } from "../shared/process/options.js";

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** Reads the moment to go back to; null: the latest. Throws WrongOption for what is none, or has not come yet. */
export function momentOf(text: string, nowMs: number): Date | null {
  if (text === "latest") return null;
  const ms = RFC_3339.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN;
  if (Number.isNaN(ms))
    throw new WrongOption(`--to ${text} is no time: give one such as 2026-11-29T21:50:00Z, or latest`);
  if (ms > nowMs) throw new WrongOption(`--to ${text} has not come yet: give latest for all there is`);
  return new Date(ms);
}
