import type { Logger } from "../shared/process/log.js";

const INTERVAL_MS = 1_000;
/** How many kinds of ends, and how many addresses, one line names; further kinds are counted together. */
const KINDS_MAX = 8;
const ADDRESSES_MAX = 4;
const TEXT_LENGTH_MAX = 120;
const OTHERS = "others";

/** Logs how connections ended that never logged in: one line a second at most, of bounded length, however many they are. */
export class StrangerLog {
  readonly #log: Logger;
  readonly #counts = new Map<string, number>();
  readonly #addresses = new Set<string>();
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(log: Logger) {
    this.#log = log;
  }

  note(what: string, address: string): void {
    const text = what.slice(0, TEXT_LENGTH_MAX);
    const kind = this.#counts.has(text) || this.#counts.size < KINDS_MAX ? text : OTHERS;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    if (this.#addresses.size < ADDRESSES_MAX) this.#addresses.add(address);
  }

  /** Logs what was noted, if it is time. Call it every few hundred milliseconds. */
  sweep(nowMs: number): void {
    if (this.#counts.size === 0 || nowMs - this.#loggedMs < INTERVAL_MS) return;
    this.#loggedMs = nowMs;
    const [strangers, addresses] = [Object.fromEntries(this.#counts), [...this.#addresses]];
    this.#log.info({ strangers, addresses }, "connections ended that had not logged in");
    this.#counts.clear();
    this.#addresses.clear();
  }
}
