/** How long orders are without their first report, by asset: what one asset's trouble may not change for the others. */
import { Latencies, type LatencySummary } from "../load/latencies.js";

/** Cancels and what is refused have no report of their own: they are forgotten after so many. */
const WAITING_MAX = 20_000;

export class ReportLatencies {
  readonly #sentMs = new Map<string, number>();
  #byAsset = new Map<string, Latencies>();

  acknowledged(asset: string, logId: number, sentMs: number): void {
    this.#sentMs.set(`${asset} ${logId}`, sentMs);
    if (this.#sentMs.size <= WAITING_MAX) return;
    const [oldest] = this.#sentMs.keys();
    this.#sentMs.delete(oldest as string);
  }

  reported(asset: string, orderId: number): void {
    const sentMs = this.#sentMs.get(`${asset} ${orderId}`);
    if (sentMs === undefined) return;
    this.#sentMs.delete(`${asset} ${orderId}`);
    const latencies = this.#byAsset.get(asset) ?? new Latencies();
    this.#byAsset.set(asset, latencies);
    latencies.record(performance.now() - sentMs);
  }

  /** Since this was asked before. */
  take(): ReadonlyMap<string, LatencySummary> {
    const taken = new Map([...this.#byAsset].map(([asset, latencies]) => [asset, latencies.summary()]));
    this.#byAsset = new Map();
    return taken;
  }
}
