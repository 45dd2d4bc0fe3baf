/**
 * The one loop of every stage: read each asset's input from the stage's own checkpoint, gather while the last batch is
 * being handled, hand over what has gathered, and after any doubt go back to the checkpoint. A stage brings what it
 * does with a batch and where its checkpoint stands (design: docs/arch.md, One rule for every stage).
 */
import type { AssetInput } from "./asset-input.js";
import type { Bus } from "./bus.js";
import type { BusReader } from "./bus-reader.js";
import type { ServiceName } from "./config.js";
import { BadInput, isInputsFault, putDeadLetter, Suspects } from "./dead-letters.js";
import { Fenced, InvariantBroken } from "./errors.js";
import { HandOver } from "./hand-over.js";
import type { AssetShare } from "./leases.js";
import type { Service } from "./lifecycle.js";
import { LATENCY_BUCKETS_S } from "./metrics.js";
import { type StreamName, subjectOf } from "./subjects.js";
import { type StreamSequence, streamSequence } from "./units.js";

export interface Stage {
  readonly name: ServiceName;
  readonly input: StreamName;
  /**
   * Reads the asset's checkpoint, finishes what was stored and not published, and says after which input to go on. A
   * stream that was rebuilt may be shorter than the checkpoint says: what was handled before is skipped by `handle`,
   * by the stage's own sequence.
   */
  recover(asset: string): Promise<{ readonly afterSequence: StreamSequence }>;
  /**
   * Handles the input of one or several assets; resolves once its outcome is stored and published. An AssetHalted
   * stops that asset and nothing else; Fenced ends the service; anything else sends all assets back to `recover`. What
   * is the input's fault (BadInput, an error of Postgres about a value) is tried again in halves, until the message is
   * found that fails alone: it goes to the dead letters, and then to `salvage`.
   */
  handle(inputs: readonly AssetInput[]): Promise<void>;
  /**
   * Does what can be done with one message that can't be handled whole; what remains of it is skipped when this, too,
   * fails by its fault. Without it the asset halts, because a trade is never skipped.
   */
  salvage?(input: AssetInput): Promise<void>;
  /** False: what comes after this stage is too far behind; the asset's input waits. Asked again every TICK_MS. */
  accepts?(asset: string): boolean;
  /** Called every TICK_MS, also without input, and never while `handle` runs. */
  tick?(): Promise<void>;
  /**
   * The asset is soon another process's: makes its start there quick. Called between two batches; the asset's input goes
   * on being handled until this resolves.
   */
  prepareRelease?(asset: string): Promise<void>;
  /** The asset is another process's from now on: everything that was handled is published. */
  release(asset: string): Promise<void>;
}

/** One asset can't go on, and why; the others can. */
export class AssetHalted extends Error {
  override readonly name = "AssetHalted";
  readonly asset: string;

