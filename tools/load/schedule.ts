/** When each order of a run is planned to leave. Pure. */

export interface ScheduleOptions {
  /** Of a ramp the rate at its end. */
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Undefined: as in the beginning of the measured part. */
  readonly warmupPerSecond?: number;
  /** The measured part begins with this rate, and gets evenly faster. Undefined: it is as fast from the start. */
  readonly rampFromPerSecond?: number;
  /** So many leave at once, then none until their time is over. Undefined: they leave one by one. */
  readonly burst?: number;
}

export class Schedule {
  /** All of them, and the first one that is measured. */
  readonly orders: number;
  readonly measureFrom: number;
  readonly endMs: number;
  readonly #warmupMs: number;
  readonly #warmupPerMs: number;
  readonly #fromPerMs: number;
  /** By how much the rate grows, in orders per ms and ms. */
  readonly #growth: number;
  readonly #burst: number;

  constructor({
    ratePerSecond,
    seconds,
    warmupSeconds,
    rampFromPerSecond = ratePerSecond,
    warmupPerSecond = rampFromPerSecond,
    burst = 1,
  }: ScheduleOptions) {
    this.#warmupMs = warmupSeconds * 1_000;
    this.endMs = this.#warmupMs + seconds * 1_000;
    this.#warmupPerMs = warmupPerSecond / 1_000;
    this.#fromPerMs = rampFromPerSecond / 1_000;
    this.#growth = (ratePerSecond - rampFromPerSecond) / 1_000 / (seconds * 1_000);
    this.#burst = burst;
    this.measureFrom = Math.round(warmupPerSecond * warmupSeconds);
    this.orders = this.measureFrom + Math.round(((rampFromPerSecond + ratePerSecond) / 2) * seconds);
  }

  /** After the run's start. */
  plannedMs(order: number): number {
    if (order < this.measureFrom) return this.#together(order) / this.#warmupPerMs;
    const measured = this.#together(order - this.measureFrom);
    if (this.#growth === 0) return this.#warmupMs + measured / this.#fromPerMs;
    // orders(t) = from · t + growth · t² / 2, solved for t
    const root = Math.sqrt(Math.max(0, this.#fromPerMs ** 2 + 2 * this.#growth * measured));
    return this.#warmupMs + (root - this.#fromPerMs) / this.#growth;
  }

  #together(order: number): number {
    return order - (order % this.#burst);
  }
}
