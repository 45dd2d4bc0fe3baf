/**
 * Requests (what accounts ask for) and commands (what the engine is told), both in the imperative. `null` means "none"; there
 * are no sentinels.
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

/** The fees of an order's fills, in basis points of their worth, in the quote currency. A maker's may be negative. */
export interface FeeRates {
  readonly makerBps: number;
  readonly takerBps: number;
}

/**
 * An order as its owner asked for it. stopPriceTicks is null exactly for limit and market orders, expiresAtMs exactly when
 * timeInForce is not GTD, quantityLots exactly for a market buy by quote budget, which has quoteBudgetUnits instead.
 * priceTicks is null for market and stop_market orders. In a command it is their protective price, up to which funds are
 * held, and quoteBudgetUnits is the part of the budget that fills may spend, less the highest fee.
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
  /** The slice of an iceberg order that the book shows; null: the whole order is shown. */
  readonly displayLots: Lots | null;
  /** The least that must trade at once, or the order is refused. */
  readonly minimumLots: Lots | null;
  readonly quoteBudgetUnits: CurrencyUnits | null;
  readonly expiresAtMs: EpochMs | null;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
  /** Set by order-processing when it has held the funds, for the order's whole life; null: nothing is held. */
  readonly feeRates: FeeRates | null;
}

/** Names the order by one of the two ids. order-processing replaces a client order id by the order id. */
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
  /** The order's new client order id; null: it keeps its own. */
  readonly clientOrderId: string | null;
  /**
   * What order-processing has held beyond the order's own hold: ticks × lots for a buy, lots for a sell. The engine refuses a
   * change that needs more, because the order has changed meanwhile. Null: nothing is held.
   */
  readonly cover: number | null;
}

/** Cancels all of the account's orders in the asset, or those of one side. */
export interface CancelAll {
  readonly kind: "cancel_all";
  readonly side: Side | null;
}

export type RequestBody = NewOrder | CancelOrder | ReplaceOrder | CancelAll;

/** The funds that a request would have needed and those that its account had, in the currency that it pays with. */
export interface Shortfall {
  readonly neededUnits: CurrencyUnits;
  readonly availableUnits: CurrencyUnits;
}

/** A request that order-processing refused. The engine only gives it its place among the events. */
export interface Refuse {
  readonly kind: "refuse";
  readonly request: RequestBody;
  readonly reason: Reason;
  /** For duplicate_client_order_id: the order that used the id first. */
  readonly firstOrderId: OrderId | null;
  /** For insufficient_funds. */
  readonly shortfall: Shortfall | null;
}

export interface SetAssetState {
  readonly kind: "set_asset_state";
  readonly state: AssetState;
}

/** Sets the rules in force from the next command on. */
export interface SetRules {
  readonly kind: "set_rules";
  readonly rules: RulesInForce;
}

/** Brings nothing but the time, by which orders expire. */
export interface AdvanceClock {
  readonly kind: "advance_clock";
}

export type CommandBody = RequestBody | Refuse | SetAssetState | SetRules | AdvanceClock;

export interface Command {
  readonly commandSequence: CommandSequence;
  /** The request's log id; 0 if no client asked. A new order's log id is its order id. */
  readonly logId: LogId;
  /** 0 if no client asked. */
  readonly accountId: AccountId | 0;
  readonly receivedAtUs: EpochUs;
  /** The engine's clock, which never goes back from one command to the next. Every event of the command has this time. */
  readonly atUs: EpochUs;
  readonly body: CommandBody;
}
