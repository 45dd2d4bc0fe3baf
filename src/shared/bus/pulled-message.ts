/** What a message that was pulled says of itself, beside its data. */
import type { Msg } from "./nats.js";

/** Bytes that the server counts against a pull: subject, reply, headers and data. The client's types lack `size`. */
export function sizeOf(message: Msg): number {
  return (message as Msg & { size(): number }).size();
}

/** A message's sequences, which its reply names: $JS.ACK.<stream>.<consumer>.<delivered>.<of stream>.<of consumer>.<…>.<…> */
export function placeIn(reply: string): { streamSequence: number; consumerSequence: number } {
  const consumerEnd = reply.lastIndexOf(".", reply.lastIndexOf(".") - 1);
  const streamEnd = reply.lastIndexOf(".", consumerEnd - 1);
  const streamStart = reply.lastIndexOf(".", streamEnd - 1) + 1;
  return {
    streamSequence: Number(reply.slice(streamStart, streamEnd)),
    consumerSequence: Number(reply.slice(streamEnd + 1, consumerEnd)),
  };
}
