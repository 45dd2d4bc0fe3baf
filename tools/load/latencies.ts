import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";

const TICKS_PER_HALF = 5;
const POINTS_PER_NINE = 20;
/** As many between 90 and 99 as between 99 and 99.9; the median, too. */
const PERCENTILES = [
  50,
  ...Array.from({ length: 4 * POINTS_PER_NINE + 1 }, (_, at) => 100 - 100 * 10 ** (-at / POINTS_PER_NINE)),
].sort((one, other) => one - other);

/** A distribution of times in milliseconds, kept in microseconds with three digits. */
export class Latencies {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 120_000_000,
    numberOfSignificantValueDigits: 3,
  });

  record(milliseconds: number): void {
    this.#histogram.recordValue(Math.max(0, Math.round(milliseconds * 1_000)));
  }

  /** All of the other one's, too. */
  add(other: Latencies): void {
    this.#histogram.add(other.#histogram);
  }

  /** As text, for another process. */
  packed(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  static unpacked(text: string): Latencies {
    const latencies = new Latencies();
    latencies.#histogram.add(decodeFromCompressedBase64(text));
    return latencies;
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Begins anew. */
  reset(): void {
    this.#histogram.reset();
  }

  /** The distribution as HdrHistogram's own tools read it (`.hgrm`), in milliseconds. */
  distributionText(): string {
    return this.#histogram.outputPercentileDistribution(TICKS_PER_HALF, 1_000);
  }

  /** From the fastest to 99.99 %, for a picture: by percentile, in milliseconds. */
  points(): (readonly [percentile: number, ms: number])[] {
    return PERCENTILES.map((percentile) => [percentile, this.#histogram.getValueAtPercentile(percentile) / 1_000]);
  }

  /** In milliseconds. */
  summary(): LatencySummary {
    const at = (percentile: number) => this.#histogram.getValueAtPercentile(percentile) / 1_000;
    return {
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      p9999: at(99.99),
      max: this.#histogram.maxValue / 1_000,
      count: this.count,
    };
  }
}

export interface LatencySummary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
  readonly count: number;
}
