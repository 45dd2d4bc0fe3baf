/**
 * The screen as text: a head, what is wrong, book and tape, the account, messages, the prompt. It fits 80 by 24; what is
 * wider is cut with a mark, and where there are fewer rows the lower parts go first, but for the prompt. Pure.
 */
import { priceText, quantityText } from "../shared/subscriber/asset.js";
import type { BookSide } from "../shared/subscriber/book-side.js";
import { arrowOf, timeText, withThousands } from "../shared/subscriber/formats.js";
import type { Tape } from "../shared/subscriber/tape.js";
import { accountBlock } from "./account-block.js";
import { beside, fitted, type Line, line, widthOf } from "./styled-line.js";
import type { Size, View } from "./view.js";

export interface Frame {
  /** One for each row of the terminal. */
  readonly lines: readonly Line[];
  /** Where the cursor is; from 0. */
  readonly cursor: { readonly row: number; readonly column: number };
}

const PROMPT = "> ";
const BOOK_WIDTH = 38;
/** The narrowest terminal with book and tape side by side. */
const BESIDE_COLUMNS_MIN = 72;
/** Below so many rows there are no messages, and no account. */
const MESSAGES_ROWS_MIN = 12;
const ACCOUNT_ROWS_MIN = 18;
const HINT = "Type a line such as BUY, CANCEL or HELP; QUIT or Ctrl-C ends.";
const LOGIN_HINT = "LOGIN <key-id> <secret> to trade; QUIT or Ctrl-C ends.";

export function frameOf(view: View, { columns, rows }: Size): Frame {
  const messages = rows < MESSAGES_ROWS_MIN ? 0 : Math.floor(rows / 4);
  const account = view.account === null || rows < ACCOUNT_ROWS_MIN ? 0 : Math.floor(rows / 5);
  const market = Math.max(0, rows - 3 - messages - account);
  const body = [
    ...filled(marketBlock(view, { columns, rows: market }), market),
    ...(view.account === null
      ? []
      : filled(accountBlock(view.account, view.asset, { columns, rows: account }), account)),
    ...filled(messagesBlock(view.messages, { columns, rows: messages }), messages),
  ];
  const prompt = promptLine(view.typed, columns);
  const lines = [headOf(view, columns), noticeOf(view), ...body].slice(0, Math.max(0, rows - 1));
  return {
    lines: [...lines, prompt.line].map((one) => fitted(one, columns)),
    cursor: { row: lines.length, column: prompt.column },
  };
}

function headOf({ asset, state, tape, connection, account }: View, columns: number): Line {
  const last = tape.at(0);
  const change = last === undefined ? 0 : Number(last.price) - Number(tape.at(1)?.price ?? last.price);
  const style = change > 0 ? "up" : change < 0 ? "down" : "plain";
  const price = last === undefined ? "no trades" : `last ${withThousands(last.price)} ${arrowOf(change)}`;
  const left: Line = [
    { text: asset.name, style: "strong" },
    { text: `  ${state ?? "…"}  `, style: state === null || state === "open" ? "plain" : "alert" },
    { text: price, style },
  ];
  const right = `${account === null ? "" : `${account.keyId}  `}${connection}`;
  return [...fitted(left, Math.max(widthOf(left) + 2, columns - right.length)), ...line(right)];
}

function noticeOf({ problem, account }: View): Line {
  if (problem !== null) return line(`! ${problem}`, "alert");
  return line(account === null ? LOGIN_HINT : HINT, "dim");
}

function marketBlock(view: View, { columns, rows }: Size): Line[] {
  if (columns >= BESIDE_COLUMNS_MIN) return beside(bookBlock(view, rows), BOOK_WIDTH, tapeBlock(view, rows));
  const book = Math.ceil(rows / 2);
  return [...filled(bookBlock(view, book), book), ...tapeBlock(view, rows - book)];
}

/** The title, then asks above bids with the best ones next to each other. */
function bookBlock({ asset, bids, asks, bookNote }: View, rows: number): Line[] {
  if (bookNote !== null) return [titleOf("book"), ...wrapped(bookNote, BOOK_WIDTH - 2)].slice(0, rows);
  const levels = Math.max(0, Math.floor((rows - 1) / 2));
  const row = (side: BookSide, at: number, word: "ask" | "bid"): Line => {
    const [price, quantity] = [side.prices[at], side.quantities[at]];
    if (price === undefined || quantity === undefined) return line("");
    const text = `${withThousands(priceText(asset, price)).padStart(15)} ${quantityText(asset, quantity).padStart(16)}`;
    return line(`${word} ${text}`, word === "ask" ? "down" : "up");
  };
  const places = Array.from({ length: levels }, (_, place) => place);
  return [
    titleOf(`book ${"price".padStart(14)} ${asset.base.padStart(16)}`),
    ...places.map((place) => row(asks, levels - 1 - place, "ask")),
    ...places.map((place) => row(bids, place, "bid")),
  ].slice(0, rows);
}

function tapeBlock({ asset, tape, tapeNote }: View, rows: number): Line[] {
  const title = titleOf(`${"trades".padEnd(8)} ${"price".padStart(13)} ${asset.base.padStart(12)} taker`);
  if (tapeNote !== null) return [title, ...wrapped(tapeNote, BOOK_WIDTH)].slice(0, rows);
  return [title, ...tradeRows(tape, rows - 1)].slice(0, Math.max(0, rows));
}

function tradeRows(tape: Tape, rows: number): Line[] {
  const lines: Line[] = [];
  for (let place = 0; place < rows; place++) {
    const trade = tape.at(place);
    if (trade === undefined) break;
    const { executedAtUs, price, quantity, takerSide } = trade;
    const text = `${timeText(executedAtUs)} ${withThousands(price).padStart(13)} ${quantity.padStart(12)} ${takerSide}`;
    lines.push(line(text, takerSide === "buy" ? "up" : "down"));
  }
  return lines;
}

function messagesBlock(messages: readonly string[], { columns, rows }: Size): Line[] {
  if (rows === 0) return [];
  const lines = messages.slice(-rows).flatMap((text) => wrapped(text, columns));
  return [titleOf("messages"), ...lines.slice(-(rows - 1))];
}

/** What is typed, moved so that the cursor is seen. */
function promptLine(
  { text, cursor }: View["typed"],
  columns: number,
): { readonly line: Line; readonly column: number } {
  const width = Math.max(1, columns - PROMPT.length - 1);
  const start = Math.max(0, cursor - width);
  const shown = text.slice(start, start + width);
  return { line: [...line(PROMPT, "strong"), ...line(shown)], column: PROMPT.length + cursor - start };
}

function titleOf(text: string): Line {
  return line(text, "dim");
}

/** Exactly so many rows. */
function filled(lines: readonly Line[], rows: number): Line[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? line(""));
}

/** Cut between words. */
function wrapped(text: string, width: number): Line[] {
  const rows: string[] = [];
  for (const word of text.split(" ")) {
    const last = rows.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) rows.push(word);
    else rows[rows.length - 1] = `${last} ${word}`;
  }
  return rows.map((row) => line(row));
}
