/** What all commands of operators have in common: words, options, help, and how a refusal reads. Pure. */
import { parseArgs } from "node:util";
import type { Database } from "../shared/database/database.js";

/** The command was understood and can't be carried out; one line that says what would be right. */
export class RefusedToOperator extends Error {
  override readonly name = "RefusedToOperator";
}

/** The command was not understood. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
}

const OPTIONS = {
  why: { type: "string" },
  role: { type: "string" },
  expires: { type: "string" },
  id: { type: "string" },
  reference: { type: "string" },
  limit: { type: "string" },
  all: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type OptionName = Exclude<keyof typeof OPTIONS, "json" | "help">;

export interface Outcome {
  readonly text: string;
  readonly json: object;
}

export interface Call {
  readonly database: Database;
  /** Who acts: written down with what he does. */
  readonly actor: string;
  readonly words: readonly string[];
  readonly options: { readonly [Name in OptionName]?: Name extends "all" ? boolean : string };
}

export interface Command {
  /** "deposit <account> <amount> <currency>" */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionName[];
  /** The command changes something, so its operator must say why. */
  readonly needsWhy?: boolean;
  readonly run: (call: Call) => Promise<Outcome>;
}

/** `npm run account` or `npm run asset`. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
  readonly examples: readonly string[];
}

export interface Parsed {
  readonly command: Command;
  readonly words: Call["words"];
  readonly options: Call["options"];
  readonly isJson: boolean;
}

/** A text: help that was asked for. Throws WrongUsage. */
export function parse(program: Program, args: readonly string[]): Parsed | string {
  const { values, positionals } = parsed(program, args);
  const { json = false, help = false, ...options } = values;
  const [name, ...words] = positionals[0] === "help" ? positionals.slice(1) : positionals;
  if (name === undefined) return helpOf(program);
  const command = program.commands.find(({ usage }) => usage.split(" ")[0] === name);
  if (command === undefined) {
    const names = program.commands.map(({ usage }) => usage.split(" ")[0] as string);
    const meant = names.find((known) => isNear(known, name));
    const question = meant === undefined ? "" : `, did you mean ${meant}?`;
    throw new WrongUsage(
      `there is no command ${name}${question || ";"} npm run ${program.name} -- help lists them all`,
    );
  }
  if (help || positionals[0] === "help") return `npm run ${program.name} -- ${command.usage}\n${command.summary}`;
  const right = `it is npm run ${program.name} -- ${command.usage}`;
  const stranger = Object.keys(options).find((option) => !command.options.includes(option as OptionName));
  if (stranger !== undefined) throw new WrongUsage(`${name} knows no --${stranger}; ${right}`);
  if (command.needsWhy === true && (options.why ?? "").trim() === "")
    throw new WrongUsage(`${name} needs --why "…": it is written into the audit; ${right}`);
  const [least, most] = wordCounts(command);
  if (words.length < least || words.length > most) throw new WrongUsage(`${right}`);
  return { command, words, options, isJson: json };
}

function parsed({ name }: Program, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    const [problem] = (cause as Error).message.split(". ");
    throw new WrongUsage(`${problem}; npm run ${name} -- help shows what there is`, { cause });
  }
}

/** Words in <…> must be there, words in [<…>] may be. */
function wordCounts({ usage }: Command): [number, number] {
  const words = usage.split(" ").slice(1);
  const optional = words.filter((word) => /^\[<.*>\]$/.test(word)).length;
  const needed = words.filter((word) => /^<.*>$/.test(word)).length;
  return [needed, needed + optional];
}

function helpOf({ name, summary, commands, examples }: Program): string {
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  const lines = commands.map(({ usage, summary: what }) => `  ${usage.padEnd(width)}  ${what}`);
  const about = [
    "The database is that of DATABASE_URL, or the one that npm start runs (DATA_DIR). Who acts is OPERATOR_KEY_ID with",
    "OPERATOR_SECRET, without them the system's user. --json prints one JSON object. Exit codes: 0 done, 1 refused, 2 not understood.",
  ];
  return [
    summary,
    "",
    ...lines,
    "",
    ...about,
    "",
    ...examples.map((example) => `  npm run ${name} -- ${example}`),
  ].join("\n");
}

/** One letter is missing, too many, another or in its neighbour's place. */
function isNear(word: string, typed: string): boolean {
  const variants = (text: string) => Array.from(text, (_, at) => text.slice(0, at) + text.slice(at + 1));
  return [word, ...variants(word)].some((left) => [typed, ...variants(typed)].includes(left));
}

/** A time as people read it, in UTC. */
export function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** Characters that move the cursor, begin a line, or show text in another order than it has. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text that somebody else wrote, for one line of a terminal: it can't forge another line, or hide a part of its own. */
export function shown(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Columns that stand under one another. */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(shown));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
