import type { CurrentRequest } from "./current-request.js";
import type { EventWriter } from "./event-writer.js";
import type { IncomingOrder } from "./incoming-order.js";
import type { OrderBook } from "./order-book.js";

/** What the rules of the market work on. */
export interface Market {
  readonly book: OrderBook;
  readonly incoming: IncomingOrder;
  readonly request: CurrentRequest;
  readonly events: EventWriter;
  /** Quote units that one lot costs at a price of one tick. */
  readonly quoteUnitsPerTickLot: number;
}
