/** Holds the input of a stage's assets that is not handled yet, and composes the next batches of it. */

import type { Bus } from "../bus/bus.js";
import type { BusReader } from "../bus/reader.js";
import { subjectOf } from "../bus/subjects.js";
import type { StreamSequence } from "../domain/units.js";
import type { Metrics } from "../process/metrics.js";
import type { AssetInput } from "./asset-input.js";
import type { PoisonSearch } from "./poison.js";
import type { Stage } from "./stage.js";
import { TOPOLOGY } from "./topology.js";

export interface StageInputOptions {
  /** Messages of one asset held in memory at most. */
  readonly pendingMessagesMax: number;
  /** Messages of one asset in one batch at most. */
  readonly batchMessagesMax: number;
}

/**
 * Bytes in one batch at most, of one asset and of all together: some 600 and 1,200 requests or events. No batch outlasts a deadline
 * while a stage catches up, and what it becomes is mostly garbage when the young heap is collected: what is still in use then is
 * copied, which was a third of trade-processing's CPU at full load with batches eight times as large.
 */
const ASSET_BYTES_MAX = 32_768;
const BATCH_BYTES_MAX = 2 * ASSET_BYTES_MAX;

export class StageInput {
  readonly #bus: Bus;
  readonly #stage: Stage;
  readonly #options: StageInputOptions;
  readonly #poison: PoisonSearch;
  readonly #onAvailable: () => void;
  readonly #readers = new Map<string, BusReader>();

  constructor(
    metrics: Metrics,
    bus: Bus,
    stage: Stage,
    poison: PoisonSearch,
    options: StageInputOptions & { readonly onAvailable: () => void },
  ) {
    this.#bus = bus;
    this.#stage = stage;
    this.#options = options;
    this.#poison = poison;
    this.#onAvailable = options.onAvailable;
    const pending = metrics.gauge("stage_pending_messages", "Input messages held in memory", ["asset"]);
    Object.assign(pending, {
      collect: () => {
        for (const [asset, reader] of this.#readers) pending.set({ asset }, reader.pendingMessages);
      },
    });
  }

  /** Whether `take` would return any input now. */
  get isAvailable(): boolean {
    return [...this.#readers].some(([asset, reader]) => this.#mayTake(asset, reader));
  }

  /** Whether there is input of every asset, so that nothing is gained by waiting. */
  get isComplete(): boolean {
    for (const reader of this.#readers.values()) if (reader.pendingMessages === 0) return false;
    return true;
  }

  isOpen(asset: string): boolean {
    return this.#readers.has(asset);
  }

  open(asset: string, afterSequence: StreamSequence): void {
    const { input } = TOPOLOGY[this.#stage.name];
    const reader = this.#bus.read({
      stream: input,
      subject: subjectOf(input, asset),
      afterSequence,
      pendingMessagesMax: this.#options.pendingMessagesMax,
      onAvailable: this.#onAvailable,
    });
    this.#readers.set(asset, reader);
  }

  async close(asset: string): Promise<void> {
    const reader = this.#readers.get(asset);
    this.#readers.delete(asset);
    await reader?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#readers.keys()].map((asset) => this.close(asset)));
  }

  /** Takes the input there is, in batches that are handled one by one. A suspect (poison.ts) is a batch of its own. */
  take(): AssetInput[][] {
    const ready = [...this.#readers].filter(([asset, reader]) => this.#mayTake(asset, reader));
    const bytesMax = Math.min(ASSET_BYTES_MAX, BATCH_BYTES_MAX / ready.length);
    const together: AssetInput[] = [];
    const batches = [together];
    for (const [asset, reader] of ready) {
      const messagesMax = Math.min(this.#options.batchMessagesMax, this.#poison.messagesMax(asset));
      const input = { asset, messages: reader.take(messagesMax, bytesMax) };
      if (this.#stage.keepsAssetsApart || this.#poison.isSuspect(asset)) batches.push([input]);
      else together.push(input);
    }
    return batches.filter((batch) => batch.length > 0);
  }

  #mayTake(asset: string, reader: BusReader): boolean {
    return reader.pendingMessages > 0 && (this.#stage.accepts?.(asset) ?? true);
  }
}
