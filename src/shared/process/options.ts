import { type ParseArgsConfig, parseArgs } from "node:util";

type Known = NonNullable<ParseArgsConfig["options"]>;

/** The options of a command line were not understood; one line that says which there are. */
export class WrongOption extends Error {
  override readonly name = "WrongOption";
}

/** parseArgs of Node.js, but that its errors say what would be right. Throws WrongOption. */
export function readOptions<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (cause) {
    // "Unknown option '--x'. To specify a positional argument …": the rest is about what nobody here takes.
    const [problem] = (cause as Error).message.split(". ");
    throw new WrongOption(`${problem}; known are ${namesOf(config.options ?? {})}`, { cause });
  }
}

/** A count that an option gives, from 1. Throws WrongOption. */
export function countOf(name: string, text: string, max = Number.MAX_SAFE_INTEGER): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1 && count <= max) return count;
  const limit = max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`;
  throw new WrongOption(`--${name} is ${text}; it must be a whole number from 1${limit}`);
}

function namesOf(known: Known): string {
  return Object.entries(known)
    .map(([name, { type }]) => (type === "boolean" ? `--${name}` : `--${name} <value>`))
    .join(", ");
}
