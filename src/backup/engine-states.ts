/**
 * The engines' books in a backup: with them an engine goes on from where the backup is, instead of replaying all that was ever
 * logged. A snapshot that is kept stands for settled commands only, so that it is older than every moment after the backup.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SnapshotStore } from "../matching-engine/snapshot-store.js";
import type { Bus } from "../shared/bus/bus.js";
import { subjectOf } from "../shared/bus/subjects.js";
import type { Database } from "../shared/database/database.js";
import { readStoredCommands } from "../shared/database/stored-commands.js";
import type { Asset } from "../shared/domain/assets.js";
import { CodecError, ConfigurationError } from "../shared/domain/errors.js";
import { commandSequence, eventSequence, type StreamSequence } from "../shared/domain/units.js";
import { encodeCommandBatch, encodeExecutionBatch } from "../shared/wire/pipeline-codec.js";
import { assertIntact, type EngineState, sha256, writeSynced } from "./catalog.js";

const PUBLISH_TIMEOUT_MS = 10_000;
const fileOf = (backup: string, asset: string) => join(backup, "engines", asset);

/** Keeps the newest snapshot of the asset that stands for settled commands only; null: there is none. */
export async function keepEngineState(
  bus: Bus,
  terms: Asset,
  settledThrough: number,
  backup: string,
): Promise<EngineState | null> {
  const { asset } = terms;
  const store = new SnapshotStore(bus);
  for (const stored of await store.list(asset)) {
    if (!stored.isWhole || stored.commandSequence > settledThrough || stored.commandSequence === 0) continue;
    try {
      const { rulesVersion, takenAtMs } = await store.header(stored);
      const { engine } = await store.load(stored, terms);
      const bytes = engine.snapshot();
      mkdirSync(join(backup, "engines"), { recursive: true, mode: 0o700 });
      writeSynced(fileOf(backup, asset), bytes);
      const { lastCommandSequence, lastEventSequence, lastTradeId } = engine;
      const of = {
        asset,
        commandSequence: lastCommandSequence,
        eventSequence: lastEventSequence,
        tradeId: lastTradeId,
      };
      return { ...of, rulesVersion, takenAtMs, sha256: sha256(bytes) };
    } catch (error) {
      if (!(error instanceof CodecError)) throw error; // damaged, or removed meanwhile: an older one will do
    }
  }
  return null;
}

/**
 * Makes the asset's streams, which are empty, begin after a backup's state: its last command, a message that says how far
 * events are published, and the snapshot that belongs to these places.
 */
export async function bringBackEngineState(
  bus: Bus,
  database: Pick<Database, "query" | "copy">,
  state: EngineState,
  backup: string,
): Promise<void> {
  const { asset, commandSequence: through, rulesVersion, takenAtMs } = state;
  const file = fileOf(backup, asset);
  const bytes = readFileSync(file);
  assertIntact(file, bytes, state.sha256);
  const commands = await readStoredCommands(database, asset, through - 1, 1);
  if (commands[0]?.commandSequence !== through)
    throw new ConfigurationError(`order_log has no command ${through} of ${asset}: Postgres is older than the backup`);
  const commandsThrough = await publish(bus, subjectOf("COMMANDS", asset), encodeCommandBatch(commands));
  const published = {
    firstEventSequence: eventSequence(state.eventSequence + 1),
    firstTradeId: state.tradeId + 1,
    rows: new Uint8Array(0),
    throughEvent: eventSequence(state.eventSequence),
    throughCommand: commandSequence(through),
  };
  const executionsThrough = await publish(bus, subjectOf("EXECUTIONS", asset), encodeExecutionBatch(published));
  const places = { commandsThrough, executionsThrough };
  await new SnapshotStore(bus).store({ asset, commandSequence: through, takenAtMs, rulesVersion, bytes, ...places });
}

async function publish(bus: Bus, subject: string, payload: Uint8Array): Promise<StreamSequence> {
  const outcome = await bus.publish(subject, payload, { deadlineMs: PUBLISH_TIMEOUT_MS });
  if (outcome.kind !== "stored") throw new Error(`${subject} can't be written: ${JSON.stringify(outcome)}`);
  return outcome.streamSequence;
}
