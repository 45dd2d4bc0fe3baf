import { TokenBucket } from "../../shared/process/token-bucket.js";

/**
 * Limits the messages of a connection by a bucket that refills steadily. A client that sends on in spite of many refusals is
 * hostile, and is cut off.
 */
export class MessageBudget {
  readonly #bucket: TokenBucket;
  readonly #refusalsMax: number;
  #refusedInARow = 0;

  constructor(perSecondMax: number, nowMs: number) {
    this.#bucket = new TokenBucket({ perSecond: perSecondMax, burst: perSecondMax }, nowMs);
    this.#refusalsMax = 10 * perSecondMax;
  }

  spend(nowMs: number): "allowed" | "refused" | "hostile" {
    if (this.#bucket.take(nowMs)) {
      this.#refusedInARow = 0;
      return "allowed";
    }
    this.#refusedInARow += 1;
    return this.#refusedInARow > this.#refusalsMax ? "hostile" : "refused";
  }
}
