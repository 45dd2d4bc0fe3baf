/**
 * Whole numbers with a meaning. Inside the system every price is in ticks, every quantity in lots, every amount of
 * money in its currency's smallest unit, every time in microseconds since the epoch; all of them are safe integers
 * (at most 2^53-1). Decimal text exists at the edges only (decimal.ts).
 * Those that the engine knows, too, are its package's.
 */
import { type Branded, type LogId, logId, nonNegative } from "@bourse/matching-core";

export {
  type AccountId,
  accountId,
  type CommandSequence,
  type CurrencyUnits,
  commandSequence,
  currencyUnits,
  type EpochMs,
  type EpochUs,
  type EventSequence,
  epochMs,
  epochUs,
  eventSequence,
  type LogId,
  type Lots,
  logId,
  lots,
  type OrderId,
  orderId,
  type PriceTicks,
  priceTicks,
  type TradeId,
  tradeId,
} from "@bourse/matching-core";

/** Numbers an account's reports over all assets, without a gap, from 1. */
export type AccountSequence = Branded<"AccountSequence">;
/** Numbers the actions of operators and timers, without a gap, from 1. */
export type ActionId = Branded<"ActionId">;
/** JetStream's number of a message. It says where to read on, and never what was done. */
export type StreamSequence = Branded<"StreamSequence">;

export const accountSequence = nonNegative<AccountSequence>("account sequence");
/** Zero means that there is no action yet. */
export const actionId = nonNegative<ActionId>("action id");
export const streamSequence = nonNegative<StreamSequence>("stream sequence");

/** Requests in one message of the order log at most; also the factor between a stream sequence and a log id. */
export const BATCH_ITEMS_MAX = 256;

export function logIdAt(batch: StreamSequence, index: number): LogId {
  return logId(batch * BATCH_ITEMS_MAX + index);
}
