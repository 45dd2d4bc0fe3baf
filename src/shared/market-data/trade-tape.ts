import type { PublicTrade } from "../domain/reports.js";
import { type Hole, SequenceGate } from "./sequence-gate.js";

/**
 * One asset's public trades, gapless by trade id: the last few that were told to subscribers (`recent`), and those that wait
 * to be told. The trades that `release` returns follow the recent ones without a gap.
 */
export class TradeTape {
  readonly #gate: SequenceGate<PublicTrade>;
  readonly #recentMax: number;
  #recent: PublicTrade[] = [];

  constructor(
    limits: { readonly recentMax: number; readonly heldMax: number },
    onHeld: (trades: number) => void = () => undefined,
  ) {
    this.#recentMax = limits.recentMax;
    this.#gate = new SequenceGate(limits.heldMax, onHeld);
  }

  get isStarted(): boolean {
    return this.#gate.isStarted;
  }

  /** The last trades that were told, oldest first. */
  get recent(): readonly PublicTrade[] {
    return this.#recent;
  }

  /** Starts after these trades, the newest settled ones, oldest first. */
  start(settled: readonly PublicTrade[]): void {
    this.#recent = settled.slice(-this.#recentMax);
    this.#gate.start(settled.at(-1)?.tradeId ?? 0);
  }

  offer(trades: readonly PublicTrade[]): void {
    for (const trade of trades) this.#gate.offer(trade.tradeId, trade);
  }

  knowUpTo(tradeId: number): void {
    this.#gate.knowUpTo(tradeId);
  }

  /** Takes the trades to tell now, at most `tradesMax`; they count as told. */
  release(tradesMax: number): PublicTrade[] {
    const trades = this.#gate.take(tradesMax);
    if (trades.length > 0) this.#recent = [...this.#recent, ...trades].slice(-this.#recentMax);
    return trades;
  }

  /** Whether a trade is missing, and those after it wait. */
  get isWaiting(): boolean {
    return this.#gate.isWaiting;
  }

  /** The id of the last trade that was told. */
  get position(): number {
    return this.#gate.position;
  }

  hole(lengthMax: number): Hole | null {
    return this.#gate.hole(lengthMax);
  }

  /** Forgets trades that wait behind a hole, but for the next few. */
  keepNext(heldMax: number): void {
    this.#gate.keepNext(heldMax);
  }
}
