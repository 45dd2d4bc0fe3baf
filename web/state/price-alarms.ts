/** Alarms on a price: each rings once, when an asset's last price has reached it from the side on which it was set. */
import { type Asset, priceText } from "../../src/shared/subscriber/asset.js";

export interface PriceAlarm {
  readonly id: number;
  readonly asset: string;
  readonly priceTicks: number;
  readonly price: string;
  readonly rings: "at or above" | "at or below";
}

export const ALARMS_MAX = 50;

/** `lastTicks`: where the price is now; an alarm above it rings when it has risen there. */
export function newAlarm(id: number, asset: Asset, priceTicks: number, lastTicks: number): PriceAlarm {
  const rings = priceTicks >= lastTicks ? "at or above" : "at or below";
  return { id, asset: asset.name, priceTicks, price: priceText(asset, priceTicks), rings };
}

/** Those that ring at this price, and those that go on waiting. */
export function ringing(
  alarms: readonly PriceAlarm[],
  asset: string,
  lastTicks: number,
): { readonly rung: readonly PriceAlarm[]; readonly waiting: readonly PriceAlarm[] } {
  const isRung = (alarm: PriceAlarm) =>
    alarm.asset === asset &&
    (alarm.rings === "at or above" ? lastTicks >= alarm.priceTicks : lastTicks <= alarm.priceTicks);
  return { rung: alarms.filter(isRung), waiting: alarms.filter((alarm) => !isRung(alarm)) };
}
