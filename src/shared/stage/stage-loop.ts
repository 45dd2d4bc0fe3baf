/**
 * The one loop of every stage: read each asset's input from the stage's own checkpoint, gather while the last batch is
 * being handled, hand over what has gathered, and after any doubt go back to the checkpoint. What a stage brings:
 * stage.ts.
 */

import type { Bus } from "../bus/bus.js";
import { Fenced, InvariantBroken } from "../domain/errors.js";
import { type StreamSequence, streamSequence } from "../domain/units.js";
import type { AssetShare } from "../leases/asset-share.js";
import type { Service } from "../process/lifecycle.js";
import { LATENCY_BUCKETS_S } from "../process/metrics.js";
import { Bell, pausedFor } from "../process/waits.js";
import { HandOver } from "./hand-over.js";
import { BatchAccused, PoisonSearch } from "./poison.js";
import { AssetHalted, type Stage } from "./stage.js";
import { StageInput, type StageInputOptions } from "./stage-input.js";

export interface StageOptions extends StageInputOptions {
  readonly share: AssetShare;
  /** How long to gather after the first message, where other assets' may follow: they come out of one batch before. */
  readonly gatherMs: number;
  /** Least time between the starts of two batches: none waits when idle, more ride together under load. */
  readonly batchIntervalMs: number;
  /** Up to which that interval grows with the load, so that handling takes at most a third of the time. */
  readonly batchIntervalMaxMs: number;
}

const TICK_MS = 200;
/** Batches over which the time to handle one is averaged. */
const HANDLE_MEMORY_BATCHES = 8;
const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 5_000;

