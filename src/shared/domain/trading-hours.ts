/** Trading hours as people write them: Mon-Fri 09:00-17:30, Sat 10:00-12:00. Pure. */

/** One stretch of an asset's week, in the local time of a time zone. */
export interface TradingStretch {
  /** ISO: 1 is Monday; of the day on which it begins. */
  readonly weekday: number;
  /** 09:00 */
  readonly opens: string;
  /** 17:30; not after `opens`: of the next day. */
  readonly closes: string;
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const PART = /^([A-Za-z]{3})(?:-([A-Za-z]{3}))? (\d\d:\d\d)-(\d\d:\d\d)$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Null: it is not written so. Stretches of one day must not begin at the same time. */
export function tradingHoursIn(text: string): TradingStretch[] | null {
  const stretches: TradingStretch[] = [];
  for (const part of text.split(",")) {
    const [, from = "", to = from, opens = "", closes = ""] = PART.exec(part.trim()) ?? [];
    const [first, last] = [dayOf(from), dayOf(to)];
    if (first < 0 || last < 0 || !TIME.test(opens) || !TIME.test(closes)) return null;
    const days = ((last - first + DAYS.length) % DAYS.length) + 1;
    for (let day = 0; day < days; day++) stretches.push({ weekday: ((first + day) % DAYS.length) + 1, opens, closes });
  }
  const beginnings = new Set(stretches.map(({ weekday, opens }) => `${weekday} ${opens}`));
  return beginnings.size === stretches.length ? stretches : null;
}

/** In the order of the week, days that are alike together. */
export function tradingHoursText(stretches: readonly TradingStretch[]): string {
  const parts: { from: number; to: number; readonly time: string }[] = [];
  const inOrder = [...stretches].sort((a, b) => a.opens.localeCompare(b.opens) || a.weekday - b.weekday);
  for (const { weekday, opens, closes } of inOrder) {
    const time = `${opens}-${closes}`;
    const before = parts.findLast((part) => part.time === time);
    if (before?.to === weekday - 1) before.to = weekday;
    else parts.push({ from: weekday, to: weekday, time });
  }
  parts.sort((a, b) => a.from - b.from || a.time.localeCompare(b.time));
  const name = (weekday: number) => DAYS[weekday - 1];
  return parts.map(({ from, to, time }) => `${name(from)}${to === from ? "" : `-${name(to)}`} ${time}`).join(", ");
}

function dayOf(name: string): number {
  return DAYS.findIndex((day) => day.toLowerCase() === name.toLowerCase());
}
