import { commandLine, someOf, textOption, whole } from "../../src/shared/process/options.js";
import { FAULTS } from "./faults.js";

const AFTER = `
  npm run chaos -- --fault kill-matching-engine --times 50
  npm run chaos -- --fault kill-nats,nats-away --rate 300 --seed 7
  npm run chaos -- --long --write, and if that was broken off: npm run chaos -- --long --write --resume

Exit codes: 0 exact and within every limit, 1 something was not (seed and first differences are printed), 2 it could not be found out.
Everything runs in a temporary folder, on free ports, and is gone afterwards.`;

export type CommandLine = ReturnType<typeof parseCommandLine>;

/** Throws WrongOption. */
export function parseCommandLine(args: readonly string[]) {
  const fault = textOption("--fault <names>", "which one, or several with commas between them");
  const names = someOf(FAULTS, ({ name }) => name);
  return commandLine("chaos", "Faults under load, each in a pipeline of its own, judged by an oracle.")
    .addOption(fault.argParser(names).default(FAULTS, "all"))
    .option("--times <count>", "how often each is injected", whole({ to: 1_000 }), 3)
    .option("--long", "as often as docs/reliability.md promises")
    .option("--rate <requests>", "requests a second", whole({ to: 20_000 }), 2_000)
    .option("--seed <number>", "the same seed asks for the same", whole({ to: 1_000_000 }), 1)
    .option("--json", "one JSON line a fault instead of the table")
    .option("--write", "put each row into docs/reliability.md as soon as it is known")
    .option("--resume", "leave out what passed there with this code")
    .option("--list", "what there is, and what is allowed meanwhile")
    .addHelpText("after", AFTER)
    .parse(args, { from: "user" })
    .opts();
}