/** Runs until the service stops; rejects when it can't go on. */
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
  /** What the stage knows something of, read or not. */
  readonly #recovered = new Set<string>();
  /** What is being recovered beside the loop; none of them rejects. */
  readonly #takingUp = new Map<string, Promise<void>>();
  #takeUpFailure: { readonly cause: unknown } | null = null;
  readonly #halted = new Map<string, string>();
  readonly #handOver: HandOver;
  readonly #handleSeconds;
  readonly #batchMessages;
  readonly #isHalted;
  /** Why the last attempt failed, until a batch succeeds: of the same failure, only the first is said. */
  #failure: string | null = null;
  readonly #news = new Bell();
  #isReading = false;
  #hasShareChanged = false;

  constructor(service: Service, bus: Bus, stage: Stage, options: StageOptions) {
    this.#service = service;
    this.#bus = bus;
    this.#stage = stage;
    this.#options = options;
    const { metrics } = service;
    this.#poison = new PoisonSearch(service, bus, stage);
    const onAvailable = () => this.#news.ring();
    this.#input = new StageInput(metrics, bus, stage, this.#poison, { ...options, onAvailable });
    this.#handleSeconds = metrics.histogram("stage_handle_seconds", "Time to handle one batch", LATENCY_BUCKETS_S);
    this.#batchMessages = metrics.histogram("stage_batch_messages", "Input messages in one batch", [1, 4, 16, 64, 256]);
    this.#isHalted = metrics.gauge("stage_halted", "1: the asset is halted, and needs somebody to look at it", [
      "asset",
    ]);
    service.readiness("stage", () => this.#whyNotReady());
    service.readiness(
      "halted",
      () => (this.#halted.size === 0 ? null : [...this.#halted.values()].join("; ")),
      "somebody",
    );
    service.stopping.addEventListener("abort", () => this.#news.ring());
    const followShare = () => {
      this.#hasShareChanged = true;
      this.#news.ring();
    };
    options.share.onChange(followShare);
    this.#handOver = new HandOver(service.log, stage.prepareRelease?.bind(stage) ?? null, followShare);
  }

  async run(): Promise<void> {
    let retryMs = RETRY_FIRST_MS;
    while (!this.#service.stopping.aborted) {
      try {
        await this.#followShare();
        this.#isReading = true;
        await this.#handleUntilStopped(() => {
          retryMs = RETRY_FIRST_MS;
          this.#noteSuccess();
        });
      } catch (err) {
        if (this.#service.stopping.aborted) break;
        if (err instanceof Fenced) throw err;
        if (err instanceof BatchAccused) {
          this.#service.log.warn({ err }, "a batch failed for what it holds; trying it in parts");
          await this.#stopReading();
          continue;
        }
        this.#isReading = false;
        if (err instanceof AssetHalted) this.#halt(err);
        else if (err instanceof InvariantBroken) throw err;
        else this.#noteFailure(err, retryMs);
        await this.#stopReading();
        await pausedFor(retryMs, this.#service.stopping);
        retryMs = Math.min(2 * retryMs, RETRY_LAST_MS);
      }
    }
    await this.#stopReading();
  }

  /** Take-ups come to their end first: none may go on beside its next attempt. */
  async #stopReading(): Promise<void> {
    await Promise.all(this.#takingUp.values());
    this.#takeUpFailure = null;
    await this.#input.closeAll();
  }

  /** Lets go of what is another's now, and takes up what is new. A halted asset is kept: it would halt there, too. */
  async #followShare(): Promise<void> {
    this.#hasShareChanged = false;
    const { share } = this.#options;
    const assets = share.assets();
    for (const asset of this.#recovered)
      if (!assets.has(asset) && !share.leaving().has(asset)) await this.#release(asset);
    for (let next = this.#nextToLeave(); next !== null; next = this.#nextToLeave()) {
      await this.#release(next);
      share.letGo(next);
    }
    const isInWork = (asset: string) =>
      this.#halted.has(asset) || this.#input.isOpen(asset) || this.#takingUp.has(asset);
    const fresh = [...assets].filter((asset) => !isInWork(asset));
    if (fresh.length === 0) return;
    const { last } = await this.#bus.streamBounds(this.#stage.input);
    for (const asset of fresh) this.#takingUp.set(asset, this.#takeUpBeside(asset, last));
    if (this.#stage.recoversBeside !== true) await Promise.all(this.#takingUp.values());
  }

  /** Never rejects: the loop is told. */
  async #takeUpBeside(asset: string, lastInput: StreamSequence): Promise<void> {
    try {
      await this.#takeUp(asset, lastInput);
    } catch (cause) {
      this.#takeUpFailure ??= { cause };
    }
    this.#takingUp.delete(asset);
    this.#news.ring();
  }

  #nextToLeave(): string | null {
    const leaving = this.#options.share.leaving();
    // What it was given and has to give away before it was taken up.
    for (const asset of leaving) if (!this.#recovered.has(asset)) return asset;
    return this.#handOver.next(leaving);
  }

  async #release(asset: string): Promise<void> {
    await this.#takingUp.get(asset);
    await this.#input.close(asset);
    await this.#stage.release(asset);
    this.#recovered.delete(asset);
  }

  async #takeUp(asset: string, lastInput: StreamSequence): Promise<void> {
    this.#recovered.add(asset);
    const afterSequence = await this.#recover(asset);
    if (afterSequence === null) return;
    this.#input.open(asset, afterSequence > lastInput ? streamSequence(0) : afterSequence);
  }

  /** Null: the asset is halted, and the others need not start over for that. */
  async #recover(asset: string): Promise<StreamSequence | null> {
    try {
      return (await this.#stage.recover(asset)).afterSequence;
    } catch (err) {
      if (!(err instanceof AssetHalted)) throw err;
      this.#halt(err);
      return null;
    }
  }

  async #handleUntilStopped(succeeded: () => void): Promise<void> {
    const { gatherMs } = this.#options;
    let handleMs = 0;
    let startedMs = Number.NEGATIVE_INFINITY;
    let tickedMs = performance.now();
    while (!this.#service.stopping.aborted) {
      if (this.#takeUpFailure !== null) throw this.#takeUpFailure.cause;
      if (this.#hasShareChanged) await this.#followShare();
      const isAvailable = await this.#inputAvailable();
      if (this.#stage.tick !== undefined && performance.now() - tickedMs >= TICK_MS) {
        await this.#stage.tick();
        tickedMs = performance.now();
      }
      if (!isAvailable) continue;
      const earlyMs = Math.max(
        startedMs + this.#intervalMs(handleMs) - performance.now(),
        this.#input.isComplete ? 0 : gatherMs,
      );
      if (earlyMs > 0 && !(await pausedFor(earlyMs, this.#service.stopping))) return;
      const inputs = this.#input.take();
      startedMs = performance.now();
      await this.#poison.handle(inputs);
      const tookMs = performance.now() - startedMs;
      handleMs += (tookMs - handleMs) / HANDLE_MEMORY_BATCHES;
      this.#handleSeconds.observe(tookMs / 1000);
      this.#batchMessages.observe(inputs.reduce((sum, { messages }) => sum + messages.length, 0));
      succeeded();
    }
  }

  /** False: there is none, but it is time for a tick, or to stop. */
  async #inputAvailable(): Promise<boolean> {
    if (this.#input.isAvailable) return true;
    if (this.#hasShareChanged || this.#takeUpFailure !== null) return false;
    await this.#news.rangWithin(TICK_MS);
    return this.#input.isAvailable;
  }

  #intervalMs(handleMs: number): number {
    const { batchIntervalMs, batchIntervalMaxMs } = this.#options;
    return Math.min(Math.max(batchIntervalMs, 3 * handleMs), batchIntervalMaxMs);
  }

  #noteFailure(err: unknown, retryMs: number): void {
    const failure = (err as Error).message;
    const level = failure === this.#failure ? "debug" : "error";
    this.#failure = failure;
    this.#service.log[level]({ err, retryMs }, "a batch failed; going back to the checkpoint");
  }

  #noteSuccess(): void {
    if (this.#failure !== null) this.#service.log.info({ after: this.#failure }, "batches are handled again");
    this.#failure = null;
  }

  #halt(halted: AssetHalted): void {
    this.#halted.set(halted.asset, halted.message);
    this.#isHalted.set({ asset: halted.asset }, 1);
    this.#service.log.fatal({ err: halted, asset: halted.asset }, "an asset is halted; the others go on");
  }

  #whyNotReady(): string | null {
    if (!this.#isReading) return "recovering from the checkpoint";
    return this.#takingUp.size === 0 ? null : `taking up ${[...this.#takingUp.keys()].join(", ")}`;
  }
}
