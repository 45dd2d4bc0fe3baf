import type { CurrentRequest } from "./current-request.js";
import type { EventWriter } from "./event-writer.js";
import type { IncomingOrder } from "./incoming-order.js";
import type { OrderBook } from "./order-book.js";

export interface MarketRules {
  /** Whether selfTradePrevention "none" may be asked for. */
  readonly allowSelfTrade: boolean;
  /** Orders that may rest or wait for a trigger at the same time. */
  readonly openOrdersMax: number;
  /** Slices that an iceberg may come to. */
  readonly displaySlicesMax: number;
  /**
   * Events that an order on its way in may make: what is then left of it is canceled. A command that has made as many lets no
   * further stop in and goes no further with an opening; the next one goes on with them first. So a command makes fewer than
   * three times as many, beside one for each order that expires or that a cancel-all ends.
   */
  readonly eventsPerCommandMax: number;
}

/** What the rules of the market work on. */
export interface Market {
  readonly book: OrderBook;
  readonly incoming: IncomingOrder;
  readonly request: CurrentRequest;
  readonly events: EventWriter;
  readonly rules: MarketRules;
  /** Quote units that one lot costs at a price of one tick. */
  readonly quoteUnitsPerTickLot: number;
  /** The event sequence after which the command lets no further stop in, and after which the incoming order is cut off. */
  commandEventsThrough: number;
  orderEventsThrough: number;
  /** Stops were reached that had to be left for the next command. */
  isCascadeOpen: boolean;
}
