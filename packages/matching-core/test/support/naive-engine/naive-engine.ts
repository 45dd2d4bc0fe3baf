/**
 * The twin of the matching engine: the same rules, written to be believed by reading, with objects, maps and no thought
 * of speed. Wherever the two disagree, one of them is wrong.
 */
import {
  type AccountId,
  type AssetState,
  accountId,
  assertNever,
  type Command,
  type CommandSequence,
  commandSequence,
  DEFAULT_RULES,
  type Depth,
  type EngineEvent,
  type EngineOptions,
  type EpochUs,
  type EventBody,
  type EventSequence,
  epochUs,
  eventSequence,
  type Indicative,
  invariant,
  type MatchingEngine,
  type NewOrder,
  type OrderId,
  OtherRulesVersion,
  orderId,
  type Reason,
  type Refuse,
  type RequestBody,
  RULES_VERSION,
  type RulesInForce,
  type TradeId,
} from "@bourse/matching-core";
import { refusalOfNew } from "./admission.js";
import { indicative, uncross } from "./auction.js";
import { EventBudget } from "./event-budget.js";
import type { Market } from "./matching.js";
import { leavesOfOpen, OrderBook } from "./order-book.js";
import { enterTriggeredStops } from "./order-entry.js";
import { cancelAll, cancelOrder, placeOrder, replaceOrder } from "./requests.js";
import { stateHash } from "./state-hash.js";

export function createNaiveEngine(options: EngineOptions): MatchingEngine {
  return new NaiveEngine(options);
}

class NaiveEngine implements MatchingEngine {
  readonly #rulesAtStart: RulesInForce;
  #rules: RulesInForce;
  readonly #book = new OrderBook();
  readonly #market: Market;
  readonly #budget: EventBudget;
  #clockUs: EpochUs = epochUs(0);
  #lastCommandSequence: CommandSequence = commandSequence(0);
  #lastEventSequence: EventSequence = eventSequence(0);
  /** Order ids only grow: the highest so far is all it takes to know that a new one was never used, refused or not. */
  #highestOrderId: OrderId | 0 = 0;
  #events: EngineEvent[] = [];

  constructor(options: EngineOptions) {
    this.#rulesAtStart = options.rulesAtStart ?? DEFAULT_RULES;
    this.#rules = this.#rulesAtStart;
    const { quoteUnitsPerTickLot } = options;
    const { displaySlicesMax, eventsPerCommandMax } = this.#rules;
    this.#budget = new EventBudget(eventsPerCommandMax);
    const [book, budget, emit] = [this.#book, this.#budget, this.#emit];
    this.#market = { book, budget, emit, quoteUnitsPerTickLot, displaySlicesMax };
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
    const { commandSequence, atUs, body } = command;
    const version = body.kind === "set_rules" ? body.rules.version : this.#rules.version;
    if (version !== RULES_VERSION) throw new OtherRulesVersion(commandSequence, version, RULES_VERSION);
    const last = this.#lastCommandSequence;
    invariant(commandSequence > last, `command ${commandSequence} is not after ${last}, the last one applied`);
    this.#lastCommandSequence = commandSequence;
    // A time that goes back is not believed: the clock stands still until the commands have caught up with it.
    if (atUs > this.#clockUs) this.#clockUs = atUs;
    this.#events = [];
    this.#expireOrders();
    this.#budget.startCommand();
    enterTriggeredStops(this.#market);
    if (this.#book.isOpening) this.#open();
    this.#carryOut(command);
    this.#noteOrderId(command);
    enterTriggeredStops(this.#market);
    if (body.kind === "set_rules") this.#putInForce(body.rules);
    return this.#events;
  }

  depth(levelsMax: number): Depth {
    return { bids: this.#book.levels("buy", levelsMax), asks: this.#book.levels("sell", levelsMax) };
  }

  indicative(): Indicative | null {
    return indicative(this.#book);
  }

  stateHash(): string {
    return stateHash(this.#book, this.#rules, this.#rulesAtStart);
  }

  #putInForce(rules: RulesInForce): void {
    this.#rules = rules;
    this.#market.displaySlicesMax = rules.displaySlicesMax;
    this.#budget.max = rules.eventsPerCommandMax;
  }

  #carryOut(command: Command): void {
    const { body } = command;
    switch (body.kind) {
      case "refuse":
        this.#refuse(command, body.request, body);
        break;
      case "set_asset_state":
        this.#book.isOpening = body.state === "open";
        if (body.state === "open") this.#open();
        else this.#changeState(body.state);
        break;
      case "set_rules":
      case "advance_clock":
        break;
      default: {
        const reason = this.#attempt(command, body);
        if (reason !== null) this.#refuse(command, body, { reason, firstOrderId: null, shortfall: null });
      }
    }
  }

  /** Until it has come to its end, the asset is in a call auction, and goes on with each command. */
  #open(): void {
    if (uncross(this.#market)) {
      this.#book.isOpening = false;
      this.#changeState("open");
    } else if (this.#book.assetState !== "auction") this.#changeState("auction");
  }

  #changeState(state: AssetState): void {
    this.#book.assetState = state;
    this.#emit({ kind: "state_changed", state });
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
    return refusalOfNew(order, this.#book, this.#clockUs, this.#rules);
  }

  #noteOrderId({ body, logId }: Command): void {
    const request = body.kind === "refuse" ? body.request : body;
    if (request.kind === "new" && logId > this.#highestOrderId) this.#highestOrderId = orderId(logId);
  }

  #refuse(command: Command, request: RequestBody, why: Pick<Refuse, "reason" | "firstOrderId" | "shortfall">): void {
    const { reason, firstOrderId, shortfall } = why;
    const { logId, receivedAtUs } = command;
    const accountId = ownerOf(command);
    switch (request.kind) {
      case "new": {
        const orderId = orderIdOf(command);
        this.#emit({
          kind: "rejected",
          orderId,
          accountId,
          receivedAtUs,
          reason,
          firstOrderId,
          shortfall,
          order: request,
        });
        break;
      }
      case "cancel":
      case "replace": {
        const kind = request.kind === "cancel" ? "cancel_rejected" : "replace_rejected";
        const { orderId, clientOrderId } = request;
        const cover = request.kind === "replace" && command.body.kind === "replace" ? request.cover : null;
        const about = { orderId, clientOrderId, firstOrderId, shortfall, cover };
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
    this.#budget.noteEvent();
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
