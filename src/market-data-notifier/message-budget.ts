/**
 * How many messages a connection may send: a bucket that refills steadily. Who sends on in spite of many refusals is
 * not confused but hostile, and is cut off.
 */
export class MessageBudget {
  readonly #perSecondMax: number;
  #left: number;
  #refusedInARow = 0;
  #atMs: number;

  constructor(perSecondMax: number, nowMs: number) {
    this.#perSecondMax = perSecondMax;
    this.#left = perSecondMax;
    this.#atMs = nowMs;
  }

  spend(nowMs: number): "allowed" | "refused" | "hostile" {
    this.#left = Math.min(this.#perSecondMax, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSecondMax);
    this.#atMs = nowMs;
    if (this.#left >= 1) {
      this.#left -= 1;
      this.#refusedInARow = 0;
      return "allowed";
    }
    this.#refusedInARow += 1;
    return this.#refusedInARow > 10 * this.#perSecondMax ? "hostile" : "refused";
  }
}
