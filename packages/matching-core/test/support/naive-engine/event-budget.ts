/** How many events a command, and the order on its way in, may still make. */
export class EventBudget {
  /** Of the rules in force. */
  max: number;
  #ofCommand = 0;
  #ofOrder = 0;

  constructor(max: number) {
    this.max = max;
  }

  startCommand(): void {
    this.#ofCommand = 0;
  }

  startOrder(): void {
    this.#ofOrder = 0;
  }

  noteEvent(): void {
    this.#ofCommand++;
    this.#ofOrder++;
  }

  get isCommandSpent(): boolean {
    return this.#ofCommand >= this.max;
  }

  get isOrderSpent(): boolean {
    return this.#ofOrder >= this.max;
  }
}
