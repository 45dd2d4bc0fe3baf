/** The table of the figures: medians of the rounds, and of the ratios within each round. Pure. */
import type { Values } from "./rows.js";

/** By row and contestant, the values of each round. */
export type Rounds = Map<string, Map<string, Values[]>>;

export const COLUMNS = ["what", "needed", "aim", "measured", "io.to(room).emit", "ratio", "bare writes", "ratio"];

interface Figure {
  readonly of: string;
  readonly value: string;
  readonly text: string;
  readonly needed: string;
  readonly aim: string;
  readonly unit: string;
}

const FIGURES: readonly Figure[] = [
  { of: "delivered", value: "packetsPerSecond", text: "packets/s delivered", needed: "1.6 ×", aim: "2 ×", unit: "/s" },
  { of: "delivered", value: "cpuMicrosAPacket", text: "server's CPU a packet", needed: "", aim: "", unit: "µs" },
  { of: "delivered", value: "bytesAPacket", text: "bytes a packet", needed: "", aim: "", unit: "" },
  {
    of: "delivered",
    value: "lastMs",
    text: "one event to the last",
    needed: "10 or 100 ms",
    aim: "6 or 60",
    unit: "ms",
  },
  { of: "delivered", value: "kibibytes", text: "memory a connection", needed: "32 KiB", aim: "20", unit: "KiB" },
  { of: "own", value: "ownP50Ms", text: "own report, p50", needed: "", aim: "", unit: "ms" },
  { of: "own", value: "ownP99Ms", text: "own report, p99", needed: "50 ms", aim: "25", unit: "ms" },
  { of: "own", value: "tradesP50Ms", text: "trades to each, p50", needed: "", aim: "", unit: "ms" },
  { of: "own", value: "tradesP99Ms", text: "trades to each, p99", needed: "500 ms", aim: "200", unit: "ms" },
  { of: "own", value: "megabytesMore", text: "memory more meanwhile", needed: "flat", aim: "", unit: "MB" },
  { of: "own", value: "wrong", text: "gaps, repeats, subscribers lost", needed: "0", aim: "", unit: "" },
  {
    of: "stalled",
    value: "cutMs",
    text: "until the last that stalled is cut",
    needed: "2 s; 500: 5 s",
    aim: "",
    unit: "ms",
  },
  {
    of: "stalled",
    value: "megabytesMore",
    text: "memory more until then",
    needed: "5 MB; 500: 200",
    aim: "500: 100",
    unit: "MB",
  },
  { of: "stalled", value: "othersP99Ratio", text: "others' p99, of what it was", needed: "2 ×", aim: "", unit: "×" },
  { of: "stalled", value: "othersCut", text: "others cut", needed: "0", aim: "", unit: "" },
  { of: "resumed", value: "resumedMs", text: "all resumed with `from`", needed: "10 s", aim: "5 s", unit: "ms" },
  { of: "resumed", value: "wrong", text: "gaps, repeats, missing", needed: "0", aim: "", unit: "" },
];

export function figureRows(rounds: Rounds, medianOf: (values: readonly number[]) => number): string[][] {
  return [...rounds].flatMap(([row, contestants]) => {
    const ours = contestants.get("notifier") ?? [];
    const others = ["io.to(room).emit", "bare writes"].map((name) => contestants.get(name) ?? []);
    return FIGURES.filter(({ of }) => row.startsWith(of)).map(({ text, needed, aim, unit, value }) => {
      const median = (runs: readonly Values[]) => medianOf(runs.map((run) => run[value] ?? Number.NaN));
      const shown = (amount: number) =>
        `${amount.toLocaleString("en", { maximumSignificantDigits: 3 })} ${unit}`.trim();
      const ratios = (theirs: readonly Values[]) =>
        ours.map((run, round) => (run[value] ?? Number.NaN) / (theirs[round]?.[value] ?? Number.NaN));
      const beside = others.flatMap((theirs) =>
        theirs.length === 0 ? ["", ""] : [shown(median(theirs)), medianOf(ratios(theirs)).toFixed(2)],
      );
      return [`${row}: ${text}`, needed, aim, shown(median(ours)), ...beside];
    });
  });
}
