import { join } from "node:path";
import { commandLine, textOption, WrongOption, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";

const DATA_DIR = process.env["DATA_DIR"] ?? join(projectRoot, ".data");
const AFTER = `
A script is a file of lines of the text dialect, and of what is expected to come of them (docs/testing.md); - is the
standard input. Exit code 0: all went as the scripts say; 1: the line that did not is shown; 2: not understood.

  npm run script -- examples/scripts/*.txt`;

/** Throws WrongOption. */
export function parseOptions(args: readonly string[]) {
  const line = commandLine("script", "Runs testers' scripts of protocol lines against a running pipeline.")
    .argument("<file...>", "scripts, run one after the other")
    .option("--show", "print every line that is sent, and every response")
    .option(
      "--patience <factor>",
      "wait so many times as long as EXPECT says, on a slow machine",
      whole({ to: 100 }),
      1,
    )
    .addOption(textOption("--data-dir <folder>", "where endpoints.json is").default(DATA_DIR))
    .addOption(textOption("--host <name>", "of an order-handler, where there is no endpoints.json"))
    .option("--port <number>", "of it; default: 7001", whole({ to: 65_535 }))
    .addOption(textOption("--notifier <url>", "where reports come from, beside --host and --port"))
    .option("--tls", "it speaks TLS; with endpoints.json that is known")
    .addOption(textOption("--ca <file>", "trust the certificates that this one (PEM) has signed"))
    .option("--allow-remote", "another machine than this one may be meant: you have asked its owner")
    .addHelpText("after", AFTER)
    .parse([...args], { from: "user" });
  const [files] = line.processedArgs;
  if (files.filter((file) => file === "-").length > 1)
    throw new WrongOption("- is the standard input, which there is once");
  return { ...line.opts(), files };
}
