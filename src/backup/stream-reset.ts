/**
 * Makes the streams fit a Postgres that has gone back: COMMANDS, EXECUTIONS, snapshots and what is known of them go, since they
 * follow from what is not there any more, and begin again after the backup's engines; ORDERS stay, and are replayed from where
 * Postgres stands. Can be done again at any time, also for a Postgres that is further than that.
 */
import { readRange } from "../matching-engine/subject-range.js";
import type { Bus } from "../shared/bus/bus.js";
import { putOrdersForBackups, readTrimmed } from "../shared/bus/orders-for-backups.js";
import { subjectOf } from "../shared/bus/subjects.js";
import type { Database } from "../shared/database/database.js";
import { ConfigurationError } from "../shared/domain/errors.js";
import { streamSequence } from "../shared/domain/units.js";
import { decodeOrderBatch } from "../shared/wire/pipeline-codec.js";
import type { Backup } from "./catalog.js";
import type { Tell } from "./cluster-copy.js";
import { bringBackEngineState } from "./engine-states.js";
import { ordersForAll } from "./make-backup.js";

/** What is in ORDERS after the place that an asset is processed through. */
export interface ToReplay {
  readonly asset: string;
  readonly messages: number;
  readonly requests: number;
}

export interface StreamReset {
  readonly backup: Backup;
  readonly backupFolder: string;
  /** All that are kept. */
  readonly backups: readonly Backup[];
  readonly assets: readonly string[];
}

interface Position {
  readonly service: string;
  readonly asset: string;
  readonly message: number;
  readonly command: number;
}

/** Throws a ConfigurationError if ORDERS lack what is to be replayed; nothing has been changed then. */
export async function resetStreams(
  bus: Bus,
  database: Pick<Database, "query" | "copy">,
  { backup, backupFolder, backups, assets }: StreamReset,
  tell: Tell,
): Promise<ToReplay[]> {
  const positions = await database.query<Position>(
    "select service, asset, stream_sequence as message, command_sequence as command from consumer_positions",
  );
  const positionOf = (service: string, asset: string) =>
    positions.find((position) => position.service === service && position.asset === asset);
  const processed = (asset: string) => positionOf("order-processing", asset)?.message ?? 0;
  for (const asset of assets) await assertOrdersAreThere(bus, asset, processed(asset));

  tell("removing commands, events and snapshots that follow from later moments");
  for (const stream of ["COMMANDS", "EXECUTIONS", "NOTIFICATIONS", "DEPTH"] as const)
    await bus.purge(stream, subjectOf(stream, "*"));
  await bus.purge("SNAPSHOTS", `${subjectOf("SNAPSHOTS", "*")}.*`);
  await bus.purge("KV_horizons", subjectOf("KV_horizons", "*"));

  tell("bringing the engines' books back");
  for (const state of backup.engines)
    if (state.commandSequence <= (positionOf("trade-processing", state.asset)?.command ?? 0))
      await bringBackEngineState(bus, database, state, backupFolder);
  await putOrdersForBackups(bus, ordersForAll(backups));

  const replayed: ToReplay[] = [];
  for (const asset of assets) replayed.push(await toReplay(bus, asset, processed(asset)));
  return replayed;
}

async function assertOrdersAreThere(bus: Bus, asset: string, processed: number): Promise<void> {
  const { last } = await bus.streamBounds("ORDERS");
  if (last < processed)
    throw new ConfigurationError(
      `ORDERS end with message ${last}, and Postgres has processed ${processed} at that moment: they are of another ` +
        "nats-server, or lost (docs/operations.md, The disk of nats-server)",
    );
  const trimmed = await readTrimmed(bus, asset);
  if (trimmed > processed + 1)
    throw new ConfigurationError(
      `ORDERS of ${asset} begin with message ${trimmed}, and are needed from ${processed + 1} on: what was acknowledged in ` +
        "between would be lost; choose a later moment",
    );
}

async function toReplay(bus: Bus, asset: string, processed: number): Promise<ToReplay> {
  const subject = subjectOf("ORDERS", asset);
  const last = await bus.lastMessage("ORDERS", subject);
  let [messages, requests] = [0, 0];
  const range = { stream: "ORDERS", subject, after: streamSequence(processed) } as const;
  if (last !== null && last.streamSequence > processed)
    for await (const { data } of readRange(bus, { ...range, through: last.streamSequence })) {
      messages++;
      requests += decodeOrderBatch(data).length;
    }
  return { asset, messages, requests };
}
