/**
 * Makes the streams, or brings those that are there up to date. Services may make streams and not change them (config/nats-users.conf):
 * a limit that an operator has set stays, and is no reason not to start.
 */
import type { Logger } from "../process/log.js";
import { ERROR_CODES } from "./error-codes.js";
import { ErrorCode, errorCodeOf, type JetStreamManager, NatsError } from "./nats.js";
import { type StreamSettings, streamConfig } from "./stream-config.js";
import { STREAMS, type StreamName } from "./subjects.js";

type Streams = JetStreamManager["streams"];

/** Without a number of copies: as many as ORDERS has, one where there is no such stream. */
export async function ensureStreams(
  streams: Streams,
  log: Logger,
  copies: number | null,
  which: "all" | "memory",
): Promise<void> {
  const replicas = copies ?? (await copiesOfOrders(streams)) ?? 1;
  for (const name of Object.keys(STREAMS) as StreamName[]) {
    if (which === "memory" && STREAMS[name].storage !== "memory") continue;
    const config = streamConfig(name, replicas);
    // A stream that is there keeps the way in which it was made to persist.
    const { persist_mode: _, ...asItIs } = config;
    if ((await isMade(streams, config)) || (await isMade(streams, asItIs)) || (await isChanged(streams, asItIs)))
      continue;
    log.warn({ stream: name }, "the stream has other settings than this version gives it; it is used as it is");
  }
}

/** Null: there is no such stream yet. */
async function copiesOfOrders(streams: Streams): Promise<number | null> {
  try {
    const { config } = await streams.info("ORDERS" satisfies StreamName);
    return config.num_replicas;
  } catch (error) {
    if (errorCodeOf(error) === ERROR_CODES.STREAM_NOT_FOUND) return null;
    throw error;
  }
}

/** False: there is such a stream with another configuration. */
async function isMade(streams: Streams, config: StreamSettings): Promise<boolean> {
  try {
    await streams.add(config);
    return true;
  } catch (error) {
    if (error instanceof NatsError && error.isJetStreamError()) return false;
    throw error;
  }
}

/** False: it may not be changed. */
async function isChanged(streams: Streams, config: StreamSettings): Promise<boolean> {
  try {
    await streams.update(config.name, config);
    return true;
  } catch (error) {
    if (error instanceof NatsError && error.code === ErrorCode.PermissionsViolation) return false;
    throw error;
  }
}
