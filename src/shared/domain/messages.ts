/**
 * The vocabulary of the pipeline: requests (what clients ask for), commands (what engines are told) and events (what engines
 * did), which are words of the engine's package; reports are in reports.ts. All are encoded in src/shared/wire only.
 */
import type {
  AccountId,
  CommandSequence,
  EngineEvent,
  EpochUs,
  EventSequence,
  LogId,
  RequestBody,
} from "@bourse/matching-core";

export type {
  AssetState,
  CancelOrder,
  Command,
  CommandBody,
  EngineEvent,
  EventBody,
  FeeRates,
  MarketRules,
  NewOrder,
  OrderRejected,
  OrderType,
  Reason,
  Refuse,
  ReplaceOrder,
  RequestBody,
  RequestRejected,
  RulesInForce,
  SelfTradePrevention,
  Shortfall,
  Side,
  TimeInForce,
  Trade,
} from "@bourse/matching-core";
export {
  ASSET_STATES,
  DEFAULT_RULES,
  NONE,
  ORDER_TYPES,
  packFeeRates,
  REASONS,
  RULES_VERSION,
  rulesAreEqual,
  SELF_TRADE_PREVENTIONS,
  SIDES,
  TIMES_IN_FORCE,
  unpackFeeRates,
} from "@bourse/matching-core";

export interface OrderRequest {
  readonly accountId: AccountId;
  readonly receivedAtUs: EpochUs;
  readonly body: RequestBody;
}

/** A request with its place in the order log. */
export interface LoggedRequest extends OrderRequest {
  readonly logId: LogId;
}

/** Events that an engine publishes together. It names the input that it came from, also if that had no events. */
export interface ExecutionBatch {
  readonly events: readonly EngineEvent[];
  /** The last event up to the end of this batch, in it or before. */
  readonly throughEvent: EventSequence;
  /** The last command of which all events are in this batch or before. */
  readonly throughCommand: CommandSequence;
}
