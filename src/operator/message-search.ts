/** Finds the message of a subject by what is in it. All assets share a stream, whose older messages may be gone. */
import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { type StreamName, subjectOf } from "../shared/bus/subjects.js";
import { type StreamSequence, streamSequence } from "../shared/domain/units.js";

/**
 * The asset's first message whose measure is at least `target`; null: there is none. The measure must not fall from one of
 * the asset's messages to the next. Asks for one message for each halving of the stream.
 */
export async function firstMessageFrom(
  bus: Pick<Bus, "lastMessage" | "nextMessage">,
  [stream, asset]: readonly [StreamName, string],
  measure: (message: InputMessage) => number,
  target: number,
): Promise<InputMessage | null> {
  const subject = subjectOf(stream, asset);
  let found = await bus.lastMessage(stream, subject);
  if (found === null || measure(found) < target) return null;
  // The message that follows `low` may be the one; that which follows `high` is far enough.
  let low = streamSequence(0);
  let high = before(found);
  while (low < high) {
    const middle = streamSequence(Math.floor((low + high) / 2));
    const message = await bus.nextMessage(stream, subject, middle);
    if (message === null) return null; // the subject was emptied meanwhile
    if (measure(message) < target) low = message.streamSequence;
    else [found, high] = [message, middle];
  }
  return found;
}

function before({ streamSequence: place }: InputMessage): StreamSequence {
  return streamSequence(place - 1);
}
