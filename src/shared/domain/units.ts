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

/** Gapless per account, from 1: the order of an account's execution reports over all assets. */
export type AccountSequence = Branded<"AccountSequence">;
/** Gapless, from 1: the order in which operators and timers decided. */
export type ActionId = Branded<"ActionId">;
/** JetStream's own number of a message. It only says where to read on; it never decides what was done. */
export type StreamSequence = Branded<"StreamSequence">;

export const accountSequence = nonNegative<AccountSequence>("account sequence");
/** Zero is allowed: nothing was decided yet. */
export const actionId = nonNegative<ActionId>("action id");
export const streamSequence = nonNegative<StreamSequence>("stream sequence");

/** Requests in one batch of the order log; the factor between a stream sequence and a log id. */
export const BATCH_ITEMS_MAX = 256;

export function logIdAt(batch: StreamSequence, index: number): LogId {
  return logId(batch * BATCH_ITEMS_MAX + index);
}
