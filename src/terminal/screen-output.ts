/** The screen of a terminal: painted in place, only rows that have changed, at most twenty times a second. */
import type { WriteStream } from "node:tty";
import { visible } from "../shared/process/visible-text.js";
import { frameOf } from "./screen.js";
import { styledText } from "./styled-line.js";
import type { View } from "./view.js";
import type { Output } from "./watch.js";

const PAINT_EVERY_MS = 50;
const MESSAGES_MAX = 200;

/** ECMA-48, and the alternate screen of xterm: what was on the terminal before is there again afterwards. */
const ENTER = "\x1b[?1049h\x1b[2J";
const LEAVE = "\x1b[?25h\x1b[0m\x1b[?1049l";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_REST = "\x1b[K";
const moveTo = (row: number, column: number) => `\x1b[${row + 1};${column + 1}H`;

export class ScreenOutput implements Output {
  readonly #stream: WriteStream;
  readonly #isColoured: boolean;
  readonly #messages: string[] = [];
  /** The rows as they stand on the terminal. */
  #painted: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Null: the terminal is not ours. */
  #view: ((messages: readonly string[]) => View) | null = null;
  readonly #resized = () => {
    this.#painted = [];
    this.changed();
  };

  constructor(stream: WriteStream, isColoured: boolean) {
    this.#stream = stream;
    this.#isColoured = isColoured;
  }

  /** Takes the terminal; `view` is asked for at each painting. */
  open(view: (messages: readonly string[]) => View): void {
    this.#view = view;
    this.#stream.write(ENTER);
    this.#stream.on("resize", this.#resized);
    this.changed();
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.#view === null) return;
    this.#view = null;
    clearTimeout(this.#timer);
    this.#stream.off("resize", this.#resized);
    this.#stream.write(LEAVE);
  }

  /** The public lines are in their panes; so are balances. */
  tell(kind: Parameters<Output["tell"]>[0], line: string): void {
    if (kind === "public" || kind === "balance") return;
    this.#messages.push(visible(kind === "request" ? `> ${line}` : line));
    if (this.#messages.length > MESSAGES_MAX) this.#messages.shift();
    this.changed();
  }

  changed(): void {
    if (this.#view === null) return;
    this.#timer ??= setTimeout(() => this.#paint(), PAINT_EVERY_MS);
  }

  /** A terminal that has not taken the last frame gets the next one once it has. */
  #paint(): void {
    this.#timer = undefined;
    if (this.#view === null) return;
    if (this.#stream.writableNeedDrain) {
      this.#stream.once("drain", () => this.changed());
      return;
    }
    const { columns = 80, rows = 24 } = this.#stream;
    const { lines, cursor } = frameOf(this.#view(this.#messages), { columns, rows });
    const next = lines.map((line) => styledText(line, this.#isColoured));
    let bytes = HIDE_CURSOR;
    next.forEach((text, row) => {
      if (text !== this.#painted[row]) bytes += `${moveTo(row, 0)}${text}${CLEAR_REST}`;
    });
    this.#painted = next;
    this.#stream.write(bytes + moveTo(cursor.row, cursor.column) + SHOW_CURSOR);
  }
}
