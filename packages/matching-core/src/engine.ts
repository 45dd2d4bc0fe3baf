/**
 * The matching engine of one asset: a pure, synchronous state machine. No clock, no randomness, no I/O: time and ids
 * come in with the commands, so the same commands always give the same events, byte for byte.
 */
import { objectionToNew } from "./admission.js";
import { type Indicative, indicativeOf, uncross } from "./auction.js";
import { AUCTION, NO_OBJECTION, NONE, OPEN } from "./codes.js";
import { carryOut } from "./command-bodies.js";
import type { Command, Shortfall } from "./commands.js";
import { CurrentRequest } from "./current-request.js";
import { type Depth, depthOf } from "./depth.js";
import { DepthChanges } from "./depth-changes.js";
import { reasonCode } from "./enumerations.js";
import { InvariantBroken } from "./errors.js";
import { CANCEL_REJECTED, REPLACE_REJECTED } from "./event-layout.js";
import { readRows } from "./event-rows.js";
import { EventWriter } from "./event-writer.js";
import type { EngineEvent } from "./events.js";
import { IncomingOrder } from "./incoming-order.js";
import type { Market } from "./market.js";
import { type OpenOrder, openOrdersOf } from "./open-orders.js";
import type { OrderBook } from "./order-book.js";
import { enterTriggeredStops, triggeredStop } from "./order-entry.js";
import { OrderTerms } from "./order-terms.js";
import { cancelAll, cancelOrder, placeOrder, replaceOrder } from "./requests.js";
import {
  assertRulesMakeSense,
  DEFAULT_RULES,
  OtherRulesVersion,
  RULES_VERSION,
  type RulesInForce,
  rulesAreEqual,
} from "./rules.js";
import { type MarketState, newMarket, readSnapshot, writeSnapshot } from "./snapshot.js";
import { assertSound } from "./soundness.js";
import { stateHash } from "./state-hash.js";
import type { CommandSequence, EventSequence, TradeId } from "./units.js";

export type { Depth, Indicative, OpenOrder };

export interface EngineOptions {
  /** Quote units that one lot costs at a price of one tick: what a quote budget is spent in. */
  readonly quoteUnitsPerTickLot: number;
  /** The rules in force until a command sets others; default: DEFAULT_RULES. Callers with a log of commands leave it out. */
  readonly rulesAtStart?: RulesInForce;
  /** The rules version that this build applies; default: RULES_VERSION. For tests, which feign another build. */
  readonly rulesVersion?: number;
}

/** The interface of every engine of this market, also of the naive one in test/support. */
export interface MatchingEngine {
  /** Applies one command; returns its events in order. A command that was applied before is a broken invariant. */
  apply(command: Command): readonly EngineEvent[];
  depth(levelsMax: number): Depth;
  /** The price and quantity at which the book would uncross if the asset opened now; null: nothing would trade. */
  indicative(): Indicative | null;
  /** Equal for two engines that hold the same market, however they came to it. */
  stateHash(): string;
  readonly lastCommandSequence: CommandSequence;
  readonly lastEventSequence: EventSequence;
  readonly lastTradeId: TradeId | 0;
}

const DUPLICATE_ORDER_ID = reasonCode("duplicate_order_id");

export function createEngine(options: EngineOptions): Engine {
  return new Engine(options, newMarket(options.rulesAtStart ?? DEFAULT_RULES));
}

/**
 * Restores an engine as it was when it wrote the snapshot. Throws a CodecError for bytes that are no snapshot, or not all of
 * one, and an InvariantBroken for a book whose parts do not agree.
 */
export function restoreEngine(options: EngineOptions, snapshot: Uint8Array): Engine {
  const engine = new Engine(options, readSnapshot(snapshot, options.rulesAtStart ?? DEFAULT_RULES));
  engine.assertSound();
  return engine;
}

/**
 * The engine. A command is `begin`, for a request `from`, one of the calls that do something, and `end`; `execute` makes these
 * calls for a command that is an object. The events of all commands gather in `events` until they are taken.
 */
