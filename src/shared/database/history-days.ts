/**
 * Days of history (sql/19): tables that grow with every order have a part for each day. A read that does not name its days looks
 * into each part, so those that a batch waits for look where the rows should be, and everywhere only for what is not there.
 */
import { nowEpochMs } from "../process/clock.js";

/** The day of rows that a statement writes; read once a statement. */
export const WRITING_DAY = "(select day from writing_day)";
/** The condition that a row of `orders`, by this alias, is open. */
export const isOpenDay = (orders: string): string => `${orders}.day = 'infinity'`;

const DAY_MS = 86_400_000;

/**
 * The condition that a row is of those two days, for prepared statements: in the text, since with parameters each part is locked
 * every time, and a backend has sixteen locks that are cheap. The statement is prepared anew when it is another day.
 */
export function isOfRecentDays(): string {
  return `day in (${recentDays()
    .map((day) => `date '${day}'`)
    .join(", ")})`;
}

/** Two parameters: the days that rows of the last hours are in, by this process's clock. */
export function recentDays(): [today: string, yesterday: string] {
  const now = nowEpochMs();
  return [dayOf(now), dayOf(now - DAY_MS)];
}

function dayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
