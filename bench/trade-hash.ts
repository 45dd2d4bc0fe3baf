/** What a right engine's trades hash to, in the order in which they happen. */
export class TradeHash {
  value = 0;

  add(makerId: number, takerId: number, price: number, quantity: number): void {
    this.value = (Math.imul(this.value ^ makerId, 0x01000193) + takerId) | 0;
    this.value = (Math.imul(this.value ^ (price % 2 ** 32), 0x01000193) + quantity) | 0;
  }
}
