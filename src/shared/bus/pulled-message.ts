/** What a message that was pulled says of itself, beside its data. */
import { type EpochUs, epochUs, type StreamSequence, streamSequence } from "../domain/units.js";
import type { Msg } from "./nats.js";

/** Statuses of a pull that ended in the ordinary way: no messages, or its time was up. */
export const PULL_ENDED = new Set([404, 408]);
/** Two of this status's texts are ordinary, too. Others mean that the consumer is of no use any more. */
export const CONFLICT = 409;
/** The pull ended because the next message is larger than its remaining bytes. */
export const LARGER_THAN_ROOM = "Message Size Exceeds MaxBytes";
/** The pull's last message was sent, and bytes are left of it. Its messages are counted, so it is known to have ended. */
export const SERVED = "Batch Completed";
export const HEARTBEAT = 100;

/** Bytes that the server counts against a pull: subject, reply, headers and data. The client's types lack `size`. */
export function sizeOf(message: Msg): number {
  return (message as Msg & { size(): number }).size();
}

export interface Place {
  readonly streamSequence: StreamSequence;
  readonly consumerSequence: number;
  /** By the clock of the server; of a message that this process stored itself, by its own. */
  readonly storedAtUs: EpochUs;
}

/** The length of a time's last digits: the server tells nanoseconds, which are more than a number can hold. */
const NANOSECOND_DIGITS = 3;

/** A message's place, which its reply names: $JS.ACK.<stream>.<consumer>.<delivered>.<of stream>.<of consumer>.<time>.<pending> */
export function placeIn(reply: string): Place {
  const timeEnd = reply.lastIndexOf(".");
  const consumerEnd = reply.lastIndexOf(".", timeEnd - 1);
  const streamEnd = reply.lastIndexOf(".", consumerEnd - 1);
  const streamStart = reply.lastIndexOf(".", streamEnd - 1) + 1;
  return {
    streamSequence: streamSequence(Number(reply.slice(streamStart, streamEnd))),
    consumerSequence: Number(reply.slice(streamEnd + 1, consumerEnd)),
    storedAtUs: epochUs(Number(reply.slice(consumerEnd + 1, timeEnd - NANOSECOND_DIGITS))),
  };
}

/** The time of a message that was asked for, such as 2026-11-29T09:39:00.123456789Z; zeros at its end are left out. */
export function storedAtUs(timestamp: string): EpochUs {
  const [seconds = "", fraction = ""] = timestamp.replace("Z", "").split(".");
  return epochUs(Date.parse(`${seconds}Z`) * 1_000 + Number(fraction.slice(0, 6).padEnd(6, "0")));
}
