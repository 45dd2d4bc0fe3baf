/**
 * The vocabulary of the pipeline: requests (what a client asks for), commands (what the engine is told), events (what
 * the engine did); what accounts learn of those is in reports.ts. Requests and commands are imperative, events past
 * tense. `null` means "none"; there are no sentinels. Each type crosses a wire in src/shared/wire/pipeline-codec.ts only.
 */
import type {
  AccountId,
  CommandSequence,
  CurrencyUnits,
  EpochMs,
  EpochUs,
  EventSequence,
  LogId,
  Lots,
  OrderId,
  PriceTicks,
  TradeId,
} from "./units.js";

export type Side = "buy" | "sell";
export type OrderType = "limit" | "market" | "stop_limit" | "stop_market";
/** Good till canceled, immediate or cancel, fill or kill, good till date. */
export type TimeInForce = "GTC" | "IOC" | "FOK" | "GTD";
/** What happens when an order would trade with one of its own account; the incoming order's mode counts. */
export type SelfTradePrevention = "cancel_newest" | "cancel_oldest" | "cancel_both" | "decrement" | "none";
export type AssetState = "open" | "cancel_only" | "halted" | "auction";

/** What an order's fills cost, in basis points of their worth, in the quote currency. A maker's may be negative. */
export interface FeeRates {
  readonly makerBps: number;
  readonly takerBps: number;
}

// ---- requests ----

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

export interface OrderRequest {
  readonly accountId: AccountId;
  readonly receivedAtUs: EpochUs;
  readonly body: RequestBody;
}

/** A request with its place in the order log. */
export interface LoggedRequest extends OrderRequest {
  readonly logId: LogId;
}

/** What a request would have needed and what its account had, in the currency that it pays with. */
export interface Shortfall {
  readonly neededUnits: CurrencyUnits;
  readonly availableUnits: CurrencyUnits;
}

// ---- commands ----

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

/** Nothing but the time: orders that expire by it are gone. */
export interface AdvanceClock {
  readonly kind: "advance_clock";
}

export type CommandBody = RequestBody | Refuse | SetAssetState | AdvanceClock;

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

// ---- events ----

/** Why something was refused or ended. The index is the wire value: append only. */
export const REASONS = [
  "requested",
  "unknown_order",
  "duplicate_order_id",
  "duplicate_client_order_id",
  "unknown_client_order_id",
  "unsupported",
  "immediate_or_cancel",
  "fill_or_kill",
  "would_trade",
  "minimum_quantity",
  "self_trade",
  "below_filled",
  "book_full",
  "asset_halted",
  "asset_cancel_only",
  "quote_budget_spent",
  "expired",
  "insufficient_funds",
  "notional_limit",
  "asset_in_auction",
  "no_reference_price",
  "too_many_open_orders",
  "account_suspended",
  "not_covered",
] as const;
export type Reason = (typeof REASONS)[number];

export interface OrderAccepted {
  readonly kind: "accepted";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly receivedAtUs: EpochUs;
  /** A stop order that waits for its trigger. */
  readonly pendingTrigger: boolean;
  readonly order: NewOrder;
}

export interface OrderRejected {
  readonly kind: "rejected";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly receivedAtUs: EpochUs;
  readonly reason: Reason;
  readonly firstOrderId: OrderId | null;
  readonly shortfall: Shortfall | null;
  readonly order: NewOrder;
}

/** At the maker's price; where an auction uncrosses, all at one price, and the younger order is the taker. */
export interface Trade {
  readonly kind: "trade";
  readonly tradeId: TradeId;
  readonly makerOrderId: OrderId;
  readonly takerOrderId: OrderId;
  readonly makerAccountId: AccountId;
  readonly takerAccountId: AccountId;
  readonly takerSide: Side;
  readonly priceTicks: PriceTicks;
  readonly quantityLots: Lots;
  /** What is left of each order after the trade; of a market buy by quote budget null until the budget is spent. */
  readonly makerLeavesLots: Lots;
  readonly takerLeavesLots: Lots | null;
}

export interface OrderCanceled {
  readonly kind: "canceled";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly reason: Reason;
  /** What was left and is gone; null for a market buy by quote budget. */
  readonly canceledLots: Lots | null;
  /** With below_filled: the cover of the replace that ended it. */
  readonly cover: number | null;
}

export interface OrderExpired {
  readonly kind: "expired";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly canceledLots: Lots;
}

export interface OrderReplaced {
  readonly kind: "replaced";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  /** The new total, fills included. */
  readonly quantityLots: Lots;
  readonly priceTicks: PriceTicks;
  readonly leavesLots: Lots;
  readonly keptPriority: boolean;
  /** The new client order id; null: unchanged. */
  readonly clientOrderId: string | null;
  /** As in the request. */
  readonly cover: number | null;
}

/** Self-trade prevention by decrement took quantity from an order that lives on. */
export interface OrderReduced {
  readonly kind: "reduced";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly byLots: Lots;
  readonly leavesLots: Lots;
}

export interface OrderTriggered {
  readonly kind: "triggered";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
}

/** A cancel or a replace that changed nothing. */
export interface RequestRejected {
  readonly kind: "cancel_rejected" | "replace_rejected";
  readonly requestLogId: LogId;
  readonly accountId: AccountId;
  /** The order it was about; null where a client order id led to none. */
  readonly orderId: OrderId | null;
  readonly clientOrderId: string | null;
  readonly reason: Reason;
  readonly firstOrderId: OrderId | null;
  readonly shortfall: Shortfall | null;
  /** Of a replace, as in the request. */
  readonly cover: number | null;
  readonly receivedAtUs: EpochUs;
}

export interface AssetStateChanged {
  readonly kind: "state_changed";
  readonly state: AssetState;
}

export type EventBody =
  | OrderAccepted
  | OrderRejected
  | Trade
  | OrderCanceled
  | OrderExpired
  | OrderReplaced
  | OrderReduced
  | OrderTriggered
  | RequestRejected
  | AssetStateChanged;

export interface EngineEvent {
  readonly eventSequence: EventSequence;
  /** The command that it came from. */
  readonly commandSequence: CommandSequence;
  readonly atUs: EpochUs;
  readonly body: EventBody;
}

/** What the engine publishes at once; it names the input that it came from also where no event came of it. */
export interface ExecutionBatch {
  readonly events: readonly EngineEvent[];
  /** The last event so far, in this batch or before. */
  readonly throughEvent: EventSequence;
  /** The last command all of whose events are out. */
  readonly throughCommand: CommandSequence;
}
