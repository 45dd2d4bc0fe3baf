/** What the project promises of its engine, and whether a measurement keeps it. */
import type { Measurement } from "./measurement.js";

interface Bar {
  readonly isAbout: (measurement: Measurement) => boolean;
  readonly limit: number;
  readonly sense: "at least" | "at most";
}

const about = (bench: string, unit: string, stream?: string) => (m: Measurement) =>
  m.engine === "bourse" && m.bench === bench && m.unit === unit && (stream === undefined || m.stream.includes(stream));

const SPEEDS: Record<string, [millionsAtLeast: number, timesAtLeast: number]> = {
  mix: [10, 35],
  ecore: [6, 18],
  mex: [12, 15],
  sparse: [2, 15],
  deep: [2.5, 25],
};
const SERVICE_TIMES: Record<string, [p99Ns: number, p999Ns: number]> = {
  mix: [500, 1_000],
  ecore: [500, 1_000],
  sparse: [1_200, 2_000],
  deep: [1_200, 2_000],
};

const BARS: readonly Bar[] = [
  ...Object.entries(SPEEDS).flatMap(([stream, [millions, times]]): Bar[] => [
    { isAbout: about("matching", "million commands/s", stream), limit: millions, sense: "at least" },
    { isAbout: about("matching", "times nodejs-order-book", stream), limit: times, sense: "at least" },
  ]),
  ...Object.entries(SERVICE_TIMES).flatMap(([stream, [p99, p999]]): Bar[] => [
    { isAbout: about("service time", "ns p99", stream), limit: p99, sense: "at most" },
    { isAbout: about("service time", "ns p99.9", stream), limit: p999, sense: "at most" },
  ]),
  { isAbout: about("memory", "KiB", "empty book"), limit: 256, sense: "at most" },
  { isAbout: about("memory", "bytes an order"), limit: 96, sense: "at most" },
  { isAbout: about("garbage", "major collections"), limit: 0, sense: "at most" },
  { isAbout: about("garbage", "ms in all"), limit: 1, sense: "at most" },
  { isAbout: about("depth taken", "% of the speed without"), limit: 95, sense: "at least" },
  { isAbout: about("snapshot", "ms to write"), limit: 200, sense: "at most" },
  { isAbout: about("snapshot", "ms to restore"), limit: 100, sense: "at most" },
];

/** "≥ 10: pass"; empty: nothing is promised. */
export function verdict(measurement: Measurement): string {
  const bar = BARS.find(({ isAbout }) => isAbout(measurement));
  if (bar === undefined) return "";
  const isKept = bar.sense === "at least" ? measurement.value >= bar.limit : measurement.value <= bar.limit;
  return `${bar.sense === "at least" ? "≥" : "≤"} ${bar.limit}: ${isKept ? "pass" : "MISS"}`;
}
