import { countOf, readOptions, WrongOption } from "../src/shared/process/options.js";

/** What the command line asks for; one that can't be followed is told in one line, and ends the process with 2. */
export function commandLine<Asked>(read: (args: readonly string[]) => Asked): Asked {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

/** Options that are counts, from 1, by name, with what they are without a word. Throws WrongOption. */
export function countsOf<Name extends string>(
  args: readonly string[],
  usual: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(usual) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" } as const]));
  const { values } = readOptions({ args: [...args], options });
  return Object.fromEntries(names.map((name) => [name, countOf(name, values[name] ?? String(usual[name]))])) as Record<
    Name,
    number
  >;
}

/** Some of `known`, with commas between them. Throws WrongOption. */
export function someOf<const Known extends string>(name: string, text: string, known: readonly Known[]): Known[] {
  return text.split(",").map((one) => {
    const found = known.find((it) => it === one);
    if (found === undefined) throw new WrongOption(`--${name} names ${one}; known are ${known.join(", ")}`);
    return found;
  });
}
