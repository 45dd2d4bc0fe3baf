/**
 * What accounts ask for (requests) and what the engine is told (commands), both in the imperative. `null` means "none";
 * there are no sentinels.
 */
import type { AssetState, OrderType, Reason, SelfTradePrevention, Side, TimeInForce } from "./enumerations.js";
import type { RulesInForce } from "./rules.js";
import type {
  AccountId,
  CommandSequence,
  CurrencyUnits,
  EpochMs,
  EpochUs,
  LogId,
  Lots,
  OrderId,
  PriceTicks,
} from "./units.js";

/** What an order's fills cost, in basis points of their worth, in the quote currency. A maker's may be negative. */
export interface FeeRates {
  readonly makerBps: number;
  readonly takerBps: number;
}

/**
 * An order as its owner asked for it. stopPriceTicks is null exactly for limit and market orders, expiresAtMs exactly
 * when timeInForce is not GTD. quantityLots is null exactly for a market buy by quote budget, where quoteBudgetUnits is
 * set. priceTicks is null for market and stop_market orders; in a command it is there the worst price that they may
 * trade at, up to which funds are held, and quoteBudgetUnits is what is left of the budget for fills when the highest fee
 * is taken off.
 */
export interface NewOrder {
  readonly kind: "new";
  readonly clientOrderId: string | null;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly quantityLots: Lots | null;
  readonly priceTicks: PriceTicks | null;
  readonly stopPriceTicks: PriceTicks | null;
  /** The slice of an iceberg order that the book shows; null: all of it. */
  readonly displayLots: Lots | null;
  /** Trade at least this much at once, or be refused. */
  readonly minimumLots: Lots | null;
  readonly quoteBudgetUnits: CurrencyUnits | null;
  readonly expiresAtMs: EpochMs | null;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
  /** Given by order-processing when it has held the funds, for the order's whole life; null: nothing is held. */
  readonly feeRates: FeeRates | null;
}

/** Exactly one of the two names the order. order-processing replaces a client order id by the order id. */
export interface CancelOrder {
  readonly kind: "cancel";
  readonly orderId: OrderId | null;
  readonly clientOrderId: string | null;
}

/** quantityLots is the new total, fills included (FIX tag 38). The order keeps its order id. */
export interface ReplaceOrder {
  readonly kind: "replace";
  readonly orderId: OrderId;
  readonly quantityLots: Lots;
  readonly priceTicks: PriceTicks;
  /** The order's new client order id; null: it keeps the one it has. */
  readonly clientOrderId: string | null;
  /**
   * What order-processing has held beyond what the order held already: ticks × lots for a buy, lots for a sell. A change
   * that needs more, because the order is not what it was any more, is refused. Null: nothing is held.
   */
  readonly cover: number | null;
}

/** All of the account's orders in the asset, or those of one side. */
export interface CancelAll {
  readonly kind: "cancel_all";
  readonly side: Side | null;
}

export type RequestBody = NewOrder | CancelOrder | ReplaceOrder | CancelAll;

/** What a request would have needed and what its account had, in the currency that it pays with. */
export interface Shortfall {
  readonly neededUnits: CurrencyUnits;
  readonly availableUnits: CurrencyUnits;
}

/** A request that order-processing refused; the engine only gives it its place among the events. */
export interface Refuse {
  readonly kind: "refuse";
  readonly request: RequestBody;
  readonly reason: Reason;
  /** With duplicate_client_order_id: the order that used it first. */
  readonly firstOrderId: OrderId | null;
  /** With insufficient_funds. */
  readonly shortfall: Shortfall | null;
}

export interface SetAssetState {
  readonly kind: "set_asset_state";
  readonly state: AssetState;
}

/** Rules that are in force from the next command on. */
export interface SetRules {
  readonly kind: "set_rules";
  readonly rules: RulesInForce;
}

/** Nothing but the time: orders that expire by it are gone. */
export interface AdvanceClock {
  readonly kind: "advance_clock";
}

export type CommandBody = RequestBody | Refuse | SetAssetState | SetRules | AdvanceClock;

export interface Command {
  readonly commandSequence: CommandSequence;
  /** The request's log id; 0 where no client asked. A new order's log id is its order id. */
  readonly logId: LogId;
  /** 0 where no client asked. */
  readonly accountId: AccountId | 0;
  readonly receivedAtUs: EpochUs;
  /** The engine's clock: never goes back from one command to the next; stamped on every event of the command. */
  readonly atUs: EpochUs;
  readonly body: CommandBody;
}
