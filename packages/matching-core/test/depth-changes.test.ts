import { expect } from "chai";
import type { NewOrder } from "../src/commands.js";
import { CurrentRequest } from "../src/current-request.js";
import { DepthChanges } from "../src/depth-changes.js";
import { IncomingOrder } from "../src/incoming-order.js";
import { LevelRows } from "../src/level-rows.js";
import { OrderBook } from "../src/order-book.js";
import { OrderTerms } from "../src/order-terms.js";
import { limitOrder } from "./support/order-terms.js";

describe("What a book tells of its depth", () => {
  it("is of prices only, also where the place of a price that nobody wants any more is used for the lowest ones", () => {
    const book = new OrderBook();
    const [request, incoming] = [new CurrentRequest(), new IncomingOrder()];
    let orders = 0;
    const bid = (priceTicks: number) => {
      request.logId = ++orders;
      request.accountId = 7;
      const terms = new OrderTerms().read(limitOrder("buy", 4, priceTicks) as unknown as NewOrder);
      incoming.read(request, book.owners.find(7), terms);
      book.rest(incoming);
      return orders; // its slot
    };
    const [bids, asks] = [new LevelRows(), new LevelRows()];
    const changes = new DepthChanges(book);
    const first = bid(64);
    bid(640);
    changes.takeAll(bids, asks);
    book.bids.remove(first);
    bid(5);
    expect(changes.take(bids, asks)).to.equal(true);
    const told = Array.from({ length: bids.numbers.length / 3 }, (_, row) => [
      ...bids.numbers.subarray(3 * row, 3 * row + 2),
    ]);
    expect(told.filter(([price]) => price === 0)).to.deep.equal([]);
    expect(Object.fromEntries(told)).to.deep.equal({ ...Object.fromEntries(told), 64: 0, 5: 4 });
  });
});
