/**
 * Publishes what this process's engines show, once the events that made it so are stored. At most one message of changes an asset and
 * interval, the first at once, those of all assets in one turn: wake-ups are what it costs. The whole book is published at the start,
 * after a message whose outcome is in doubt, and when it is asked for.
 *
 * Readers ask (depth-requests.ts) when they have no book or find a hole in it; and all of them say now and then what they have: who has
 * less than was published some seconds ago has lost something, however that came.
 */
import type { Engine } from "@bourse/matching-core";
import type { Bus } from "../shared/bus/bus.js";
import { onDepthRequests } from "../shared/bus/depth-requests.js";
import { subjectOf } from "../shared/bus/subjects.js";
import type { Service } from "../shared/process/lifecycle.js";
import { LevelRows } from "../shared/wire/depth-codec.js";
import { takeBook, takeChanges } from "./depth-messages.js";

/** 25 messages a second and asset are more than an eye can follow, and few beside the orders. */
export const DEPTH_INTERVAL_MS = 40;
const ACK_TIMEOUT_MS = 2_000;
/** Until the whole book is published after a message that may not be stored. */
const RETRY_MS = 500;
/** Least time between two whole books of an asset; and it is so many times as long as it took to make the last one. */
const BOOK_EVERY_MS = 1_000;
const BOOK_COST_FACTOR = 50;
/** What was published so long ago is known to every reader, or lost to it. */
const KNOWN_AFTER_MS = 3_000;

/** An engine that may be shown while all its events are stored. */
export interface ShownEngine {
  readonly engine: Engine;
  readonly isSettled: boolean;
}

/** What was published of one asset. */
interface Shown {
  readonly source: ShownEngine;
  /** Something may have changed. */
  isDue: boolean;
  /** When it was due, the engine was in the middle of a batch, or not there yet: it is published as soon as that is over. */
  isMissed: boolean;
  isOnItsWay: boolean;
  isBookWanted: boolean;
  bookFromMs: number;
  /** The last event of the last message; and what that was at two times, the earlier one long enough ago to be known. */
  throughEvent: number;
  throughEventLater: number;
  throughEventKnown: number;
  laterAtMs: number;
}

export class DepthOutput {
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #intervalMs: number;
  readonly #shown = new Map<string, Shown>();
  /** Of one take; what is published is copied out of it. */
  readonly #rows = { bids: new LevelRows(), asks: new LevelRows() };
  readonly #messages;
  readonly #books;
  #interval: NodeJS.Timeout | null = null;

  constructor(service: Service, bus: Bus, intervalMs: number) {
    this.#service = service;
    this.#bus = bus;
    this.#intervalMs = intervalMs;
    const { metrics } = service;
    this.#messages = metrics.counter("depth_messages_total", "Messages of changed levels published", ["asset"]);
    this.#books = metrics.counter("depth_books_total", "Whole books published", ["asset"]);
    service.onStop("depth", async () => clearTimeout(this.#interval ?? undefined));
    onDepthRequests(bus, (asset, throughEvent) => this.#asked(asset, throughEvent));
  }

  has(asset: string): boolean {
    return this.#shown.has(asset);
  }

  /** Must be called when all events of the engine's batch are stored, before it is given another one. */
  settled(asset: string, source: ShownEngine): void {
    let shown = this.#shown.get(asset);
    if (shown === undefined) {
      shown = newlyShown(source);
      this.#shown.set(asset, shown);
    }
    shown.isDue = true;
    if (this.#interval === null) this.#turn();
    else if (shown.isMissed) this.#publish(asset, shown);
  }

  /** The engine is another process's, or begins again. */
  forget(asset: string): void {
    this.#shown.delete(asset);
  }

  #asked(asset: string, throughEvent: number | null): void {
    const shown = this.#shown.get(asset);
    if (shown === undefined) return;
    const nowMs = performance.now();
    if (nowMs - shown.laterAtMs >= KNOWN_AFTER_MS) {
      shown.throughEventKnown = shown.throughEventLater;
      shown.throughEventLater = shown.throughEvent;
      shown.laterAtMs = nowMs;
    }
    if (throughEvent !== null && throughEvent >= shown.throughEventKnown) return;
    shown.isBookWanted = true;
    shown.isDue = true;
    if (this.#interval === null) this.#turn();
  }

  /** Publishes what is due, and looks again after the interval, as long as something could be. */
  #turn(): void {
    if (this.#service.stopping.aborted) return;
    let wasReady = false;
    for (const [asset, shown] of this.#shown) if (shown.isDue && this.#publish(asset, shown)) wasReady = true;
    if (!wasReady) return;
    this.#interval = setTimeout(() => {
      this.#interval = null;
      this.#turn();
    }, this.#intervalMs);
  }

  /** False: nothing can be shown before the engine's batch is settled, or before the last message is stored; both say so. */
  #publish(asset: string, shown: Shown): boolean {
    shown.isMissed = !shown.source.isSettled;
    if (shown.isOnItsWay || shown.isMissed) return false;
    const messages = this.#take(asset, shown);
    shown.isDue = shown.isBookWanted;
    if (messages.length === 0) return true;
    shown.throughEvent = shown.source.engine.lastEventSequence;
    shown.isOnItsWay = true;
    void this.#store(asset, shown, messages);
    return true;
  }

  #take(asset: string, shown: Shown): Uint8Array[] {
    const { depthChanges, lastEventSequence } = shown.source.engine;
    const startedMs = performance.now();
    const mayBeChanges = !shown.isBookWanted || startedMs < shown.bookFromMs;
    const changes = mayBeChanges ? takeChanges(depthChanges, this.#rows, shown.throughEvent, lastEventSequence) : null;
    if (changes !== null) {
      this.#messages.inc({ asset }, changes.length);
      return changes;
    }
    const book = takeBook(depthChanges, this.#rows, lastEventSequence);
    this.#books.inc({ asset });
    const nowMs = performance.now();
    shown.isBookWanted = false;
    shown.bookFromMs = nowMs + Math.max(BOOK_EVERY_MS, BOOK_COST_FACTOR * (nowMs - startedMs));
    return book;
  }

  async #store(asset: string, shown: Shown, messages: readonly Uint8Array[]): Promise<void> {
    const subject = subjectOf("DEPTH", asset);
    const options = { deadlineMs: ACK_TIMEOUT_MS };
    const outcomes = await Promise.all(messages.map((message) => this.#bus.publish(subject, message, options)));
    shown.isOnItsWay = false;
    const failed = outcomes.find(({ kind }) => kind !== "stored");
    if (failed !== undefined) {
      this.#service.log.debug({ asset, outcome: failed }, "depth may not be stored; the whole book follows");
      shown.isBookWanted = true;
      shown.isDue = true;
      shown.bookFromMs = performance.now() + RETRY_MS;
    }
    if (shown.isDue && this.#interval === null && this.#shown.get(asset) === shown) this.#turn();
  }
}

function newlyShown(source: ShownEngine): Shown {
  const events = { throughEvent: 0, throughEventLater: 0, throughEventKnown: 0, laterAtMs: performance.now() };
  return { source, isDue: true, isMissed: true, isOnItsWay: false, isBookWanted: true, bookFromMs: 0, ...events };
}
