/**
 * The one loop of every stage: reads each asset's input from the stage's own checkpoint, lets messages gather while a batch
 * is handled, hands the gathered ones to the stage, and after any doubt about an asset goes back to its checkpoint, while
 * the others go on. The stage itself implements the interface of stage.ts.
 */

import type { Bus } from "../bus/bus.js";
import { Fenced, InvariantBroken } from "../domain/errors.js";
import { type StreamSequence, streamSequence } from "../domain/units.js";
import type { AssetShare } from "../leases/asset-share.js";
import { nowUs } from "../process/clock.js";
import type { Service } from "../process/lifecycle.js";
import { lookEvery } from "../process/looks.js";
import { LATENCY_BUCKETS_S } from "../process/metrics.js";
import { Bell, pausedFor } from "../process/waits.js";
import type { AssetInput } from "./asset-input.js";
import { HandOver } from "./hand-over.js";
import { BatchAccused, PoisonSearch } from "./poison.js";
import { Retries } from "./retries.js";
import { AssetHalted, type Stage } from "./stage.js";
import { StageInput, type StageInputOptions } from "./stage-input.js";
import { TOPOLOGY } from "./topology.js";

export interface StageOptions extends StageInputOptions {
  readonly share: AssetShare;
  /** How long to gather after the first message: other assets' messages of the same batch before may follow. */
  readonly gatherMs: number;
  /** Least time between the starts of two batches. An idle stage never waits; under load more messages ride together. */
  readonly batchIntervalMs: number;
  /** The interval grows up to this under load, so that handling takes at most a third of the time. */
  readonly batchIntervalMaxMs: number;
}

const TICK_MS = 250;
/** How long the loop waits for its bell before it looks for input all the same. */
const RINGS_WITHIN_MS = 5_000;
/** The time to handle a batch is averaged over about so many. */
const HANDLE_MEMORY_BATCHES = 8;

/** Runs the loop until the service stops; rejects when the service can't go on. */
export async function runStage(service: Service, bus: Bus, stage: Stage, options: StageOptions): Promise<void> {
  await new StageLoop(service, bus, stage, options).run();
}

class StageLoop {
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #stage: Stage;
  readonly #options: StageOptions;
  readonly #poison: PoisonSearch;
  readonly #input: StageInput;
  /** Assets whose recovery has begun and that are not released, whether their input is read or not. */
  readonly #recovered = new Set<string>();
  /** Recoveries that run beside the loop, by asset; none of them rejects. */
  readonly #takingUp = new Map<string, Promise<void>>();
  /** The error of a recovery that must end the loop, at its next turn. */
  #fatal: { readonly cause: unknown } | null = null;
  readonly #halted = new Map<string, string>();
  readonly #retries = new Retries();
  readonly #handOver: HandOver;
  readonly #queueSeconds;
  readonly #handleSeconds;
  readonly #batchMessages;
  readonly #isHalted;
  readonly #news = new Bell();
  #hasShareChanged = true;
  #handleMs = 0;
  #startedMs = Number.NEGATIVE_INFINITY;
  #tickedMs = performance.now();

