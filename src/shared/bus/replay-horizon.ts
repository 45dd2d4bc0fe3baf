/**
 * The replay horizon: the messages after it an engine may still have to replay. Engines put it into a NATS key-value bucket
 * each time they know that all snapshots they keep can be loaded; the trimmer leaves everything after it.
 */

import { CodecError } from "../domain/errors.js";
import { type StreamSequence, streamSequence } from "../domain/units.js";
import type { Bus } from "./bus.js";
import { keepValue, keptValue } from "./kept-value.js";

/** The last messages that an engine does not need any more, whichever of its snapshots it starts from. */
export interface ReplayHorizon {
  readonly commandsThrough: StreamSequence;
  readonly executionsThrough: StreamSequence;
}

export async function putReplayHorizon(bus: Bus, asset: string, horizon: ReplayHorizon): Promise<void> {
  await keepValue(bus, asset, horizon, `the replay horizon of ${asset}`);
}

/** Null: the asset's engine has put none yet. */
export async function readReplayHorizon(bus: Bus, asset: string): Promise<ReplayHorizon | null> {
  const horizon = await keptValue<ReplayHorizon>(bus, asset);
  if (horizon === null) return null;
  const { commandsThrough, executionsThrough } = horizon;
  if (!Number.isSafeInteger(commandsThrough) || !Number.isSafeInteger(executionsThrough))
    throw new CodecError(`the replay horizon of ${asset} does not consist of two whole numbers`);
  return {
    commandsThrough: streamSequence(commandsThrough),
    executionsThrough: streamSequence(executionsThrough),
  };
}
