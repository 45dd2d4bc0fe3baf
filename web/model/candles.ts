/** The candles of the asset that is shown; the chart that draws them is loaded late, and attaches itself. */
import { type Signal, signal } from "@preact/signals";
import type { Asset } from "../../src/shared/subscriber/asset.js";
import { timeText, withThousands } from "../../src/shared/subscriber/formats.js";
import { type Bar, type CandleJson, CandleSeries, type CandlesPage, type Interval } from "../state/candle-series.js";
import { Channel } from "./channel.js";
import { EVERY_MS } from "./frames.js";

const NO_CANDLE = "Nothing has traded yet.";

/** A chart: it is told of a bar, or to take all of them again. */
export interface CandleChart {
  reset(asset: Asset, interval: Interval): void;
  update(bar: Bar): void;
}

export class Candles extends Channel {
  readonly interval: Signal<Interval> = signal("1m");
  /** The newest candle, in words. */
  readonly lastText = signal(NO_CANDLE);
  #asset: Asset | null = null;
  #series = new CandleSeries();
  #chart: CandleChart | null = null;
  /** Bars that the chart has not been told of, by their time. */
  readonly #changed = new Map<number, Bar>();
  readonly #paint = () => this.#show();

  get bars(): readonly Bar[] {
    return this.#series.bars;
  }

  get hasOlder(): boolean {
    return this.#series.next !== null;
  }

  attach(chart: CandleChart): void {
    this.#chart = chart;
    this.#reset();
  }

  watch(asset: Asset): void {
    this.end();
    this.#asset = asset;
    this.#series = new CandleSeries();
    this.#reset();
    this.begin();
  }

  show(interval: Interval): void {
    this.end();
    this.interval.value = interval;
    if (this.#asset !== null) this.watch(this.#asset);
  }

  /** Reads the page before the oldest bar. Empty: there is none, or it can't be read. */
  async readOlder(): Promise<readonly Bar[]> {
    const series = this.#series;
    if (series.next === null) return [];
    const answer = await this.parts.connection.ask({ ...this.request(), next: series.next });
    return answer.ok && series === this.#series ? series.prepend(answer as unknown as CandlesPage) : [];
  }

  protected override request(): object {
    return { channel: "candles", asset: this.#asset?.name, interval: this.interval.value };
  }

  protected override onAnswer(answer: object): boolean {
    this.#series.begin(answer as CandlesPage);
    this.#reset();
    return true;
  }

  override onEvent(payload: unknown): void {
    const { asset, interval, ...candle } = payload as CandleJson & {
      readonly asset: string;
      readonly interval: string;
    };
    if (asset !== this.#asset?.name || interval !== this.interval.value) return;
    const bar = this.#series.take(candle);
    if (bar === null) return;
    this.#changed.set(bar.timestamp, bar);
    this.parts.frames.paint(this.#paint, EVERY_MS.canvas);
  }

  #reset(): void {
    this.#changed.clear();
    if (this.#asset !== null) this.#chart?.reset(this.#asset, this.interval.value);
    this.parts.frames.paint(this.#paint, EVERY_MS.canvas);
  }

  #show(): void {
    for (const bar of this.#changed.values()) this.#chart?.update(bar);
    this.#changed.clear();
    const { last } = this.#series;
    this.lastText.value = last === null ? NO_CANDLE : lastText(last);
  }
}

function lastText({ openAtMs, open, high, low, close, volume, closed }: CandleJson): string {
  const [o, h, l, c] = [open, high, low, close].map(withThousands);
  return `${timeText(openAtMs * 1_000)} open ${o}, high ${h}, low ${l}, close ${c}, volume ${volume}${closed ? "" : " so far"}`;
}
