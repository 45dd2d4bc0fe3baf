/**
 * What an asset is worth at each moment of a market that is made up: the reference price of its configuration, multiplied by a walk
 * that wanders and comes back. Pure: the same seed gives the same path.
 */
const STEP_BPS = 4;
/** How much of its distance the walk comes back with each step: it stays within some percent. */
const COMES_BACK = 0.002;

export class ReferencePath {
  readonly #referenceTicks: number;
  readonly #draw: () => number;
  #walk = 0;

  constructor(referenceTicks: number, draw: () => number) {
    this.#referenceTicks = referenceTicks;
    this.#draw = draw;
  }

  /** The next price; fractions of a tick are meant. */
  next(): number {
    const step = (2 * this.#draw() - 1) * Math.sqrt(3) * (STEP_BPS / 10_000); // even, with that standard deviation
    this.#walk = this.#walk * (1 - COMES_BACK) + step;
    return this.#referenceTicks * Math.exp(this.#walk);
  }
}
