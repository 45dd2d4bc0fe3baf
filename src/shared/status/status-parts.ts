/** What problems and tables of the status share. Pure. */
import type { NatsReading } from "./status-readings.js";

/** The services that share the assets out, and what they do with them. */
export const WORKERS = [
  { service: "order-processing", does: "processed by" },
  { service: "matching-engine", does: "matched by" },
  { service: "trade-processing", does: "settled by" },
] as const;

/** The instance that holds the asset's lease for the service; null: none. */
export function workerOn(asset: string, service: string, { holders }: NatsReading): string | null {
  return holders.find((holder) => holder.service === service && holder.asset === asset)?.instance || null;
}

/** "0 %", "3 %", "100 %"; what is not empty is never 0. */
export function inPercent(ratio: number): string {
  if (ratio > 0 && ratio < 0.01) return "< 1 %";
  return `${Math.floor(ratio * 100)} %`;
}
