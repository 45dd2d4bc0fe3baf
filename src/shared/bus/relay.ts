/**
 * Hands messages that were stored by one stage of a process to the readers of the next stage in the same process, so that the
 * server need not send them back. Only messages of a fenced output are handed on: their writer knows which message of the
 * subject each one follows, so a reader can tell that none is missing in between.
 */
import type { EpochUs, StreamSequence } from "../domain/units.js";

export interface StoredMessage {
  readonly subject: string;
  readonly streamSequence: StreamSequence;
  readonly storedAtUs: EpochUs;
  /** The subject's message before it. */
  readonly follows: StreamSequence;
  readonly data: Uint8Array;
}

type Listener = (message: StoredMessage) => void;

/** Readers of one process by server and subject. */
const listeners = new Map<string, Set<Listener>>();

/** Calls the listener with each message that this process stores in the subject; returns how to end that. */
export function followOwnMessages(servers: string, subject: string, listener: Listener): () => void {
  const key = `${servers} ${subject}`;
  const those = listeners.get(key) ?? new Set();
  listeners.set(key, those.add(listener));
  return () => {
    those.delete(listener);
    if (those.size === 0 && listeners.get(key) === those) listeners.delete(key);
  };
}

export function handOn(servers: string, message: StoredMessage): void {
  for (const listener of listeners.get(`${servers} ${message.subject}`) ?? []) listener(message);
}
