/** Reports, which tell accounts and subscribers of the engine's events, and the notifications that carry them. */
import type { AssetState, OrderType, SelfTradePrevention, Side, TimeInForce } from "./messages.js";
import type {
  AccountId,
  AccountSequence,
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

export interface PublicTrade {
  readonly tradeId: TradeId;
  readonly priceTicks: PriceTicks;
  readonly quantityLots: Lots;
  readonly takerSide: Side;
  readonly executedAtUs: EpochUs;
}

/** A member's place is its wire value: append only. */
export const REPORT_EVENTS = [
  "accepted",
  "rejected",
  "trade",
  "canceled",
  "replaced",
  "reduced",
  "expired",
  "triggered",
  "cancel_rejected",
  "replace_rejected",
] as const;
export type ReportEvent = (typeof REPORT_EVENTS)[number];

/** A member's place is its wire value: append only. */
export const ORDER_STATUSES = [
  "open",
  "partially_filled",
  "filled",
  "canceled",
  "rejected",
  "expired",
  "pending_trigger",
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export type Liquidity = "maker" | "taker";

/** The terms that an order was placed with beside side, type, time in force, price and quantity; they never change. */
export interface ReportedTerms {
  readonly stopPriceTicks: PriceTicks | null;
  readonly displayLots: Lots | null;
  readonly minimumLots: Lots | null;
  readonly postOnly: boolean;
  readonly expiresAtMs: EpochMs | null;
  /** The budget that its client asked for, fees included. */
  readonly quoteBudgetUnits: CurrencyUnits | null;
  readonly selfTradePrevention: SelfTradePrevention;
}

/** One account's view of one event (FIX 35=8), without its number in the account's sequence. */
export interface ExecutionReport {
  readonly accountId: AccountId;
  readonly event: ReportEvent;
  readonly status: OrderStatus;
  /** The order that it is about; null if a refused cancel named an unknown client order id. */
  readonly orderId: OrderId | null;
  readonly clientOrderId: string | null;
  /** `terms` to `quantityLots` are null if a refused cancel or replace named an order that is not the account's. */
  readonly terms: ReportedTerms | null;
  readonly side: Side | null;
  readonly type: OrderType | null;
  readonly timeInForce: TimeInForce | null;
  readonly quantityLots: Lots | null;
  /** Null for market orders, too. */
  readonly priceTicks: PriceTicks | null;
  readonly filledLots: Lots;
  /** Null for a live market buy by quote budget. */
  readonly leavesLots: Lots | null;
  /** `tradeId` to `feeUnits` are set on trades only. */
  readonly tradeId: TradeId | null;
  readonly lastPriceTicks: PriceTicks | null;
  readonly lastQuantityLots: Lots | null;
  readonly liquidity: Liquidity | null;
  /** In the asset's quote currency; negative: a rebate. Null, too, if no funds are held. */
  readonly feeUnits: number | null;
  /** A Reason, perhaps with a detail after a colon. */
  readonly reason: string | null;
  readonly receivedAtUs: EpochUs;
  readonly matchedAtUs: EpochUs;
}

export interface SequencedReport extends ExecutionReport {
  readonly accountSequence: AccountSequence;
}

/** An asset's state as its book has it, since an event. */
export interface AssetStatus {
  readonly state: AssetState;
  readonly sinceUs: EpochUs;
  /** A later status has a higher one. */
  readonly eventSequence: EventSequence;
  /** Who decided it, and why; null: no action did. */
  readonly madeBy: string | null;
  readonly why: string | null;
}

export interface NotificationBatch {
  readonly trades: readonly PublicTrade[];
  readonly reports: readonly SequencedReport[];
  /** Null: the asset's state has not changed. */
  readonly status: AssetStatus | null;
  /** An earlier notification may be lost: whoever needs it must read from Postgres. */
  readonly resync: boolean;
  /** The last client's request of which everything is settled and announced, in this batch or before; 0: none is. */
  readonly throughLogId: LogId;
}
