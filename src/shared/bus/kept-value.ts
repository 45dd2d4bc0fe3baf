/** Small values in the NATS key-value bucket `horizons`, each the last of its key; for what must not go back with Postgres. */
import type { Bus } from "./bus.js";
import { subjectOf } from "./subjects.js";

const PUBLISH_TIMEOUT_MS = 5_000;

/** Rejects if it is not stored; `what` begins the message. */
export async function keepValue(bus: Bus, key: string, value: object | null, what: string): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(value));
  const outcome = await bus.publish(subjectOf("KV_horizons", key), bytes, { deadlineMs: PUBLISH_TIMEOUT_MS });
  if (outcome.kind !== "stored") throw new Error(`${what} can't be stored: ${outcome.kind}`);
}

/** Null: there is none. */
export async function keptValue<T>(bus: Bus, key: string): Promise<T | null> {
  const last = await bus.lastMessage("KV_horizons", subjectOf("KV_horizons", key));
  return last === null ? null : (JSON.parse(Buffer.from(last.data).toString()) as T);
}
