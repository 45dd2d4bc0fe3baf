/** Alarms outlive a reload: they are kept by this browser, and only here. */
import type { PriceAlarm } from "../state/price-alarms.js";

const NAME = "bourse-alarms";

export function keptAlarms(): readonly PriceAlarm[] {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "[]");
    return Array.isArray(kept)
      ? kept.filter((one) => Number.isSafeInteger(one?.priceTicks) && typeof one.price === "string")
      : [];
  } catch {
    return [];
  }
}

export function keepAlarms(alarms: readonly PriceAlarm[]): void {
  if (alarms.length === 0) localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, JSON.stringify(alarms));
}
