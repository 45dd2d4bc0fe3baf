/** A terminal that shows a text in place of the one before, and is afterwards as it was. */
import type { WriteStream } from "node:tty";

/** ECMA-48, and the alternate screen of xterm. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
const MORE = "… make the window larger, or see all of it with --once";

type Terminal = Pick<WriteStream, "write" | "columns" | "rows" | "writableNeedDrain">;

export class StatusScreen {
  readonly #terminal: Terminal;
  #isOurs = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(text: string, atMs: number): void {
    // A terminal that has not taken the last text gets the next one.
    if (this.#terminal.writableNeedDrain) return;
    const { columns = 80, rows = 24 } = this.#terminal;
    const head = `bourse at ${new Date(atMs).toISOString().slice(11, 19)} UTC; Ctrl-C ends`;
    const lines = [head, "", ...text.split("\n")];
    const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), MORE];
    const painted = shown.map((line) => `${cut(line, columns)}${CLEAR_LINE}`).join("\r\n");
    this.#terminal.write(`${this.#isOurs ? "" : ENTER}${HOME}${painted}${CLEAR_BELOW}`);
    this.#isOurs = true;
  }

  close(): void {
    if (this.#isOurs) this.#terminal.write(LEAVE);
    this.#isOurs = false;
  }
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}
