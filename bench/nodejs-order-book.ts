import { type IProcessOrder, OrderBook, Side } from "nodejs-order-book";
import type { Contestant } from "./contestant.js";
import { CANCEL, IMMEDIATE, MARKET, MOVE, type Stream } from "./streams.js";
import { TradeHash } from "./trade-hash.js";

type LimitOptions = Parameters<OrderBook["limit"]>[0];
// The package does not export its enumeration.
const IOC = "IOC" as NonNullable<LimitOptions["timeInForce"]>;
const SIDES = [Side.BUY, Side.SELL] as const;

/** The order book that most Node.js programs would take: npm package nodejs-order-book. */
export class NodejsOrderBook implements Contestant {
  readonly name = "nodejs-order-book";
  readonly #book = new OrderBook();
  /** Its ids are texts; that they are made is not timed. */
  #stream: Stream | null = null;
  #ids: string[] = [];

  prepare(stream: Stream): void {
    if (this.#stream === stream) return;
    this.#stream = stream;
    this.#ids = Array.from(stream.ids, String);
  }

  play(stream: Stream, from: number, to: number): void {
    for (let at = from; at < to; at++) this.step(stream, at);
  }

  step({ ops, sides, prices, quantities }: Stream, at: number): IProcessOrder | null {
    const id = this.#ids[at] as string;
    const [side, price, size] = [SIDES[sides[at] as number] as Side, prices[at] as number, quantities[at] as number];
    switch (ops[at]) {
      case CANCEL:
        this.#book.cancel(id);
        return null;
      case MOVE:
        return this.#book.modify(id, { price });
      case MARKET:
        return this.#book.market({ side, size });
      case IMMEDIATE:
        return this.#book.limit({ id, side, size, price, timeInForce: IOC });
      default:
        return this.#book.limit({ id, side, size, price });
    }
  }

  hashOf(stream: Stream): number {
    this.prepare(stream);
    const hash = new TradeHash();
    for (let at = 0; at < stream.length; at++) {
      const response = this.step(stream, at);
      if (response === null) continue;
      const takerId = stream.ids[at] as number;
      const add = (id: string, price: number, size: number) => {
        if (Number(id) !== takerId) hash.add(Number(id), takerId, price, size);
      };
      for (const done of response.done) if ("price" in done) add(done.id, done.price, done.size);
      const { partial } = response;
      if (partial !== null) add(partial.id, partial.price, response.partialQuantityProcessed);
    }
    return hash.value;
  }
}
