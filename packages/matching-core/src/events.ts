/** Events: what the engine did, in the past tense. `null` means "none"; there are no sentinels. */
import type { NewOrder, Shortfall } from "./commands.js";
import type { AssetState, Reason, Side } from "./enumerations.js";
import type {
  AccountId,
  CommandSequence,
  EpochUs,
  EventSequence,
  LogId,
  Lots,
  OrderId,
  PriceTicks,
  TradeId,
} from "./units.js";

export interface OrderAccepted {
  readonly kind: "accepted";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly receivedAtUs: EpochUs;
  /** Whether it is a stop order that waits for its trigger. */
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

/** A trade at the maker's price. When an auction uncrosses, all trades have one price, and the younger order is the taker. */
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
  /** The leaves of each order after the trade; null for a market buy by quote budget until its budget is spent. */
  readonly makerLeavesLots: Lots;
  readonly takerLeavesLots: Lots | null;
}

export interface OrderCanceled {
  readonly kind: "canceled";
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly reason: Reason;
  /** The leaves that were canceled; null for a market buy by quote budget. */
  readonly canceledLots: Lots | null;
  /** For below_filled: the cover of the replace that ended the order. */
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
  /** The new client order id; null: the order keeps its own. */
  readonly clientOrderId: string | null;
  /** The cover of the request. */
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

/** A cancel or a replace was refused and changed nothing. */
export interface RequestRejected {
  readonly kind: "cancel_rejected" | "replace_rejected";
  readonly requestLogId: LogId;
  readonly accountId: AccountId;
  /** The order that the request named; null if a client order id led to none. */
  readonly orderId: OrderId | null;
  readonly clientOrderId: string | null;
  readonly reason: Reason;
  readonly firstOrderId: OrderId | null;
  readonly shortfall: Shortfall | null;
  /** The cover of a replace. */
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
  /** The command that caused it. */
  readonly commandSequence: CommandSequence;
  readonly atUs: EpochUs;
  readonly body: EventBody;
}
