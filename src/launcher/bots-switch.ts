import type { BotsState } from "../shared/process/launcher-asks.js";

export interface BotsParts {
  readonly adminUrl: string;
  readonly isRunning: () => boolean;
  /** Rejects with why they do not run. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts and stops the bots while everything else runs on, one change after the other. */
export class BotsSwitch {
  readonly #parts: BotsParts;
  #changing: "starting" | "stopping" | null = null;
  #problem: string | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: BotsParts) {
    this.#parts = parts;
  }

  get state(): BotsState {
    const { adminUrl, isRunning } = this.#parts;
    return { state: this.#changing ?? (isRunning() ? "running" : "stopped"), adminUrl, problem: this.#problem };
  }

  /** Resolves with how it is then; never rejects. */
  async turn(wanted: "on" | "off"): Promise<BotsState> {
    this.#last = this.#last.then(() => this.#change(wanted));
    await this.#last;
    return this.state;
  }

  async #change(wanted: "on" | "off"): Promise<void> {
    const { isRunning, start, stop } = this.#parts;
    if (isRunning() === (wanted === "on")) return;
    this.#changing = wanted === "on" ? "starting" : "stopping";
    this.#problem = null;
    try {
      await (wanted === "on" ? start() : stop());
    } catch (error) {
      this.#problem = (error as Error).message;
    }
    this.#changing = null;
  }
}
