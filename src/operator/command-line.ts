/** The parts that all commands of operators share: words, options, help, refusals, tables. Pure. */
import type { KeySeal } from "../shared/access/key-seal.js";
import type { Database } from "../shared/database/database.js";
import { commandLine, textOption } from "../shared/process/options.js";
import { visible } from "../shared/process/visible-text.js";

export const WHY = textOption("--why <text>", "the reason, for the audit");
export const NEEDED_WHY = textOption("--why <text>", "the reason, for the audit").makeOptionMandatory();

export interface Outcome {
  readonly text: string;
  readonly json: object;
}

export interface Call {
  readonly database: Database;
  /** The name that the audit gets. */
  readonly actor: string;
  /** Null: in production, and KEY_ENCRYPTION_KEY is not set. */
  readonly keySeal: KeySeal | null;
  readonly words: readonly string[];
  readonly options: {
    readonly [Name in
      | "why"
      | "role"
      | "expires"
      | "id"
      | "reference"
      | "publicKey"
      | "zone"
      | "confirm"
      | "orders"
      | "hours"
      | "tick"
      | "lot"
      | "makerFee"
      | "takerFee"
      | "minQuantity"
      | "maxQuantity"
      | "minNotional"
      | "maxNotional"
      | "referencePrice"
      | "collarPercent"
      | "openOrdersMax"
      | "baseDecimals"
      | "baseKind"
      | "quoteDecimals"
      | "quoteKind"]?: string;
  } & { readonly limit?: number; readonly all?: true };
}

export interface Subcommand {
  /** For example "deposit <account> <amount> <currency>". */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly ReturnType<typeof textOption>[];
  readonly run: (call: Call) => Promise<Outcome>;
}

/** A program with commands: `npm run account` or `npm run asset`. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Subcommand[];
  readonly examples: readonly string[];
}

export interface Parsed {
  readonly command: Subcommand;
  readonly words: Call["words"];
  readonly options: Call["options"];
  readonly isJson: boolean;
}

const ABOUT = `
The database is that of DATABASE_URL, or the one that npm start runs (DATA_DIR). Who acts is OPERATOR_KEY_ID with
OPERATOR_SECRET, without them the system's user. Exit codes: 0 done, 1 refused, 2 not understood.
`;

/** Parses a command line. Throws WrongOption; if help is asked for, prints it and ends the process. */
export function parse({ name, summary, commands, examples }: Program, args: readonly string[]): Parsed {
  let parsed = null as Parsed | null;
  const program = commandLine(name, summary)
    .option("--json", "print one JSON object")
    .addHelpText("after", [ABOUT, ...examples.map((example) => `  npm run ${name} -- ${example}`)].join("\n"));
  for (const command of commands) {
    const line = program.command(command.usage).description(command.summary);
    for (const option of command.options) line.addOption(option);
    line.action(() => {
      parsed = { command, words: line.args, options: line.opts(), isJson: program.opts().json === true };
    });
  }
  program.parse(args, { from: "user" });
  return parsed ?? program.help();
}

/** A time in UTC, for people. */
export function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** Rows of cells as text with aligned columns. */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(visible));
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
