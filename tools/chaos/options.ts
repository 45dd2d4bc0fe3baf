import { countOf, readOptions } from "../../src/shared/process/options.js";
import type { Fault } from "./fault.js";
import { FAULTS } from "./faults.js";

export const HELP = `npm run chaos -- [options]: faults under load, each in a pipeline of its own, judged by an oracle

  --fault all            which one, or several with commas between them; --list names them
  --times 3              how often each is injected
  --long                 as often as docs/reliability.md promises
  --rate 2000            requests a second
  --seed 1               the same seed asks for the same
  --json                 one JSON line a fault instead of the table
  --write                put each row into docs/reliability.md as soon as it is known
  --resume               leave out what passed there with this code
  --list                 what there is, and what is allowed meanwhile

  npm run chaos -- --fault kill-matching-engine --times 50
  npm run chaos -- --fault kill-nats,nats-away --rate 300 --seed 7
  npm run chaos -- --long --write, and if that was broken off: npm run chaos -- --long --write --resume

Exit codes: 0 exact and within every limit, 1 something was not (seed and first differences are printed), 2 it could not be found out.
Everything runs in a temporary folder, on free ports, and is gone afterwards.`;

export interface CommandLine {
  readonly faults: readonly Fault[];
  /** Null: each as often as the long run wants it. */
  readonly times: number | null;
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly isJson: boolean;
  readonly isWriting: boolean;
  readonly isResuming: boolean;
  readonly isList: boolean;
  readonly isHelp: boolean;
}

/** Throws an Error with a text for people. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = readOptions({
    args: [...args],
    options: {
      fault: { type: "string", default: "all" },
      times: { type: "string", default: "3" },
      rate: { type: "string", default: "2000" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
      resume: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    faults: values.fault === "all" ? FAULTS : values.fault.split(",").map(faultNamed),
    times: values.long ? null : countOf("times", values.times, 1_000),
    ratePerSecond: countOf("rate", values.rate, 20_000),
    seed: countOf("seed", values.seed, 1_000_000),
    isJson: values.json,
    isWriting: values.write,
    isResuming: values.resume,
    isList: values.list,
    isHelp: values.help,
  };
}

function faultNamed(name: string): Fault {
  const fault = FAULTS.find((known) => known.name === name);
  if (fault !== undefined) return fault;
  throw new Error(`--fault names ${name}; known are all, ${FAULTS.map((known) => known.name).join(", ")}`);
}
