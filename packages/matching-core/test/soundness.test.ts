import { expect } from "chai";
import type { NewOrder } from "../src/commands.js";
import { CROWD_ORDERS_MIN } from "../src/crowded-levels.js";
import { CurrentRequest } from "../src/current-request.js";
import { InvariantBroken } from "../src/errors.js";
import { IncomingOrder } from "../src/incoming-order.js";
import { OrderBook } from "../src/order-book.js";
import {
  EXPIRY,
  ICEBERG_FLOATS,
  LEAVES,
  LEVEL,
  OWNER_PREVIOUS,
  PREVIOUS,
  ROW_FLOATS,
  ROW_INTS,
  SHOWN,
} from "../src/order-layout.js";
import { OrderTerms } from "../src/order-terms.js";
import { assertSound } from "../src/soundness.js";
import { limitOrder } from "./support/order-terms.js";

/** Two bids of one account at one price, and an ask that is an iceberg with an expiry: slots 1 to 3. */
function bookOfThree(): OrderBook {
  const book = new OrderBook();
  const [request, incoming] = [new CurrentRequest(), new IncomingOrder()];
  const asks = { displayLots: 2, timeInForce: "GTD", expiresAtMs: 5 } as unknown as Parameters<typeof limitOrder>[3];
  const orders = [limitOrder("buy", 4, 9), limitOrder("buy", 4, 9), limitOrder("sell", 4, 11, asks)];
  for (const [index, order] of orders.entries()) {
    request.logId = index + 1;
    request.accountId = 7;
    incoming.read(request, book.owners.find(7), new OrderTerms().read(order as unknown as NewOrder));
    book.rest(incoming);
  }
  return book;
}

const FAULTS: readonly (readonly [what: string, spoil: (book: OrderBook) => void])[] = [
  ["an order without quantity", ({ rows }) => rows.floats.fill(0, ROW_FLOATS + LEAVES, ROW_FLOATS + LEAVES + 1)],
  ["an order that knows another level", ({ rows }) => rows.ints.fill(99, ROW_INTS + LEVEL, ROW_INTS + LEVEL + 1)],
  ["a broken queue", ({ rows }) => rows.ints.fill(0, 2 * ROW_INTS + PREVIOUS, 2 * ROW_INTS + PREVIOUS + 1)],
  [
    "a broken list of an owner",
    ({ rows }) => rows.ints.fill(0, 2 * ROW_INTS + OWNER_PREVIOUS, 2 * ROW_INTS + OWNER_PREVIOUS + 1),
  ],
  [
    "an iceberg that shows more than its slice",
    ({ icebergs }) => icebergs.floats.fill(3, ICEBERG_FLOATS + SHOWN, ICEBERG_FLOATS + SHOWN + 1),
  ],
  [
    "an order that knows another place in the heap",
    ({ rows }) => rows.ints.fill(9, 3 * ROW_INTS + EXPIRY, 3 * ROW_INTS + EXPIRY + 1),
  ],
  ["a wrong count of orders", (book) => book.rows.count++],
  ["a price that has sums, and no orders", ({ bids }) => bids.crowded.count++],
  ["an order in no ladder", (book) => book.asks.remove(3)],
];

describe("A book that agrees with itself", () => {
  it("is sound", () => assertSound(bookOfThree()));

  it("is not one where the sums of a crowded price are not those of its orders", () => {
    const book = bookOfThree();
    const [request, incoming] = [new CurrentRequest(), new IncomingOrder()];
    for (let id = 10; id < 10 + CROWD_ORDERS_MIN; id++) {
      request.logId = id;
      request.accountId = 7;
      const order = limitOrder("sell", 1, 12) as unknown as NewOrder;
      incoming.read(request, book.owners.find(7), new OrderTerms().read(order));
      book.rest(incoming);
    }
    const crowd = book.asks.crowdOf(book.asks.worseLevel(book.asks.bestLevel()));
    assertSound(book);
    crowd?.addLots(1, 1, 0, 0);
    expect(() => assertSound(book)).to.throw(InvariantBroken, "price 12 has other sums than its orders");
  });

  for (const [what, spoil] of FAULTS)
    it(`is not one with ${what}`, () => {
      const book = bookOfThree();
      spoil(book);
      expect(() => assertSound(book)).to.throw(InvariantBroken);
    });
});
