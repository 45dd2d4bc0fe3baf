/** What a run leaves in a folder, for machines and for people, and two of them side by side. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Latencies } from "./latencies.js";
import { type Curve, pictureHtml } from "./latency-picture.js";
import { markdownTable } from "./markdown-table.js";
import type { Measured } from "./measured-run.js";
import { type Verdict, verdictText } from "./objectives.js";
import { loadText, summaryObject } from "./summary.js";

const SUMMARY = v.object({ p50: v.number(), p90: v.number(), p99: v.number(), p999: v.number(), p9999: v.number() });
const RESULT = v.object({
  load: v.string(),
  ackMs: SUMMARY,
  reportMs: v.nullable(SUMMARY),
  curves: v.array(v.object({ name: v.string(), points: v.array(v.tuple([v.number(), v.number()])) })),
});
type Result = v.InferOutput<typeof RESULT>;

/** Returns the files. */
export function writeResults(folder: string, measured: Measured, verdicts: readonly Verdict[]): string[] {
  const { acknowledged, reported, lateness } = measured.outcome.timing;
  const all: readonly (readonly [file: string, name: string, latencies: Latencies])[] = [
    ["ack", "order → ACK", acknowledged],
    ["report", "order → own report", reported],
    ["lateness", "generator late by", lateness],
  ];
  const some = all.filter(([, , latencies]) => latencies.count > 0);
  const curves = some.map(([, name, latencies]) => ({ name, points: latencies.points() }));
  const load = loadText(measured.options);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const result = { load, ...summaryObject(measured, verdicts), curves };
  const about = [load, ...verdicts.map(verdictText), ...measured.broken.map((what) => `BROKEN: ${what}`)];
  return [
    ...some.map(([name, , latencies]) => write(`${name}.hgrm`, latencies.distributionText())),
    write("result.json", `${JSON.stringify(result)}\n`),
    write("latency.html", pictureHtml({ title: "Latencies of a load run", about, curves })),
  ];
}

/** Draws two results as one picture into the folder; returns what to print. */
export function compareResults(files: readonly string[], folder: string): string {
  const [first, second, ...more] = files.map((file) => ({ file, result: readResult(file) }));
  if (first === undefined || second === undefined || more.length > 0)
    throw new Error(`--compare takes two result.json files, and not ${files.length}`);
  const curvesOf = ({ file, result }: typeof first): Curve[] =>
    result.curves
      .filter(({ name }) => name.startsWith("order"))
      .map(({ name, points }) => ({ name: `${name}, ${file}`, points }));
  mkdirSync(folder, { recursive: true });
  const picture = join(folder, "comparison.html");
  const about = [first, second].map(({ file, result }) => `${file}: ${result.load}`);
  writeFileSync(
    picture,
    pictureHtml({ title: "Two load runs", about, curves: [...curvesOf(first), ...curvesOf(second)] }),
  );
  return `${about.join("\n")}\n\n${differences(first.result, second.result)}\n\n${picture}`;
}

function differences(first: Result, second: Result): string {
  const rows = (["ackMs", "reportMs"] as const).flatMap((of) => {
    const [one, other] = [first[of], second[of]];
    if (one === null || other === null) return [];
    return (["p50", "p90", "p99", "p999", "p9999"] as const).map((percentile) => {
      const [before, after] = [one[percentile], other[percentile]];
      const change = before === 0 ? "" : `${after >= before ? "+" : ""}${((after / before - 1) * 100).toFixed(0)} %`;
      return [
        `${of === "ackMs" ? "order → ACK" : "order → own report"}, ${percentile}`,
        before.toFixed(2),
        after.toFixed(2),
        change,
      ];
    });
  });
  return markdownTable(["ms", "first", "second", "change"], rows);
}

function readResult(file: string): Result {
  try {
    return v.parse(RESULT, JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new Error(`${file} is no result.json that npm run load -- --out has written`, { cause });
  }
}
