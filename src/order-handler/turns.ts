/** Who has something to write gets a turn once a round of the event loop: one write, however many answers came. */
export class Turns<One extends { takeTurn(): void }> {
  #waiting = new Set<One>();

  /** To be called whenever there is something to do, as often as one likes. */
  wake(one: One): void {
    if (this.#waiting.add(one).size === 1) setImmediate(() => this.#round());
  }

  #round(): void {
    const round = this.#waiting;
    this.#waiting = new Set();
    for (const one of round) one.takeTurn();
  }
}
