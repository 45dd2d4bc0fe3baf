/**
 * The matching engine of one asset: a pure, synchronous state machine. No clock, no randomness, no I/O: time and ids
 * come in with the commands, so the same commands always give the same events, byte for byte.
 */
import { objectionToNew } from "./admission.js";
import { type Indicative, indicativeOf, uncross } from "./auction.js";
import { AUCTION, NO_OBJECTION, NONE, OPEN } from "./codes.js";
import type { Command, Refuse, RequestBody } from "./commands.js";
import { CurrentRequest } from "./current-request.js";
import { type Depth, depthOf } from "./depth.js";
import { ASSET_STATES, reasonCode, SIDES } from "./enumerations.js";
import { assertNever, InvariantBroken, invariant } from "./errors.js";
import { CANCEL_REJECTED, REPLACE_REJECTED } from "./event-layout.js";
import { readRows } from "./event-rows.js";
import { EventWriter } from "./event-writer.js";
import type { EngineEvent } from "./events.js";
import { IncomingOrder } from "./incoming-order.js";
import type { Market } from "./market.js";
import { type OpenOrder, openOrdersOf } from "./open-orders.js";
import { OrderBook } from "./order-book.js";
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
import { type MarketState, readSnapshot, writeSnapshot } from "./snapshot.js";
import { assertSound } from "./soundness.js";
import { stateHash } from "./state-hash.js";
import type { CommandSequence, EventSequence, TradeId } from "./units.js";

export type { Depth, Indicative, OpenOrder };

export interface EngineOptions {
  /** Quote units that one lot costs at a price of one tick: what a quote budget is spent in. */
  readonly quoteUnitsPerTickLot: number;
  /** In force until a command sets others; left out: DEFAULT_RULES. Whoever has a log leaves it out. */
  readonly rulesAtStart?: RulesInForce;
  /** What this build applies; left out: RULES_VERSION. For tests, which feign another build. */
  readonly rulesVersion?: number;
}

/** What every engine of this market can be asked; the naive one in test/support can, too. */
export interface MatchingEngine {
  /** Applies one command; returns its events in order. A command that came before is a broken invariant. */
  apply(command: Command): readonly EngineEvent[];
  depth(levelsMax: number): Depth;
  /** Where the book would uncross if the asset opened now; null: nothing would trade. */
  indicative(): Indicative | null;
  /** Equal for two engines that hold the same market, however they came to it. */
  stateHash(): string;
  readonly lastCommandSequence: CommandSequence;
  readonly lastEventSequence: EventSequence;
  readonly lastTradeId: TradeId | 0;
}

const DUPLICATE_ORDER_ID = reasonCode("duplicate_order_id");

export function createEngine(options: EngineOptions): Engine {
  const { rulesAtStart: rules = DEFAULT_RULES } = options;
  return new Engine(options, { book: new OrderBook(), rules, ...NOTHING_YET });
}

/**
 * An engine as it was when it wrote the snapshot. Throws a CodecError for bytes that are not one, or not whole, and an
 * InvariantBroken for a book that does not agree with itself.
 */
export function restoreEngine(options: EngineOptions, snapshot: Uint8Array): Engine {
  const engine = new Engine(options, readSnapshot(snapshot, options.rulesAtStart ?? DEFAULT_RULES));
  engine.assertSound();
  return engine;
}

const NOTHING_YET: Omit<MarketState, "book" | "rules"> = {
  clockUs: 0,
  lastCommandSequence: 0,
  lastEventSequence: 0,
  lastTradeId: 0,
  highestOrderId: 0,
};

/**
 * A command is `begin`, for a request `from`, one of the calls that do something, `end`; `execute` does that for a command that is an object.
 * The events of all commands gather in `events` until somebody takes them.
 */
export class Engine implements MatchingEngine {
  readonly events: EventWriter;
  readonly #rulesAtStart: RulesInForce;
  readonly #rulesVersion: number;
  readonly #book: OrderBook;
  readonly #market: Market;
  readonly #terms = new OrderTerms();
  // NaN makes V8 keep these as doubles from the start.
  #clockUs = Number.NaN;
  #lastCommandSequence = Number.NaN;
  /** Order ids only grow: the highest so far is all it takes to know that a new one was never used, refused or not. */
  #highestOrderId = Number.NaN;

