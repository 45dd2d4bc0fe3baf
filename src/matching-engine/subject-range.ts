/** Reads a subject's messages from one sequence to another, as fast as they come, and no further. */

import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import type { StreamName } from "../shared/bus/subjects.js";
import { DeadlineExceeded } from "../shared/domain/errors.js";
import type { StreamSequence } from "../shared/domain/units.js";
import { Bell } from "../shared/process/waits.js";

export interface BusRange {
  readonly stream: StreamName;
  readonly subject: string;
  readonly after: StreamSequence;
  /** The sequence of the last message to read, which must be there. */
  readonly through: StreamSequence;
}

const PENDING_MESSAGES_MAX = 256;
const SILENCE_MAX_MS = 15_000;

/** Ends after the message at `through`. Throws DeadlineExceeded if nothing comes for SILENCE_MAX_MS. */
export async function* readRange(
  bus: Bus,
  { stream, subject, after, through }: BusRange,
): AsyncGenerator<InputMessage> {
  if (through <= after) return;
  const arrival = new Bell();
  const reader = bus.read({
    stream,
    subject,
    afterSequence: after,
    pendingMessagesMax: PENDING_MESSAGES_MAX,
    onAvailable: () => arrival.ring(),
  });
  try {
    for (;;) {
      for (const message of reader.take(PENDING_MESSAGES_MAX / 2)) {
        if (message.streamSequence <= through) yield message;
        if (message.streamSequence >= through) return;
      }
      if (reader.pendingMessages > 0) continue;
      if (reader.isClosed) throw new Error(`${subject}: the bus was closed before ${through} was read`);
      if (!(await arrival.rangWithin(SILENCE_MAX_MS)))
        throw new DeadlineExceeded(`${subject}: nothing came for ${SILENCE_MAX_MS} ms before ${through}`);
    }
  } finally {
    void reader.close(); // closing goes on in the background
  }
}
