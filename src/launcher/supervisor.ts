import type { Socket } from "node:net";
import { pausedFor } from "../shared/process/waits.js";

/** A part of the pipeline that runs as a process of its own. */
export interface Part {
  readonly name: string;
  /** Resolves once its process runs; rejects with why it does not. */
  start(): Promise<RunningPart>;
}

export interface RunningPart {
  readonly pid: number;
  /** Resolves once the process has ended, with a sentence for people: `exited with code 1`. Never rejects. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
  /** Hands a connection over to it. */
  take?(connection: Socket): void;
  /** Resolves when it takes connections; never, if it opens its port by itself. */
  readonly isTaking?: Promise<void>;
}

export interface SupervisorEvents {
  /** A line for the person at the terminal. */
  readonly tell: (line: string) => void;
  /** Called when the part runs again, as another process. */
  readonly onRestart: () => void;
}

/** The delay of a first restart is short, because the other services wait; it doubles up to the longest with each one. */
const RESTART_DELAY_FIRST_MS = 25;
const RESTART_DELAY_MAX_MS = 10_000;
/** A part that ran for so long has started well: its next restart is quick again. */
const HEALTHY_AFTER_MS = 3_000;

/** Starts a part, and starts it again whenever it ends by itself, after ever longer delays. */
export class Supervisor {
  readonly #part: Part;
  readonly #events: SupervisorEvents;
  readonly #stopping = new AbortController();
  #running: RunningPart | null = null;

  constructor(part: Part, events: SupervisorEvents) {
    this.#part = part;
    this.#events = events;
  }

  get name(): string {
    return this.#part.name;
  }

  get running(): RunningPart | null {
    return this.#running;
  }

  /** Starts the part for the first time; rejects if that fails. */
  async start(): Promise<RunningPart> {
    this.#running = await this.#part.start();
    return this.#running;
  }

  /** From now on restarts the part whenever it ends. */
  keepRunning(): void {
    void this.#watch(this.#running);
  }

  /** Stops the part. A start that is under way is not awaited: its process ends with this one. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running?.stop();
  }

  async #watch(first: RunningPart | null): Promise<void> {
    const { signal } = this.#stopping;
    let delayMs = RESTART_DELAY_FIRST_MS;
    let current = first;
    while (!signal.aborted) {
      const startedMs = performance.now();
      const ending = current === null ? "did not start" : await current.exited;
      this.#running = null;
      if (signal.aborted) return;
      if (performance.now() - startedMs > HEALTHY_AFTER_MS) delayMs = RESTART_DELAY_FIRST_MS;
      this.#events.tell(`${this.name} ${ending}; starting it again in ${delayMs} ms`);
      await pausedFor(delayMs, signal);
      delayMs = Math.min(2 * delayMs, RESTART_DELAY_MAX_MS);
      if (signal.aborted) return;
      current = await this.#part.start().catch((error: Error) => {
        this.#events.tell(`${this.name}: ${error.message}`);
        return null;
      });
      this.#running = current;
      if (signal.aborted) await current?.stop();
      else if (current !== null) this.#events.onRestart();
    }
  }
}
