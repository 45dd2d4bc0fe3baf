import { WrongOption } from "../src/shared/process/options.js";

/** What the command line asks for; one that can't be followed is told in one line, and ends the process with 2. */
export function asked<Asked>(read: () => Asked): Asked {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}
