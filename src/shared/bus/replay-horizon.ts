/**
 * The replay horizon: the messages after it an engine may still have to replay. Engines put it into a NATS key-value bucket
 * each time they know that all snapshots they keep can be loaded; the trimmer leaves everything after it.
 */

import { CodecError } from "../domain/errors.js";
import { type StreamSequence, streamSequence } from "../domain/units.js";
import type { Bus } from "./bus.js";
import { subjectOf } from "./subjects.js";

/** The last messages that an engine does not need any more, whichever of its snapshots it starts from. */
export interface ReplayHorizon {
  readonly commandsThrough: StreamSequence;
  readonly executionsThrough: StreamSequence;
}

const PUBLISH_TIMEOUT_MS = 5_000;

export async function putReplayHorizon(bus: Bus, asset: string, horizon: ReplayHorizon): Promise<void> {
  const value = Buffer.from(JSON.stringify(horizon));
  const outcome = await bus.publish(subjectOf("KV_horizons", asset), value, { deadlineMs: PUBLISH_TIMEOUT_MS });
  if (outcome.kind !== "stored") throw new Error(`the replay horizon of ${asset} can't be stored: ${outcome.kind}`);
}

/** Null: the asset's engine has put none yet. */
export async function readReplayHorizon(bus: Bus, asset: string): Promise<ReplayHorizon | null> {
  const last = await bus.lastMessage("KV_horizons", subjectOf("KV_horizons", asset));
  if (last === null) return null;
  const { commandsThrough, executionsThrough } = JSON.parse(Buffer.from(last.data).toString()) as ReplayHorizon;
  if (!Number.isSafeInteger(commandsThrough) || !Number.isSafeInteger(executionsThrough))
    throw new CodecError(`the replay horizon of ${asset} does not consist of two whole numbers`);
  return {
    commandsThrough: streamSequence(commandsThrough),
    executionsThrough: streamSequence(executionsThrough),
  };
}