  constructor(service: Service, bus: Bus, stage: Stage, options: StageOptions) {
    this.#service = service;
    this.#bus = bus;
    this.#stage = stage;
    this.#options = options;
    const { metrics } = service;
    this.#poison = new PoisonSearch(service, bus, stage);
    const onAvailable = () => this.#news.ring();
    this.#input = new StageInput(metrics, bus, stage, this.#poison, { ...options, onAvailable });
    this.#queueSeconds = metrics.histogram(
      "stage_queue_seconds",
      "Age of a batch's oldest message when it is taken",
      LATENCY_BUCKETS_S,
    );
    this.#handleSeconds = metrics.histogram("stage_handle_seconds", "Time to handle one batch", LATENCY_BUCKETS_S);
    this.#batchMessages = metrics.histogram("stage_batch_messages", "Input messages in one batch", [1, 4, 16, 64, 256]);
    this.#isHalted = metrics.gauge("stage_halted", "1: the asset is halted, and needs somebody to look at it", [
      "asset",
    ]);
    service.readiness("stage", () => {
      const waiting = this.#closedAssets();
      return waiting.length === 0 ? null : `recovering ${waiting.join(", ")} from the checkpoint`;
    });
    const whyHalted = () => (this.#halted.size === 0 ? null : [...this.#halted.values()].join("; "));
    service.readiness("halted", whyHalted, "somebody");
    service.stopping.addEventListener("abort", () => this.#news.ring());
    const followShare = () => {
      this.#hasShareChanged = true;
      this.#news.ring();
    };
    options.share.onChange(followShare);
    this.#handOver = new HandOver(service.log, stage.prepareRelease?.bind(stage) ?? null, followShare);
  }

  async run(): Promise<void> {
    const stopTicking = this.#stage.tick === undefined ? null : lookEvery(TICK_MS, () => this.#news.ring());
    try {
      while (!this.#service.stopping.aborted) await this.#turn();
    } finally {
      stopTicking?.();
    }
    await Promise.all(this.#takingUp.values());
    await this.#input.closeAll();
  }

  async #turn(): Promise<void> {
    if (this.#fatal !== null) throw this.#fatal.cause;
    if (this.#hasShareChanged || this.#retryInMs() === 0) await this.#followShare();
    const isAvailable = await this.#inputAvailable();
    if (this.#stage.tick !== undefined && performance.now() - this.#tickedMs >= TICK_MS / 2) {
      await this.#tick();
      this.#tickedMs = performance.now();
    }
    if (!isAvailable) return;
    const waitMs = Math.max(
      this.#startedMs + this.#intervalMs() - performance.now(),
      this.#input.isComplete ? 0 : this.#options.gatherMs,
    );
    if (waitMs > 0 && !(await pausedFor(waitMs, this.#service.stopping))) return;
    await this.#handleAll(this.#input.take());
  }

  async #tick(): Promise<void> {
    try {
      await this.#stage.tick?.();
      this.#bus.passOn();
    } catch (err) {
      await this.#failed(err instanceof AssetHalted ? [err.asset] : [...this.#recovered], err);
    }
  }

  async #handleAll(batches: readonly (readonly AssetInput[])[]): Promise<void> {
    this.#startedMs = performance.now();
    const oldestUs = Math.min(...batches.flat().map(({ messages }) => messages[0]?.storedAtUs ?? Infinity));
    this.#queueSeconds.observe(Math.max(0, nowUs() - oldestUs) / 1e6);
    if (this.#stage.keepsAssetsApart) await Promise.all(batches.map((inputs) => this.#handle(inputs)));
    else for (const inputs of batches) await this.#handle(inputs);
    this.#bus.passOn();
    const tookMs = performance.now() - this.#startedMs;
    this.#handleMs += (tookMs - this.#handleMs) / HANDLE_MEMORY_BATCHES;
    this.#handleSeconds.observe(tookMs / 1000);
    this.#batchMessages.observe(batches.flat().reduce((sum, { messages }) => sum + messages.length, 0));
  }

  async #handle(inputs: readonly AssetInput[]): Promise<void> {
    const assets = inputs.map(({ asset }) => asset);
    try {
      await this.#poison.handle(inputs);
    } catch (err) {
      return await this.#failed(assets, err);
    }
    this.#input.handled(assets);
    for (const asset of assets) {
      const after = this.#retries.succeeded(asset);
      if (after !== null) this.#service.log.info({ asset, after }, "batches are handled again");
    }
  }

  /** Sends the assets of a failed batch, whose outcome is in doubt, back to their checkpoints; one that can't go on halts. */
  async #failed(assets: readonly string[], err: unknown): Promise<void> {
    if (this.#service.stopping.aborted) return;
    if (err instanceof Fenced) throw err;
    const [asset = "", ...others] = assets;
    if (err instanceof InvariantBroken) {
      if (!this.#stage.keepsAssetsApart || others.length > 0) throw err;
      return await this.#failed(assets, new AssetHalted(asset, err));
    }
    if (err instanceof AssetHalted) this.#halt(err);
    else if (err instanceof BatchAccused)
      this.#service.log.warn({ err }, "a batch failed for what it holds; trying it in parts");
    else this.#tryLater(assets, err);
    for (const each of assets) await this.#forget(each);
  }

  #tryLater(assets: readonly string[], err: unknown): void {
    const failures = assets.map((asset) => this.#retries.failed(asset, (err as Error).message));
    const retryMs = Math.max(...failures.map((failure) => failure.retryMs));
    const level = failures.some(({ isNews }) => isNews) ? "error" : "debug";
    this.#service.log[level]({ err, assets, retryMs }, "a batch failed; going back to the checkpoint");
  }

  /** Releases assets that are another process's now, and takes up new ones. A halted one is kept: it would halt there, too. */
  async #followShare(): Promise<void> {
    this.#hasShareChanged = false;
    const { share } = this.#options;
    const assets = share.assets();
    this.#input.follow(assets);
    for (const asset of this.#recovered)
      if (!assets.has(asset) && !share.leaving().has(asset)) await this.#release(asset);
    for (let next = this.#nextToLeave(); next !== null; next = this.#nextToLeave()) {
      await this.#release(next);
      share.letGo(next);
    }
    const fresh = this.#closedAssets().filter((asset) => !this.#takingUp.has(asset) && this.#retries.isDue(asset));
    if (fresh.length === 0) return;
    try {
      const { last } = await this.#bus.streamBounds(TOPOLOGY[this.#stage.name].input);
      for (const asset of fresh) this.#takingUp.set(asset, this.#takeUp(asset, last));
    } catch (err) {
      await this.#failed(fresh, err);
    }
    if (!this.#stage.keepsAssetsApart) await Promise.all(this.#takingUp.values());
  }

  /** Assets of this process that are not halted, and whose input is not read yet. */
  #closedAssets(): string[] {
    return [...this.#options.share.assets()].filter((asset) => !this.#halted.has(asset) && !this.#input.isOpen(asset));
  }

  #nextToLeave(): string | null {
    const leaving = this.#options.share.leaving();
    // An asset that was not even taken up yet needs no preparation.
    for (const asset of leaving) if (!this.#recovered.has(asset)) return asset;
    return this.#handOver.next(leaving);
  }

  async #release(asset: string): Promise<void> {
    await this.#takingUp.get(asset);
    await this.#forget(asset);
  }

  async #forget(asset: string): Promise<void> {
    await this.#input.close(asset);
    await this.#stage.release(asset);
    this.#recovered.delete(asset);
  }

  /** Recovers the asset and opens its input. Never rejects: an error that ends the loop is left for its next turn. */
  async #takeUp(asset: string, lastInput: StreamSequence): Promise<void> {
    this.#recovered.add(asset);
    try {
      const { afterSequence } = await this.#stage.recover(asset);
      this.#bus.passOn();
      // Meanwhile the asset may have been halted by the stage's tick.
      if (this.#halted.has(asset)) await this.#forget(asset);
      else this.#input.open(asset, afterSequence > lastInput ? streamSequence(0) : afterSequence);
    } catch (err) {
      await this.#failed([asset], err).catch((cause: unknown) => {
        this.#fatal ??= { cause };
      });
    }
    this.#takingUp.delete(asset);
    this.#news.ring();
  }

  /** Waits for input. False: there is none, but it is time for a tick, to try an asset again, or to stop. */
  async #inputAvailable(): Promise<boolean> {
    if (this.#input.isAvailable) return true;
    const waitMs = Math.min(RINGS_WITHIN_MS, this.#retryInMs());
    if (this.#hasShareChanged || this.#fatal !== null || waitMs === 0 || this.#service.stopping.aborted) return false;
    await this.#news.rangWithin(waitMs);
    return this.#input.isAvailable;
  }

  /** The time until an asset that failed is tried again. */
  #retryInMs(): number {
    const closed = this.#closedAssets().filter((asset) => !this.#takingUp.has(asset));
    return closed.length === 0 ? Number.POSITIVE_INFINITY : this.#retries.dueInMs(closed);
  }

  #intervalMs(): number {
    const { batchIntervalMs, batchIntervalMaxMs } = this.#options;
    return Math.min(Math.max(batchIntervalMs, 3 * this.#handleMs), batchIntervalMaxMs);
  }

  #halt(halted: AssetHalted): void {
    this.#halted.set(halted.asset, halted.message);
    this.#isHalted.set({ asset: halted.asset }, 1);
    this.#service.log.fatal({ err: halted, asset: halted.asset }, "an asset is halted; the others go on");
  }
}
