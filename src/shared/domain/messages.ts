/**
 * The vocabulary of the pipeline: requests (what a client asks for), commands (what the engine is told), events (what
 * the engine did), which are the words of the engine's package; what accounts learn of those is in reports.ts. Each type
 * crosses a wire in src/shared/wire/pipeline-codec.ts only.
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

/** What the engine publishes at once; it names the input that it came from also where no event came of it. */
export interface ExecutionBatch {
  readonly events: readonly EngineEvent[];
  /** The last event so far, in this batch or before. */
  readonly throughEvent: EventSequence;
  /** The last command all of whose events are out. */
  readonly throughCommand: CommandSequence;
}
