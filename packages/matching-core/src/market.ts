import type { CurrentRequest } from "./current-request.js";
import type { EventWriter } from "./event-writer.js";
import type { IncomingOrder } from "./incoming-order.js";
import type { OrderBook } from "./order-book.js";
import type { RulesInForce } from "./rules.js";

/** The state that the rules of the market work on. */
export interface Market {
  readonly book: OrderBook;
  readonly incoming: IncomingOrder;
  readonly request: CurrentRequest;
  readonly events: EventWriter;
  rules: RulesInForce;
  /** Quote units that one lot costs at a price of one tick. */
  readonly quoteUnitsPerTickLot: number;
  /** The event sequences after which the command lets no further stop in, and after which the incoming order is cut off. */
  commandEventsThrough: number;
  orderEventsThrough: number;
  /** Whether stops were reached that had to be left for the next command. */
  isCascadeOpen: boolean;
}
