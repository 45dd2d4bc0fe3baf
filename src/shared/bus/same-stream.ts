import type { BusConnection } from "./connection.js";
import { ERROR_CODES } from "./error-codes.js";
import { errorCodeOf } from "./nats.js";
import type { StoredMessage } from "./relay.js";
import { STREAMS, type StreamName } from "./subjects.js";

/**
 * Whether the stream still holds the message in its place, or has trimmed it. It does not where the stream lost its end, or was
 * made anew, and was continued: then other messages have the sequences that were read. Streams that are synced don't lose any.
 */
export async function isStillThere(
  connection: BusConnection,
  stream: StreamName,
  read: Pick<StoredMessage, "subject" | "streamSequence" | "data">,
  firstSequence: number,
): Promise<boolean> {
  if (!("canBeRebuilt" in STREAMS[stream]) || read.streamSequence < firstSequence) return true;
  const query = { seq: read.streamSequence };
  try {
    const { subject, data } = await connection.ask(() => connection.quickManager.streams.getMessage(stream, query));
    return subject === read.subject && Buffer.compare(data, read.data) === 0;
  } catch (error) {
    if (errorCodeOf(error) === ERROR_CODES.NO_MESSAGE_FOUND) return false;
    throw error;
  }
}
