/**
 * Rebuilds an engine from the stored commands (order_log) that COMMANDS don't hold any more: reads them in pages, one ahead
 * of the engine, while the process's other assets go on. While Postgres can't be reached it waits.
 */

import { CodecError, invariant } from "../shared/domain/errors.js";
import type { Command } from "../shared/domain/messages.js";
import type { Logger } from "../shared/process/log.js";
import { pausedFor } from "../shared/process/waits.js";
import { encodeCommandBatch } from "../shared/wire/pipeline-codec.js";

/** Reads at most `max` stored commands after the given one, in order. */
export type StoredCommandsSource = (asset: string, after: number, max: number) => Promise<Command[]>;

/** With larger pages many objects would outlive the collection of young ones, which costs as much as reading them. */
const PAGE_COMMANDS = 2_000;
const RETRY_MS = 1_000;
const TELL_INTERVAL_MS = 5_000;

export interface MissingCommands {
  readonly asset: string;
  /** The last command that the engine has applied. */
  readonly after: number;
  /** The first message of COMMANDS: order_log must have the same commands, and all between the two. */
  readonly firstCommands: readonly Command[];
}

export class StoredCommandsReplay {
  readonly #source: StoredCommandsSource;
  readonly #missing: MissingCommands;
  readonly #log: Logger;
  readonly #through: number;
  readonly #startedMs = performance.now();
  #done = 0;
  #toldMs = performance.now();
  #trouble: string | null = null;
  #isStopped = false;

  constructor(source: StoredCommandsSource, missing: MissingCommands, log: Logger) {
    this.#source = source;
    this.#missing = missing;
    this.#log = log.child({ asset: missing.asset });
    this.#through = (missing.firstCommands[0]?.commandSequence ?? 1) - 1;
    this.#done = missing.after;
  }

  /** How far it is, for people. */
  get progress(): string {
    const count = (commands: number) => commands.toLocaleString("en");
    const trouble = this.#trouble === null ? "" : `, waiting for Postgres: ${this.#trouble}`;
    return `rebuilding ${this.#missing.asset} from order_log: ${count(this.#done)} of ${count(this.#through)}${trouble}`;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when all commands are applied, or it was stopped. InvariantBroken, CodecError: order_log has a hole or differs. */
  async run(apply: (commands: readonly Command[]) => Promise<void>): Promise<void> {
    this.#log.warn({ through: this.#through }, "COMMANDS don't begin with the first one: rebuilding from order_log");
    const { firstCommands } = this.#missing;
    let next = this.#read(this.#done);
    while (this.#done < this.#through && !this.#isStopped) {
      const page = (await next).filter(({ commandSequence }) => commandSequence <= this.#through);
      page.forEach(({ commandSequence }, index) => {
        const expected = this.#done + 1 + index;
        invariant(commandSequence === expected, `order_log has no command ${expected} before ${commandSequence}`);
      });
      invariant(page.length > 0 || this.#isStopped, `order_log ends with command ${this.#done} of ${this.#through}`);
      next = this.#read(this.#done + page.length);
      next.catch(() => undefined); // awaited in the next round; if applying fails, never
      await apply(page);
      this.#done += page.length;
      this.#tell();
    }
    if (this.#isStopped) return;
    const again = (await next).slice(0, firstCommands.length);
    const wanted = firstCommands.slice(0, again.length);
    invariant(
      again.length > 0 && Buffer.compare(encodeCommandBatch(again), encodeCommandBatch(wanted)) === 0,
      `order_log and COMMANDS hold different commands from ${this.#through + 1} on`,
    );
    const tookMs = performance.now() - this.#startedMs;
    const perSecond = Math.round(((this.#done - this.#missing.after) / tookMs) * 1000);
    this.#log.warn({ commands: this.#done, tookMs: Math.round(tookMs), perSecond }, "rebuilt from order_log");
  }

  /** The next page; empty if there are no more commands, or it was stopped. */
  async #read(after: number): Promise<Command[]> {
    while (!this.#isStopped) {
      try {
        const commands = await this.#source(this.#missing.asset, after, PAGE_COMMANDS);
        this.#trouble = null;
        return commands;
      } catch (err) {
        if (err instanceof CodecError) throw err;
        const text = (err as Error).message;
        if (text !== this.#trouble) this.#log.error({ err }, "order_log can't be read; trying again");
        this.#trouble = text;
        await pausedFor(RETRY_MS);
      }
    }
    return [];
  }

  #tell(): void {
    if (performance.now() - this.#toldMs < TELL_INTERVAL_MS) return;
    this.#toldMs = performance.now();
    this.#log.info({ done: this.#done, through: this.#through }, "rebuilding from order_log");
  }
}
