/** Where lines are typed: readline edits them and has their history; the screen shows them. */
import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import type { ReadStream } from "node:tty";
import { loginOf } from "./typed-line.js";

export interface PromptEvents {
  onLine(line: string): void;
  /** What is typed has changed. */
  onTyped(): void;
  /** Ctrl-C or Ctrl-D. */
  onEnd(): void;
}

const HISTORY_MAX = 200;
const WORDS = [
  "BUY",
  "SELL",
  "CANCEL",
  "REPLACE",
  "CANCELALL",
  "TIMER",
  "ASSETS",
  "TIME",
  "PING",
  "HELP",
  "LOGIN",
  "QUIT",
];

export class Prompt {
  readonly #input: ReadStream;
  readonly #readline: Interface;
  readonly #events: PromptEvents;
  readonly #typed = () => this.#events.onTyped();

  constructor(input: ReadStream, events: PromptEvents) {
    this.#input = input;
    this.#events = events;
    const nowhere = new Writable({ write: (_bytes, _encoding, done) => done() });
    this.#readline = createInterface({
      input,
      output: nowhere,
      terminal: true,
      historySize: HISTORY_MAX,
      completer: (line: string) => [WORDS.filter((word) => word.startsWith(line.toUpperCase())), line],
    });
    // Secrets are not kept.
    this.#readline.on("history", (lines: string[]) => {
      if (loginOf(lines[0]?.trim() ?? "") !== null) lines.shift();
    });
    this.#readline.on("line", (line) => events.onLine(line));
    this.#readline.on("SIGINT", () => events.onEnd());
    this.#readline.on("close", () => events.onEnd());
    // npm, which has started this, would not be stopped with it: the shell would wait for ever.
    this.#readline.on("SIGTSTP", () => undefined);
    input.on("keypress", this.#typed);
  }

  get typed(): { readonly text: string; readonly cursor: number } {
    const { line, cursor } = this.#readline;
    return { text: line.replace(/[^\x20-\x7e]/g, "?"), cursor };
  }

  /** The terminal reads lines itself again. */
  close(): void {
    this.#input.off("keypress", this.#typed);
    this.#readline.close();
  }
}
