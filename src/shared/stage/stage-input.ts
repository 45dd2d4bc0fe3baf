/** Holds the input of a stage's assets that is not handled yet, and composes the next batches of it. */

import type { Bus } from "../bus/bus.js";
import type { BusReader } from "../bus/reader.js";
import { subjectOf } from "../bus/subjects.js";
import type { StreamSequence } from "../domain/units.js";
import { nowUs } from "../process/clock.js";
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
  /** The assets that this process is to handle, whether their input is read now or not. */
  #assets: ReadonlySet<string> = new Set();
  /** By asset, when the oldest message was stored that was taken and is not handled, perhaps because that failed. */
  readonly #unhandledSinceUs = new Map<string, number>();

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
    const lag = metrics.gauge(
      "stage_lag_seconds",
      "Age of the oldest input message that is not handled; 0: none waits",
      ["asset"],
    );
    metrics.onScrape(() => {
      pending.reset();
      lag.reset();
      for (const [asset, reader] of this.#readers) pending.set({ asset }, reader.pendingMessages);
      for (const asset of this.#assets) lag.set({ asset }, this.#lagSeconds(asset));
    });
    metrics.queue("input", () => [...this.#readers].map(([asset, reader]) => [asset, reader.fill]));
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

  /** Notes that what was taken of these assets is handled. */
  handled(assets: readonly string[]): void {
    for (const asset of assets) this.#unhandledSinceUs.delete(asset);
  }

  /** Notes the assets that this process is to handle: how far others are behind, other processes tell. */
  follow(assets: ReadonlySet<string>): void {
    this.#assets = assets;
    for (const asset of this.#unhandledSinceUs.keys()) if (!assets.has(asset)) this.#unhandledSinceUs.delete(asset);
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
      const [oldest] = input.messages;
      if (oldest !== undefined && !this.#unhandledSinceUs.has(asset))
        this.#unhandledSinceUs.set(asset, oldest.storedAtUs);
      if (this.#stage.keepsAssetsApart || this.#poison.isSuspect(asset)) batches.push([input]);
      else together.push(input);
    }
    return batches.filter((batch) => batch.length > 0);
  }

  #lagSeconds(asset: string): number {
    const sinceUs = this.#unhandledSinceUs.get(asset) ?? this.#readers.get(asset)?.oldestStoredAtUs ?? null;
    return sinceUs === null ? 0 : Math.max(0, nowUs() - sinceUs) / 1e6;
  }

  #mayTake(asset: string, reader: BusReader): boolean {
    return reader.pendingMessages > 0 && (this.#stage.accepts?.(asset) ?? true);
  }
}
