/** Numbers and times as people read them. */

/** "1234567.5" → "1,234,567.5". Only the whole part is cut into threes. */
export function withThousands(decimal: string): string {
  const [whole = "", fraction] = decimal.split(".");
  const cut = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? cut : `${cut}.${fraction}`;
}

/** The change from one price to another, with its sign: "+1.25 %". Empty where there is no first price. */
export function changeText(from: number, to: number): string {
  if (from === 0) return "";
  const percent = ((to - from) / from) * 100;
  const sign = percent > 0 ? "+" : percent < 0 ? "−" : "±";
  return `${sign}${Math.abs(percent).toFixed(2)} %`;
}

/** An arrow for a change: what a colour says must be readable without it. */
export function arrowOf(change: number): "▲" | "▼" | "■" {
  return change > 0 ? "▲" : change < 0 ? "▼" : "■";
}

/** A duration in a unit that keeps it short: "850 µs", "2.1 ms", "1.50 s". */
export function durationText(durationUs: number): string {
  const size = Math.abs(durationUs);
  if (size < 1_000) return `${Math.round(durationUs)} µs`;
  if (size < 1_000_000) return `${(durationUs / 1_000).toFixed(size < 100_000 ? 1 : 0)} ms`;
  return `${(durationUs / 1_000_000).toFixed(2)} s`;
}

/** A day and a time, in the reader's time zone: "2026-02-01 14:03:09". */
export function dateTimeText(atUs: number): string {
  const time = new Date(atUs / 1_000);
  const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  return `${day.map((part) => String(part).padStart(2, "0")).join("-")} ${timeText(atUs)}`;
}

/** Of a day, in the reader's time zone: "14:03:09". */
export function timeText(atUs: number): string {
  const time = new Date(atUs / 1_000);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
