/**
 * Streams and subjects: one subject per asset and hop. An asset's name becomes part of a subject only after it was
 * found among the known assets; `*`, `>` or a space would be accepted by the server or corrupt the protocol line.
 */

/** The settings that NATS gives a key-value bucket. */
const KEY_VALUE_BUCKET = {
  tokens: ">",
  storage: "file",
  discard: "new",
  maxBytes: 2 ** 24,
  maxAgeMs: 0,
  keepsLastOfEach: true,
} as const;

export const STREAMS = {
  ORDERS: { prefix: "orders", tokens: "*", storage: "file", discard: "new", maxBytes: 4 * 2 ** 30, maxAgeMs: 0 },
  COMMANDS: {
    prefix: "commands",
    tokens: "*",
    storage: "file",
    canBeRebuilt: true,
    discard: "new",
    maxBytes: 4 * 2 ** 30,
    maxAgeMs: 0,
  },
  EXECUTIONS: {
    prefix: "executions",
    tokens: "*",
    storage: "file",
    canBeRebuilt: true,
    discard: "new",
    maxBytes: 8 * 2 ** 30,
    maxAgeMs: 0,
  },
  NOTIFICATIONS: {
    prefix: "notifications",
    tokens: "*",
    storage: "memory",
    discard: "old",
    maxBytes: 256 * 2 ** 20,
    maxAgeMs: 600_000,
  },
  /** What the books show, for subscribers: changes, and now and then all of a book. What is lost is asked for (depth-requests.ts). */
  DEPTH: {
    prefix: "depth",
    tokens: "*",
    storage: "memory",
    discard: "old",
    maxBytes: 128 * 2 ** 20,
    maxAgeMs: 60_000,
  },
  /** Snapshots of an asset's engine, each in the messages of its own subject: snapshots.<asset>.<which>. */
  SNAPSHOTS: {
    prefix: "snapshots",
    tokens: "*.*",
    storage: "file",
    discard: "new",
    maxBytes: 8 * 2 ** 30,
    maxAgeMs: 0,
  },
  DEAD_LETTERS: {
    prefix: "dead-letters",
    tokens: "*",
    storage: "file",
    discard: "old",
    maxBytes: 2 ** 30,
    maxAgeMs: 0,
  },
  /** Leases (shared/leases). */
  KV_leases: {
    prefix: "$KV.leases",
    ...KEY_VALUE_BUCKET,
    messagesMayExpire: true,
  },
  /** Replay horizons (replay-horizon.ts). */
  KV_horizons: {
    prefix: "$KV.horizons",
    ...KEY_VALUE_BUCKET,
  },
} as const;

export type StreamName = keyof typeof STREAMS;

export function subjectOf(stream: StreamName, asset: string): string {
  return `${STREAMS[stream].prefix}.${asset}`;
}

/** The asset in a subject: BTC-USD of notifications.BTC-USD. */
export function assetOf(subject: string): string {
  return subject.slice(subject.indexOf(".") + 1);
}
