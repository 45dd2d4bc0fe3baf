/** Command lines, read and explained by commander. A wrong one is answered by one line that says what would be right. */
import { Command, type ErrorOptions, InvalidArgumentError, Option } from "@commander-js/extra-typings";

/** A command line was not understood; the message is one line that says what would be right. */
export class WrongOption extends Error {
  override readonly name = "WrongOption";
}

class CommandLine extends Command {
  override createCommand(name?: string): CommandLine {
    return new CommandLine(name).configureHelp({ showGlobalOptions: true });
  }

  override createOption<Flags extends string>(flags: Flags, description = ""): Option<Flags> {
    return textOption(flags, description);
  }

  /** Shows the help; that a command is missing is no error. */
  override help(): never {
    return super.help();
  }

  override error(message: string, { code }: ErrorOptions = {}): never {
    const problem = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
    if (code === "commander.invalidArgument") throw new WrongOption(problem);
    const help = this.createHelp();
    const options = [...help.visibleOptions(this), ...help.visibleGlobalOptions(this)].map(({ flags }) => flags);
    const known = [...help.visibleCommands(this).map((command) => command.name()), ...options].join(", ");
    throw new WrongOption(`${problem}; it is ${help.commandUsage(this)}, known are ${known}`);
  }
}

/** The command line of `npm run <script> -- …`. `parse` throws WrongOption; help that is asked for ends the process. */
export function commandLine(script: string, summary: string): Command {
  return new CommandLine(`npm run ${script} --`).description(summary);
}

/** An option whose value is missing does not take the next option for it. */
export function textOption<Flags extends string>(flags: Flags, description: string): Option<Flags> {
  const option = new Option(flags, description);
  if (option.required)
    option.argParser((text) => {
      if (/^(-|\s*$)/.test(text)) throw new InvalidArgumentError("A value is not empty, and does not begin with -");
      return text;
    });
  return option;
}

/** Reads a whole number. */
export function whole({ from = 1, to = Number.MAX_SAFE_INTEGER } = {}): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= from && value <= to) return value;
    const limit = to === Number.MAX_SAFE_INTEGER ? "" : ` to ${to}`;
    throw new InvalidArgumentError(`It must be a whole number from ${from}${limit}`);
  };
}

/** Reads a number of days, such as 90d. */
export function days(text: string): number {
  const [, count = 0] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (Number(count) >= 1) return Number(count);
  throw new InvalidArgumentError("It must be a number of days from 1d, such as 90d");
}

/** Reads a number above zero, such as 2.5. */
export function positive(text: string): number {
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("It must be a number above 0, such as 10 or 2.5");
}

/** Reads names with commas between them, or `all`. */
export function someOf<Known>(
  known: readonly Known[],
  nameOf: (one: Known) => string,
): (text: string) => readonly Known[] {
  return (text) =>
    text === "all"
      ? known
      : text.split(",").map((name) => {
          const found = known.find((one) => nameOf(one) === name);
          if (found !== undefined) return found;
          throw new InvalidArgumentError(`There is no ${name}; known are all, ${known.map(nameOf).join(", ")}`);
        });
}