export class Engine implements MatchingEngine {
  readonly events: EventWriter;
  readonly depthChanges: DepthChanges;
  readonly #rulesAtStart: RulesInForce;
  readonly #rulesVersion: number;
  readonly #book: OrderBook;
  readonly #market: Market;
  readonly #terms = new OrderTerms();
  // NaN makes V8 keep these as doubles from the start.
  #clockUs = Number.NaN;
  #lastCommandSequence = Number.NaN;
  /** Order ids only grow, so one above the highest was never used, not even by a refused order. */
  #highestOrderId = Number.NaN;

  constructor(options: EngineOptions, state: MarketState) {
    this.#book = state.book;
    this.depthChanges = new DepthChanges(state.book);
    this.events = new EventWriter(state.lastEventSequence, state.lastTradeId);
    const { quoteUnitsPerTickLot, rulesAtStart = DEFAULT_RULES, rulesVersion = RULES_VERSION } = options;
    this.#rulesAtStart = rulesAtStart;
    this.#rulesVersion = rulesVersion;
    this.#market = {
      book: state.book,
      incoming: new IncomingOrder(),
      request: new CurrentRequest(),
      events: this.events,
      rules: state.rules,
      quoteUnitsPerTickLot,
      // NaN makes V8 keep these as doubles from the start.
      commandEventsThrough: Number.NaN,
      orderEventsThrough: Number.NaN,
      isCascadeOpen: false,
    };
    this.#market.isCascadeOpen = triggeredStop(this.#market) !== 0;
    this.#clockUs = state.clockUs;
    this.#lastCommandSequence = state.lastCommandSequence;
    this.#highestOrderId = state.highestOrderId;
  }

  get lastCommandSequence(): CommandSequence {
    return this.#lastCommandSequence as CommandSequence;
  }
  get lastEventSequence(): EventSequence {
    return this.events.lastEventSequence as EventSequence;
  }
  get lastTradeId(): TradeId | 0 {
    return this.events.lastTradeId as TradeId | 0;
  }
  get rules(): RulesInForce {
    return this.#market.rules;
  }
  /** The memory that the engine holds, without events that wait to be taken. */
  get byteLength(): number {
    return this.#book.byteLength;
  }
  get openOrderCount(): number {
    return this.#book.rows.count;
  }

  begin(commandSequence: number, atUs: number): void {
    if (commandSequence <= this.#lastCommandSequence) this.#refuseToRepeat(commandSequence);
    this.#lastCommandSequence = commandSequence;
    // The clock never goes back: it stands still until the commands' times have caught up with it.
    if (atUs > this.#clockUs) this.#clockUs = atUs;
    this.events.command(commandSequence, this.#clockUs);
    if (this.#book.expiries.earliestMs * 1000 <= this.#clockUs) this.#expireOrders();
    this.#market.commandEventsThrough = this.events.lastEventSequence + this.#market.rules.eventsPerCommandMax;
    if (this.#market.isCascadeOpen) enterTriggeredStops(this.#market);
    if (this.#book.isOpening) this.#open();
  }

  /** Names the request that the next call belongs to. */
  from(logId: number, accountId: number, receivedAtUs: number): void {
    const { request } = this.#market;
    request.logId = logId;
    request.accountId = accountId;
    request.receivedAtUs = receivedAtUs;
  }

  /** Places a new order, whose id is the request's log id. */
  place(order: OrderTerms): void {
    const { request, book } = this.#market;
    let objection = DUPLICATE_ORDER_ID;
    if (request.logId > this.#highestOrderId) {
      this.#highestOrderId = request.logId;
      objection = objectionToNew(order, book, this.#clockUs, this.#market.rules);
      if (objection === NO_OBJECTION) objection = placeOrder(this.#market, order);
    }
    if (objection !== NO_OBJECTION) this.events.rejected(request, objection, NONE, null, order);
  }

  /** Refuses a new order that was refused before it came here. */
  refuseNew(reason: number, firstOrderId: number, shortfall: Shortfall | null, order: OrderTerms): void {
    const { request } = this.#market;
    this.#highestOrderId = Math.max(this.#highestOrderId, request.logId);
    this.events.rejected(request, reason, firstOrderId, shortfall, order);
  }

  /** `orderId` is NONE if a client order id has led to no order. */
  cancel(orderId: number, clientOrderId: string | null = null): void {
    const objection = cancelOrder(this.#market, orderId);
    if (objection === NO_OBJECTION) return;
    this.events.requestRejected(CANCEL_REJECTED, this.#market.request, orderId, objection, NONE, null, clientOrderId);
  }

  /** `quantityLots` is the new total, fills included. If `clientOrderId` is null, the order keeps the one it has. */
  replace(orderId: number, quantityLots: number, priceTicks: number, clientOrderId: string | null = null): void {
    const objection = replaceOrder(this.#market, orderId, quantityLots, priceTicks, clientOrderId);
    if (objection === NO_OBJECTION) return;
    this.events.requestRejected(REPLACE_REJECTED, this.#market.request, orderId, objection, NONE, null, clientOrderId);
  }

  /** `side` is NONE for both sides. */
  cancelAll(side: number): void {
    cancelAll(this.#market, side);
  }

  /** Changes the asset's state. An asset that opens first uncrosses the orders that an auction has collected. */
  setAssetState(state: number): void {
    this.#book.isOpening = state === OPEN;
    if (state === OPEN) this.#open();
    else this.#changeState(state);
  }

  /** Uncrosses. While that is not done, the asset is in a call auction, and each command goes on with it. */
  #open(): void {
    if (!uncross(this.#market)) {
      if (this.#book.assetState !== AUCTION) this.#changeState(AUCTION);
      return;
    }
    this.#book.isOpening = false;
    this.#changeState(OPEN);
  }

  #changeState(state: number): void {
    this.#book.assetState = state;
    this.events.stateChanged(state);
  }

  end(): void {
    enterTriggeredStops(this.#market);
  }

  apply(command: Command): readonly EngineEvent[] {
    // Events that were not taken are not this command's.
    this.events.drop();
    this.execute(command);
    return readRows(this.events.take());
  }

  /** Applies a command, and leaves its events in `events`. Throws OtherRulesVersion, unchanged, if another build must decide. */
  execute(command: Command): void {
    const { body } = command;
    const version = body.kind === "set_rules" ? body.rules.version : this.#market.rules.version;
    if (version !== this.#rulesVersion)
      throw new OtherRulesVersion(command.commandSequence, version, this.#rulesVersion);
    this.begin(command.commandSequence, command.atUs);
    this.from(command.logId, command.accountId, command.receivedAtUs);
    carryOut(this, this.#market.request, this.#terms, body);
    this.end();
    if (body.kind === "set_rules") this.#putInForce(body.rules);
  }

  #putInForce(rules: RulesInForce): void {
    assertRulesMakeSense(rules);
    this.#market.rules = rules;
  }

  depth(levelsMax: number): Depth {
    return depthOf(this.#book, levelsMax);
  }

  indicative(): Indicative | null {
    return indicativeOf(this.#book);
  }

  openOrders(): Iterable<OpenOrder> {
    return openOrdersOf(this.#book);
  }

  /** Walks over the whole book; throws an InvariantBroken if its parts do not agree. */
  assertSound(): void {
    assertSound(this.#book);
  }

  stateHash(): string {
    const { rules } = this.#market;
    return stateHash(this.#book, this.events.lastTradeId, rulesAreEqual(rules, this.#rulesAtStart) ? null : rules);
  }

  /** The whole state of the engine, as bytes. */
  snapshot(): Uint8Array {
    return writeSnapshot({
      book: this.#book,
      rules: this.#market.rules,
      clockUs: this.#clockUs,
      lastCommandSequence: this.#lastCommandSequence,
      lastEventSequence: this.events.lastEventSequence,
      lastTradeId: this.events.lastTradeId,
      highestOrderId: this.#highestOrderId,
    });
  }

  #expireOrders(): void {
    const book = this.#book;
    while (book.expiries.earliestMs * 1000 <= this.#clockUs) {
      const slot = book.expiries.earliestSlot;
      this.events.expired(book.orderIdOf(slot), book.accountIdOf(slot), book.leavesOf(slot));
      book.end(slot);
    }
  }

  #refuseToRepeat(commandSequence: number): never {
    const last = this.#lastCommandSequence;
    throw new InvariantBroken(`command ${commandSequence} is not after ${last}, the last one applied`);
  }
}
