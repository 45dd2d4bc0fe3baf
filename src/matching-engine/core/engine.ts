/**
 * The matching engine of one asset: a pure, synchronous state machine. No clock, no randomness, no I/O: time and ids
 * come in with the commands, so the same commands always give the same events.
 */
import { assertNever, invariant } from "../../shared/errors.js";
import type { Command, EngineEvent, EventBody, NewOrder, Reason, RequestBody } from "../../shared/messages.js";
import {
  type AccountId,
  accountId,
  type CommandSequence,
  commandSequence,
  type EpochUs,
  type EventSequence,
  epochUs,
  eventSequence,
  type OrderId,
  orderId,
  type TradeId,
} from "../../shared/units.js";
import { type AdmissionRules, refusalOfNew } from "./admission.js";
import type { Market } from "./matching.js";
import { type DepthLevel, leavesOfOpen, OrderBook } from "./order-book.js";
import { enterTriggeredStops } from "./order-entry.js";
import { cancelAll, cancelOrder, placeOrder, replaceOrder } from "./requests.js";
import { stateHash } from "./state-hash.js";

export interface EngineOptions extends AdmissionRules {
  /** Quote units that one lot costs at a price of one tick: what a quote budget is spent in. */
  readonly quoteUnitsPerTickLot: number;
}

/** Displayed quantities, best first. */
export interface Depth {
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

export interface MatchingEngine {
  /** Applies one command; returns its events in order. A command that came before is a broken invariant. */
  apply(command: Command): readonly EngineEvent[];
  depth(levelsMax: number): Depth;
  /** Equal for two engines that hold the same market, however they came to it. */
  stateHash(): string;
  readonly lastCommandSequence: CommandSequence;
  readonly lastEventSequence: EventSequence;
  readonly lastTradeId: TradeId | 0;
}

export function createEngine(options: EngineOptions): MatchingEngine {
  return new Engine(options);
}

class Engine implements MatchingEngine {
  readonly #options: EngineOptions;
  readonly #book = new OrderBook();
  readonly #market: Market;
  #clockUs: EpochUs = epochUs(0);
  #lastCommandSequence: CommandSequence = commandSequence(0);
  #lastEventSequence: EventSequence = eventSequence(0);
  /** Order ids only grow: the highest so far is all it takes to know that a new one was never used, refused or not. */
  #highestOrderId: OrderId | 0 = 0;
  #events: EngineEvent[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#market = { book: this.#book, quoteUnitsPerTickLot: options.quoteUnitsPerTickLot, emit: this.#emit };
  }

  get lastCommandSequence(): CommandSequence {
    return this.#lastCommandSequence;
  }
  get lastEventSequence(): EventSequence {
    return this.#lastEventSequence;
  }
  get lastTradeId(): TradeId | 0 {
    return this.#book.lastTradeId;
  }

  apply(command: Command): readonly EngineEvent[] {
    const { commandSequence, atUs } = command;
    const last = this.#lastCommandSequence;
    invariant(commandSequence > last, `command ${commandSequence} is not after ${last}, the last one applied`);
    this.#lastCommandSequence = commandSequence;
    // A time that goes back is not believed: the clock stands still until the commands have caught up with it.
    if (atUs > this.#clockUs) this.#clockUs = atUs;
    this.#events = [];
    this.#expireOrders();
    this.#carryOut(command);
    this.#noteOrderId(command);
    enterTriggeredStops(this.#market);
    return this.#events;
  }

  depth(levelsMax: number): Depth {
    return { bids: this.#book.levels("buy", levelsMax), asks: this.#book.levels("sell", levelsMax) };
  }

  stateHash(): string {
    return stateHash(this.#book);
  }

  #carryOut(command: Command): void {
    const { body } = command;
    switch (body.kind) {
      case "refuse":
        this.#refuse(command, body.request, body.reason, body.firstOrderId);
        break;
      case "set_asset_state":
        invariant(body.state !== "auction", "there is no call auction yet: an asset is open, cancel_only or halted");
        this.#book.assetState = body.state;
        this.#emit({ kind: "state_changed", state: body.state });
        break;
      case "advance_clock":
        break;
      default: {
        const reason = this.#attempt(command, body);
        if (reason !== null) this.#refuse(command, body, reason, null);
      }
    }
  }

  /** Null: carried out. */
  #attempt(command: Command, request: RequestBody): Reason | null {
    const owner = ownerOf(command);
    switch (request.kind) {
      case "new":
        return (
          this.#refusalOfNew(command, request) ??
          placeOrder(this.#market, orderIdOf(command), owner, command.receivedAtUs, request)
        );
      case "cancel":
        return cancelOrder(this.#market, owner, request);
      case "replace":
        return replaceOrder(this.#market, owner, request);
      case "cancel_all":
        return cancelAll(this.#market, owner, request);
      default:
        return assertNever(request);
    }
  }

  #refusalOfNew(command: Command, order: NewOrder): Reason | null {
    if (orderIdOf(command) <= this.#highestOrderId) return "duplicate_order_id";
    return refusalOfNew(order, this.#book, this.#clockUs, this.#options);
  }

  #noteOrderId({ body, logId }: Command): void {
    const request = body.kind === "refuse" ? body.request : body;
    if (request.kind === "new" && logId > this.#highestOrderId) this.#highestOrderId = orderId(logId);
  }

  #refuse(command: Command, request: RequestBody, reason: Reason, firstOrderId: OrderId | null): void {
    const { logId, receivedAtUs } = command;
    const accountId = ownerOf(command);
    switch (request.kind) {
      case "new": {
        const orderId = orderIdOf(command);
        this.#emit({ kind: "rejected", orderId, accountId, receivedAtUs, reason, firstOrderId, order: request });
        break;
      }
      case "cancel":
      case "replace": {
        const kind = request.kind === "cancel" ? "cancel_rejected" : "replace_rejected";
        const { orderId, clientOrderId } = request;
        const about = { orderId, clientOrderId, firstOrderId };
        this.#emit({ kind, requestLogId: logId, accountId, receivedAtUs, reason, ...about });
        break;
      }
      case "cancel_all":
        break;
      default:
        assertNever(request);
    }
  }

  #expireOrders(): void {
    for (const order of this.#book.expiredAt(this.#clockUs)) {
      const { orderId, accountId } = order;
      this.#book.remove(order);
      this.#emit({ kind: "expired", orderId, accountId, canceledLots: leavesOfOpen(order) });
    }
  }

  readonly #emit = (body: EventBody): void => {
    this.#lastEventSequence = eventSequence(this.#lastEventSequence + 1);
    this.#events.push({
      eventSequence: this.#lastEventSequence,
      commandSequence: this.#lastCommandSequence,
      atUs: this.#clockUs,
      body,
    });
  };
}

/** Requests always come from an account. */
function ownerOf(command: Command): AccountId {
  return accountId(command.accountId);
}

/** A new order's log id is its order id. */
function orderIdOf(command: Command): OrderId {
  return orderId(command.logId);
}
