/** Finds the state that an engine starts from: its copy in this process, else a snapshot, else the first command. */

import { createEngine, type Engine, type EngineOptions, restoreEngine } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { subjectOf } from "../shared/bus/subjects.js";
import type { Command } from "../shared/domain/messages.js";
import { streamSequence } from "../shared/domain/units.js";
import type { Service } from "../shared/process/lifecycle.js";
import { haltingAsset } from "../shared/stage/stage.js";
import { endsWithinCommand } from "../shared/wire/event-rows.js";
import { decodeCommandBatch, decodeExecutionRows } from "../shared/wire/pipeline-codec.js";
import { chooseSnapshot, objectionTo } from "./snapshot-choice.js";
import { AT_START, type SnapshotStore, type StreamPlaces } from "./snapshot-store.js";
import type { Snapshotter } from "./snapshotter.js";
import type { Standbys } from "./standbys.js";

export interface EngineStart extends StreamPlaces {
  readonly engine: Engine;
  /** The last event missing in EXECUTIONS, if they were trimmed: events up to it can't be compared. Null: none is missing. */
  readonly trimmed: TrimmedEvents | null;
  /** The first message of COMMANDS, if they don't begin with command 1 (earlier ones are stored in Postgres). Else empty. */
  readonly firstCommands: readonly Command[];
}

export interface TrimmedEvents {
  readonly throughCommand: number;
  readonly throughEvent: number;
}

/** Reads the state of an asset's engine in Postgres, which stands for commands that were let go of (sql/20); null: there is none. */
export type StoredStateSource = (asset: string) => Promise<Uint8Array | null>;

interface Sources {
  readonly store: SnapshotStore;
  readonly snapshotter: Snapshotter;
  readonly standbys: Standbys | null;
  readonly storedState: StoredStateSource | null;
}

export class EngineStarts {
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #sources: Sources;

  constructor(service: Service, bus: Bus, sources: Sources) {
    this.#service = service;
    this.#bus = bus;
    this.#sources = sources;
  }

  async find(asset: string, options: EngineOptions, lastOutput: InputMessage | null): Promise<EngineStart> {
    const whole = { trimmed: null, firstCommands: [] };
    const copy = await this.#copy(asset, lastOutput);
    if (copy !== null) return { ...copy, ...whole };
    const { store, snapshotter } = this.#sources;
    const { comparedEventsMin } = snapshotter;
    const search = { asset, options, lastOutput, comparedEventsMin };
    const { restored, newest } = await chooseSnapshot(this.#service, this.#bus, store, search);
    snapshotter.startsFrom(asset, newest);
    return restored === null ? await this.#fromTheFirst(asset, options, lastOutput) : { ...restored, ...whole };
  }

  async #copy(
    asset: string,
    lastOutput: InputMessage | null,
  ): Promise<(StreamPlaces & { readonly engine: Engine }) | null> {
    const standby = await this.#sources.standbys?.take(asset);
    if (!standby) return null;
    const copy = { engine: standby.engine, ...standby.places };
    const why = await objectionTo(copy, this.#bus, asset, lastOutput);
    const [fromCommand, isUsed] = [copy.engine.lastCommandSequence, why === null];
    this.#service.log.info({ asset, fromCommand, isUsed, why }, "the engine was followed here before");
    return isUsed ? copy : null;
  }

  async #fromTheFirst(asset: string, options: EngineOptions, lastOutput: InputMessage | null): Promise<EngineStart> {
    const first = await this.#bus.nextMessage("COMMANDS", subjectOf("COMMANDS", asset), AT_START.commandsThrough);
    const commands = first === null ? [] : haltingAsset(asset, () => decodeCommandBatch(first.data));
    const firstCommand = commands[0]?.commandSequence ?? 1;
    const engine = (firstCommand > 1 ? await this.#storedEngine(asset, options) : null) ?? createEngine(options);
    const firstCommands = firstCommand > engine.lastCommandSequence + 1 ? commands : [];
    return { engine, ...AT_START, firstCommands, ...(await this.#trimmedEvents(asset, lastOutput, engine)) };
  }

  /** The engine as of the last command that was let go of, or of a later one; null: none was. */
  async #storedEngine(asset: string, options: EngineOptions): Promise<Engine | null> {
    const state = (await this.#sources.storedState?.(asset)) ?? null;
    if (state === null) return null;
    const engine = haltingAsset(asset, () => restoreEngine(options, state));
    const fromCommand = engine.lastCommandSequence;
    this.#service.log.warn(
      { asset, fromCommand },
      "there is no snapshot: the engine goes on from its state in Postgres",
    );
    return engine;
  }

  /**
   * If EXECUTIONS are trimmed, or the engine does not begin with the first command, comparing begins after the first message
   * that ends between two commands still to come; if there is none, everything published is in the engine.
   */
  async #trimmedEvents(
    asset: string,
    last: InputMessage | null,
    { lastCommandSequence: from }: Engine,
  ): Promise<Pick<EngineStart, "trimmed" | "executionsThrough">> {
    const nothing = { trimmed: null, executionsThrough: AT_START.executionsThrough };
    let isFirst = true;
    for (let after = streamSequence(0); last !== null && after < last.streamSequence; isFirst = false) {
      const message = await this.#bus.nextMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset), after);
      if (message === null) break;
      const rows = haltingAsset(asset, () => decodeExecutionRows(message.data));
      const { throughCommand, throughEvent } = rows;
      const isWhole = rows.firstEventSequence === 1 && (rows.rows.length > 0 || throughEvent === 0);
      if (isFirst && isWhole && from === 0) return nothing;
      after = message.streamSequence;
      if (!endsWithinCommand(rows) && throughCommand > from)
        return { trimmed: { throughCommand, throughEvent }, executionsThrough: after };
    }
    return last !== null && from > 0 ? { trimmed: null, executionsThrough: last.streamSequence } : nothing;
  }
}
