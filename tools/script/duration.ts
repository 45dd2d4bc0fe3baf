/** `2s`, `0.5s`, `250ms`, in milliseconds; null: it is none. Pure. */
export function durationMs(text: string): number | null {
  const [, amount, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)$/i.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return null;
  return Number(amount) * (unit.toLowerCase() === "s" ? 1_000 : 1);
}
