import { assertNever, type Lots, lots } from "@bourse/matching-core";
import { canceled, type Emit, reduced } from "./events.js";
import { type IncomingOrder, leavesOf, reduce } from "./incoming-order.js";
import type { OrderBook, RestingOrder } from "./order-book.js";

/** Two orders of one account meet, and the incoming one doesn't want that. */
export function preventsTrade(incoming: IncomingOrder, maker: RestingOrder): boolean {
  return incoming.accountId === maker.accountId && incoming.terms.selfTradePrevention !== "none";
}

type Outcome = "incoming ended" | "incoming lives";

/** The incoming order's mode decides who goes. */
export function preventSelfTrade(incoming: IncomingOrder, maker: RestingOrder, book: OrderBook, emit: Emit): Outcome {
  const mode = incoming.terms.selfTradePrevention;
  switch (mode) {
    case "cancel_newest":
      emit(canceled(incoming, leavesOf(incoming), "self_trade"));
      return "incoming ended";
    case "cancel_oldest":
      book.remove(maker);
      emit(canceled(maker, maker.leavesLots, "self_trade"));
      return "incoming lives";
    case "cancel_both":
      book.remove(maker);
      emit(canceled(maker, maker.leavesLots, "self_trade"));
      emit(canceled(incoming, leavesOf(incoming), "self_trade"));
      return "incoming ended";
    case "decrement":
      return decrementBoth(incoming, maker, book, emit);
    case "none":
      return "incoming lives";
    default:
      return assertNever(mode);
  }
}

/** Both lose the smaller quantity, hidden parts included; the one that has nothing left is canceled. */
function decrementBoth(incoming: IncomingOrder, maker: RestingOrder, book: OrderBook, emit: Emit): Outcome {
  const incomingLots: number = leavesOf(incoming) ?? 0;
  const byLots = lots(Math.min(incomingLots, maker.leavesLots));
  const leavesLots = lots(incomingLots - byLots);
  decrementMaker(maker, byLots, book, emit);
  reduce(incoming, byLots);
  emit(leavesLots === 0 ? canceled(incoming, byLots, "self_trade") : reduced(incoming, byLots, leavesLots));
  return leavesLots === 0 ? "incoming ended" : "incoming lives";
}

function decrementMaker(maker: RestingOrder, byLots: Lots, book: OrderBook, emit: Emit): void {
  if (maker.leavesLots === byLots) {
    book.remove(maker);
    emit(canceled(maker, byLots, "self_trade"));
  } else {
    maker.leavesLots = lots(maker.leavesLots - byLots);
    maker.shownLots = lots(Math.min(maker.shownLots, maker.leavesLots));
    emit(reduced(maker, byLots, maker.leavesLots));
  }
}