  constructor(asset: string, cause: unknown) {
    super(`${asset} is halted: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.asset = asset;
  }
}

/** A batch failed by the fault of what it holds; it is tried again in parts. */
class BatchAccused extends Error {
  override readonly name = "BatchAccused";
}

/** Runs the asset's part of recovering; what it throws halts the asset. */
export function haltingAsset<T>(asset: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new AssetHalted(asset, cause);
  }
}

export interface StageOptions {
  readonly share: AssetShare;
  /** Messages of one asset held in memory. */
  readonly pendingMessagesMax: number;
  /** Messages of one asset in one batch. */
  readonly batchMessagesMax: number;
  /** How long to gather after the first message, where other assets' may follow: they come out of one batch before. */
  readonly gatherMs: number;
  /** Least time between the starts of two batches: none waits when idle, more ride together under load. */
  readonly batchIntervalMs: number;
  /** Up to which that interval grows with the load, so that handling takes at most a third of the time. */
  readonly batchIntervalMaxMs: number;
}

const TICK_MS = 200;
/**
 * Input in one batch, of one asset and of all together: some 5,000 and 10,000 requests or events, so that catching up
 * outlasts no deadline, and what they become fits into memory.
 */
const ASSET_BYTES_MAX = 262_144;
const BATCH_BYTES_MAX = 2 * ASSET_BYTES_MAX;
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
  readonly #readers = new Map<string, BusReader>();
  /** What the stage knows something of, read or not. */
  readonly #recovered = new Set<string>();
  readonly #halted = new Map<string, string>();
  readonly #suspects = new Suspects();
  /** Each asset's culprit, once its bytes are among the dead letters. */
  readonly #culprits = new Map<string, StreamSequence>();
  readonly #handOver: HandOver;
  readonly #handleSeconds;
  readonly #batchMessages;
  readonly #isHalted;
  readonly #deadLetters;
  /** Why the last attempt failed, until a batch succeeds: of the same failure, only the first is said. */
  #failure: string | null = null;
  #wake: () => void = () => undefined;
  #isReading = false;
  #hasShareChanged = false;

  constructor(service: Service, bus: Bus, stage: Stage, options: StageOptions) {
    this.#service = service;
    this.#bus = bus;
    this.#stage = stage;
    this.#options = options;
    const { metrics } = service;
    this.#handleSeconds = metrics.histogram("stage_handle_seconds", "Time to handle one batch", LATENCY_BUCKETS_S);
    this.#batchMessages = metrics.histogram("stage_batch_messages", "Input messages in one batch", [1, 4, 16, 64, 256]);
    this.#isHalted = metrics.gauge("stage_halted", "1: the asset is halted, and needs somebody to look at it", [
      "asset",
    ]);
    this.#deadLetters = metrics.counter("dead_letters_total", "Input messages that can't be processed", ["asset"]);
    const pending = metrics.gauge("stage_pending_messages", "Input messages held in memory", ["asset"]);
    Object.assign(pending, {
      collect: () => {
        for (const [asset, reader] of this.#readers) pending.set({ asset }, reader.pendingMessages);
      },
    });
    service.readiness("stage", () => this.#whyNotReady());
    service.stopping.addEventListener("abort", () => this.#wake());
    const followShare = () => {
      this.#hasShareChanged = true;
      this.#wake();
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
          await this.#closeReaders();
          continue;
        }
        this.#isReading = false;
        if (err instanceof AssetHalted) this.#halt(err);
        else if (err instanceof InvariantBroken) throw err;
        else this.#noteFailure(err, retryMs);
        await this.#closeReaders();
        await this.#pause(retryMs);
        retryMs = Math.min(2 * retryMs, RETRY_LAST_MS);
      }
    }
    await this.#closeReaders();
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
    const fresh = [...assets].filter((asset) => !this.#halted.has(asset) && !this.#readers.has(asset));
    if (fresh.length === 0) return;
    const { last } = await this.#bus.streamBounds(this.#stage.input);
    // All to their end, also when one fails: none may go on beside its next attempt.
    const taken = await Promise.allSettled(fresh.map((asset) => this.#takeUp(asset, last)));
    for (const outcome of taken) if (outcome.status === "rejected") throw outcome.reason;
  }

  #nextToLeave(): string | null {
    const leaving = this.#options.share.leaving();
    // What it was given and has to give away before it was taken up.
    for (const asset of leaving) if (!this.#recovered.has(asset)) return asset;
    return this.#handOver.next(leaving);
  }

  async #release(asset: string): Promise<void> {
    await this.#readers.get(asset)?.close();
    this.#readers.delete(asset);
    await this.#stage.release(asset);
    this.#recovered.delete(asset);
  }

  async #takeUp(asset: string, lastInput: StreamSequence): Promise<void> {
    this.#recovered.add(asset);
    const afterSequence = await this.#recover(asset);
    if (afterSequence === null) return;
    const { input } = this.#stage;
    const reader = this.#bus.read({
      stream: input,
      subject: subjectOf(input, asset),
      afterSequence: afterSequence > lastInput ? streamSequence(0) : afterSequence,
      pendingMessagesMax: this.#options.pendingMessagesMax,
      onAvailable: () => this.#wake(),
    });
    this.#readers.set(asset, reader);
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
      if (this.#hasShareChanged) await this.#followShare();
      const isAvailable = await this.#inputAvailable();
      if (this.#stage.tick !== undefined && performance.now() - tickedMs >= TICK_MS) {
        await this.#stage.tick();
        tickedMs = performance.now();
      }
      if (!isAvailable) continue;
      const earlyMs = Math.max(
        startedMs + this.#intervalMs(handleMs) - performance.now(),
        this.#hasAll() ? 0 : gatherMs,
      );
      if (earlyMs > 0) await this.#pause(earlyMs);
      if (this.#service.stopping.aborted) return;
      const inputs = this.#takeInputs();
      startedMs = performance.now();
      await this.#handle(inputs);
      const tookMs = performance.now() - startedMs;
      handleMs += (tookMs - handleMs) / HANDLE_MEMORY_BATCHES;
      this.#handleSeconds.observe(tookMs / 1000);
      this.#batchMessages.observe(inputs.reduce((sum, { messages }) => sum + messages.length, 0));
      succeeded();
    }
  }

  async #handle(inputs: readonly AssetInput[]): Promise<void> {
    const [first] = inputs;
    if (first !== undefined && this.#culprits.get(first.asset) === first.messages[0]?.streamSequence)
      await this.#salvage(first);
    else await this.#stage.handle(inputs).catch((err: unknown) => this.#accuse(inputs, err));
    this.#suspects.acquit(inputs);
  }

  async #accuse(inputs: readonly AssetInput[], cause: unknown): Promise<never> {
    if (!isInputsFault(cause)) throw cause;
    const accused = cause instanceof BadInput ? inputs.filter(({ asset }) => asset === cause.asset) : inputs;
    const message = this.#suspects.accuse(accused);
    const [suspect] = accused;
    if (message !== null && suspect !== undefined) {
      const { asset } = suspect;
      const { name: service, input: stream } = this.#stage;
      await putDeadLetter(this.#bus, { service, asset, stream, message, reason: cause });
      this.#deadLetters.inc({ asset });
      if (this.#stage.salvage === undefined) throw new AssetHalted(asset, cause);
      this.#culprits.set(asset, message.streamSequence);
    }
    throw new BatchAccused(`${accused.map(({ asset }) => asset).join(", ")} failed`, { cause });
  }

  async #salvage(input: AssetInput): Promise<void> {
    const { asset } = input;
    const sequence = this.#culprits.get(asset);
    try {
      await this.#stage.salvage?.(input);
      this.#service.log.error({ asset, sequence }, "a message was handled in parts; it is among the dead letters");
    } catch (err) {
      if (!isInputsFault(err)) throw err;
      this.#service.log.error({ err, asset, sequence }, "a message is skipped; it is among the dead letters");
    }
    this.#culprits.delete(asset);
  }

  #takeInputs(): AssetInput[] {
    const ready = [...this.#readers].filter(([asset, reader]) => this.#mayTake(asset, reader));
    const suspect = ready.find(([asset]) => this.#suspects.has(asset));
    const taken = suspect === undefined ? ready : [suspect];
    const bytesMax = Math.min(ASSET_BYTES_MAX, BATCH_BYTES_MAX / taken.length);
    return taken.map(([asset, reader]) => {
      const messagesMax = Math.min(this.#options.batchMessagesMax, this.#suspects.messagesMax(asset));
      return { asset, messages: reader.take(messagesMax, bytesMax) };
    });
  }

  /** False: there is none, but it is time for a tick, or to stop. */
  async #inputAvailable(): Promise<boolean> {
    const isAvailable = () => [...this.#readers].some(([asset, reader]) => this.#mayTake(asset, reader));
    if (isAvailable()) return true;
    if (this.#hasShareChanged) return false;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#stage.tick !== undefined) timer = setTimeout(resolve, TICK_MS);
    });
    clearTimeout(timer);
    return isAvailable();
  }

  #intervalMs(handleMs: number): number {
    const { batchIntervalMs, batchIntervalMaxMs } = this.#options;
    return Math.min(Math.max(batchIntervalMs, 3 * handleMs), batchIntervalMaxMs);
  }

  #hasAll(): boolean {
    for (const reader of this.#readers.values()) if (reader.pendingMessages === 0) return false;
    return true;
  }

  #mayTake(asset: string, reader: BusReader): boolean {
    return reader.pendingMessages > 0 && (this.#stage.accepts?.(asset) ?? true);
  }

  async #pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  async #closeReaders(): Promise<void> {
    const readers = [...this.#readers.values()];
    this.#readers.clear();
    await Promise.all(readers.map((reader) => reader.close()));
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
    if (this.#halted.size > 0) return [...this.#halted.values()].join("; ");
    return this.#isReading ? null : "recovering from the checkpoint";
  }
}
