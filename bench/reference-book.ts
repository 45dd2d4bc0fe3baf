/** A book of limit orders that the streams are drawn against: no engine of the benchmark has a part in making them. */
import { TradeHash } from "./trade-hash.js";

interface ReferenceOrder {
  readonly id: number;
  readonly side: number;
  price: number;
  quantity: number;
  /** Where it stands among the live orders; -1: it is dead. */
  liveIndex: number;
}

interface Level {
  readonly price: number;
  orders: ReferenceOrder[];
  first: number;
  count: number;
}

export class ReferenceBook {
  readonly #sides = [new BookSide((a, b) => a > b), new BookSide((a, b) => a < b)] as const;
  readonly #live: ReferenceOrder[] = [];
  readonly #byId = new Map<number, ReferenceOrder>();
  readonly #hash = new TradeHash();
  trades = 0;
  lots = 0;

  get hash(): number {
    return this.#hash.value;
  }

  get liveCount(): number {
    return this.#live.length;
  }

  live(index: number): ReferenceOrder {
    return this.#live[index] as ReferenceOrder;
  }

  /** -1: there is none. */
  best(side: number): number {
    return this.#side(side).best()?.price ?? -1;
  }

  /** `price` null: takes any. */
  enter(id: number, side: number, price: number | null, quantity: number, mayRest: boolean): void {
    const makers = this.#side(1 - side);
    let left = quantity;
    for (let level = makers.best(); left > 0 && level !== null; level = makers.best()) {
      if (price !== null && (side === 0 ? level.price > price : level.price < price)) break;
      while (left > 0 && level.count > 0) {
        const maker = makers.first(level);
        const traded = Math.min(left, maker.quantity);
        left -= traded;
        maker.quantity -= traded;
        this.trades++;
        this.lots += traded;
        this.#hash.add(maker.id, id, level.price, traded);
        if (maker.quantity === 0) this.#end(maker);
      }
    }
    if (left > 0 && mayRest && price !== null) this.#rest({ id, side, price, quantity: left, liveIndex: -1 });
  }

  cancel(id: number): void {
    const order = this.#byId.get(id);
    if (order !== undefined) this.#end(order);
  }

  move(id: number, price: number): void {
    const order = this.#byId.get(id);
    if (order === undefined) return;
    this.#end(order);
    this.enter(id, order.side, price, order.quantity, true);
  }

  #side(side: number): BookSide {
    return side === 0 ? this.#sides[0] : this.#sides[1];
  }

  #rest(order: ReferenceOrder): void {
    order.liveIndex = this.#live.length;
    this.#live.push(order);
    this.#byId.set(order.id, order);
    this.#side(order.side).add(order);
  }

  #end(order: ReferenceOrder): void {
    this.#side(order.side).end(order);
    this.#byId.delete(order.id);
    const last = this.#live.pop() as ReferenceOrder;
    if (last !== order) {
      this.#live[order.liveIndex] = last;
      last.liveIndex = order.liveIndex;
    }
    order.liveIndex = -1;
  }
}

/** Queues by price, and a binary heap of the prices; dead orders and empty prices are dropped when they come to the top. */
class BookSide {
  readonly #isBetter: (a: number, b: number) => boolean;
  readonly #levels = new Map<number, Level>();
  readonly #heap: number[] = [];

  constructor(isBetter: (a: number, b: number) => boolean) {
    this.#isBetter = isBetter;
  }

  best(): Level | null {
    while (this.#heap.length > 0) {
      const level = this.#levels.get(this.#heap[0] as number) as Level;
      if (level.count > 0) return level;
      this.#levels.delete(level.price);
      this.#dropTop();
    }
    return null;
  }

  first(level: Level): ReferenceOrder {
    while ((level.orders[level.first] as ReferenceOrder).liveIndex < 0) level.first++;
    return level.orders[level.first] as ReferenceOrder;
  }

  add(order: ReferenceOrder): void {
    let level = this.#levels.get(order.price);
    if (level === undefined) {
      level = { price: order.price, orders: [], first: 0, count: 0 };
      this.#levels.set(order.price, level);
      this.#push(order.price);
    }
    if (level.orders.length > 64 && level.orders.length > 4 * level.count) {
      level.orders = level.orders.filter(({ liveIndex }) => liveIndex >= 0);
      level.first = 0;
    }
    level.orders.push(order);
    level.count++;
  }

  end(order: ReferenceOrder): void {
    (this.#levels.get(order.price) as Level).count--;
  }

  #push(price: number): void {
    const heap = this.#heap;
    let at = heap.length;
    for (let parent = (at - 1) >> 1; at > 0 && this.#isBetter(price, heap[parent] as number); parent = (at - 1) >> 1) {
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = price;
  }

  #dropTop(): void {
    const heap = this.#heap;
    const price = heap.pop() as number;
    if (heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#isBetter(heap[child + 1] as number, heap[child] as number)) child++;
      if (!this.#isBetter(heap[child] as number, price)) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = price;
  }
}