  constructor(options: EngineOptions, state: MarketState) {
    this.#book = state.book;
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
  /** Memory that the engine holds, without what events wait to be taken. */
  get byteLength(): number {
    return this.#book.byteLength;
  }

  // ---- commands in numbers ----

  begin(commandSequence: number, atUs: number): void {
    if (commandSequence <= this.#lastCommandSequence) this.#refuseToRepeat(commandSequence);
    this.#lastCommandSequence = commandSequence;
    // A time that goes back is not believed: the clock stands still until the commands have caught up with it.
    if (atUs > this.#clockUs) this.#clockUs = atUs;
    this.events.command(commandSequence, this.#clockUs);
    if (this.#book.expiries.earliestMs * 1000 <= this.#clockUs) this.#expireOrders();
    this.#market.commandEventsThrough = this.events.lastEventSequence + this.#market.rules.eventsPerCommandMax;
    if (this.#market.isCascadeOpen) enterTriggeredStops(this.#market);
    if (this.#book.isOpening) this.#open();
  }

  /** Whose request it is that comes next. */
  from(logId: number, accountId: number, receivedAtUs: number): void {
    const { request } = this.#market;
    request.logId = logId;
    request.accountId = accountId;
    request.receivedAtUs = receivedAtUs;
  }

  /** The order's id is the request's log id. */
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

  /** `orderId` NONE: a client order id that led to none. */
  cancel(orderId: number, clientOrderId: string | null = null): void {
    const objection = cancelOrder(this.#market, orderId);
    if (objection === NO_OBJECTION) return;
    this.events.requestRejected(CANCEL_REJECTED, this.#market.request, orderId, objection, NONE, null, clientOrderId);
  }

  /** `quantityLots` is the new total, fills included. `clientOrderId` null: it keeps the one it has. */
  replace(orderId: number, quantityLots: number, priceTicks: number, clientOrderId: string | null = null): void {
    const objection = replaceOrder(this.#market, orderId, quantityLots, priceTicks, clientOrderId);
    if (objection === NO_OBJECTION) return;
    this.events.requestRejected(REPLACE_REJECTED, this.#market.request, orderId, objection, NONE, null, clientOrderId);
  }

  /** `side` NONE: both. */
  cancelAll(side: number): void {
    cancelAll(this.#market, side);
  }

  /** An asset that opens uncrosses first what an auction has collected. */
  setAssetState(state: number): void {
    this.#book.isOpening = state === OPEN;
    if (state === OPEN) this.#open();
    else this.#changeState(state);
  }

  /** Until it has come to its end, the asset is in a call auction, and goes on with each command. */
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

  // ---- commands as objects ----

  apply(command: Command): readonly EngineEvent[] {
    // What was not taken before is not this command's.
    this.events.drop();
    this.execute(command);
    return readRows(this.events.take());
  }

  /** The same, but the events stay where they are written. Throws OtherRulesVersion, and is as it was, where another build is to decide. */
  execute(command: Command): void {
    const { body } = command;
    const version = body.kind === "set_rules" ? body.rules.version : this.#market.rules.version;
    if (version !== this.#rulesVersion)
      throw new OtherRulesVersion(command.commandSequence, version, this.#rulesVersion);
    this.begin(command.commandSequence, command.atUs);
    this.from(command.logId, command.accountId, command.receivedAtUs);
    switch (body.kind) {
      case "refuse":
        this.#passOn(body);
        break;
      case "set_asset_state":
        this.setAssetState(ASSET_STATES.indexOf(body.state));
        break;
      case "set_rules":
      case "advance_clock":
        break;
      default:
        this.#carryOut(body);
    }
    this.end();
    if (body.kind === "set_rules") this.#putInForce(body.rules);
  }

  #putInForce(rules: RulesInForce): void {
    assertRulesMakeSense(rules);
    this.#market.rules = rules;
  }

  #carryOut(request: RequestBody): void {
    invariant(this.#market.request.accountId > 0, "a request comes from an account");
    switch (request.kind) {
      case "new":
        this.place(this.#terms.read(request));
        break;
      case "cancel":
        this.cancel(request.orderId ?? NONE, request.clientOrderId);
        break;
      case "replace":
        this.#market.request.cover = request.cover ?? NONE;
        this.replace(request.orderId, request.quantityLots, request.priceTicks, request.clientOrderId);
        this.#market.request.cover = NONE;
        break;
      case "cancel_all":
        this.cancelAll(request.side === null ? NONE : SIDES.indexOf(request.side));
        break;
      default:
        assertNever(request);
    }
  }

  /** A request that was refused before it came here takes its place among the events. */
  #passOn(body: Refuse): void {
    const from = this.#market.request;
    const [reason, firstOrderId] = [reasonCode(body.reason), body.firstOrderId ?? NONE];
    const { request, shortfall } = body;
    switch (request.kind) {
      case "new":
        this.#highestOrderId = Math.max(this.#highestOrderId, from.logId);
        this.events.rejected(from, reason, firstOrderId, shortfall, this.#terms.read(request));
        break;
      case "cancel":
      case "replace": {
        const kind = request.kind === "cancel" ? CANCEL_REJECTED : REPLACE_REJECTED;
        const orderId = request.orderId ?? NONE;
        this.events.requestRejected(kind, from, orderId, reason, firstOrderId, shortfall, request.clientOrderId);
        break;
      }
      case "cancel_all":
        break;
      default:
        assertNever(request);
    }
  }

  // ---- questions ----

  depth(levelsMax: number): Depth {
    return depthOf(this.#book, levelsMax);
  }

  indicative(): Indicative | null {
    return indicativeOf(this.#book);
  }

  openOrders(): Iterable<OpenOrder> {
    return openOrdersOf(this.#book);
  }

  /** Walks over the whole book; throws an InvariantBroken where its parts do not agree. */
  assertSound(): void {
    assertSound(this.#book);
  }

  stateHash(): string {
    const { rules } = this.#market;
    const changedRules = rulesAreEqual(rules, this.#rulesAtStart) ? null : rules;
    return stateHash(this.#book, this.events.lastTradeId, changedRules);
  }

  /** Everything that the engine knows, as bytes; the sequences in it say where to go on. */
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
    const { expiries } = this.#book;
    while (expiries.earliestMs * 1000 <= this.#clockUs) {
      const slot = expiries.earliestSlot;
      const [orderId, accountId] = [this.#book.orderIdOf(slot), this.#book.accountIdOf(slot)];
      this.events.expired(orderId, accountId, this.#book.leavesOf(slot));
      this.#book.end(slot);
    }
  }

  #refuseToRepeat(commandSequence: number): never {
    const last = this.#lastCommandSequence;
    throw new InvariantBroken(`command ${commandSequence} is not after ${last}, the last one applied`);
  }
}
