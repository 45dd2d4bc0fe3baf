import { effect, type Signal, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Page } from "../model/page.js";
import { INTERVALS } from "../state/candle-series.js";
import type { DrawnCandles } from "./candle-chart.js";
import { Panel } from "./panel.js";

const INDICATORS: readonly { readonly name: string; readonly title: string }[] = [
  { name: "MA", title: "Moving averages" },
  { name: "EMA", title: "Exponential moving averages" },
  { name: "BOLL", title: "Bollinger bands" },
  { name: "VOL", title: "Volume" },
  { name: "MACD", title: "Moving average convergence and divergence" },
  { name: "RSI", title: "Relative strength" },
];

const chart: Signal<DrawnCandles | null> = signal(null);
const problem = signal("");
const shown: Signal<ReadonlySet<string>> = signal(new Set(["MA", "VOL"]));

/** Candles and indicators. The chart's code is loaded once the rest of the page stands. */
export function CandlesPanel({ page }: { readonly page: Page }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = element;
    if (current !== null) void load(current, page);
  }, [page]);
  return (
    <Panel name="candles" title="Candles" state={page.candles.state} controls={<Intervals page={page} />}>
      <fieldset class="buttons">
        <legend class="unseen">Indicators</legend>
        {INDICATORS.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            title={title}
            aria-pressed={shown.value.has(name)}
            onClick={() => toggle(name)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <div class="chart" ref={element} role="img" aria-label={page.candles.lastText} />
      <p class="problem">{problem}</p>
      <p class="problem" role="alert">
        {page.orderLines.value?.problem}
      </p>
      <div class="buttons">
        <p class="hint">{page.candles.lastText}</p>
        <ChartButton name="Earlier" act={(drawn) => drawn.scroll(-1)} />
        <ChartButton name="Later" act={(drawn) => drawn.scroll(1)} />
        <ChartButton name="Newest" act={(drawn) => drawn.toNewest()} />
        <ChartButton name="Closer" act={(drawn) => drawn.zoom(1)} />
        <ChartButton name="Wider" act={(drawn) => drawn.zoom(-1)} />
      </div>
    </Panel>
  );
}

function Intervals({ page: { candles } }: { readonly page: Page }) {
  return (
    <fieldset class="buttons">
      <legend class="unseen">Interval</legend>
      {INTERVALS.map((interval) => (
        <button
          key={interval}
          type="button"
          aria-pressed={candles.interval.value === interval}
          onClick={() => candles.show(interval)}
        >
          {interval}
        </button>
      ))}
    </fieldset>
  );
}

function ChartButton({ name, act }: { readonly name: string; readonly act: (drawn: DrawnCandles) => void }) {
  return (
    <button type="button" disabled={chart.value === null} onClick={() => chart.value !== null && act(chart.value)}>
      {name}
    </button>
  );
}

function toggle(name: string): void {
  const next = new Set(shown.value);
  if (!next.delete(name)) next.add(name);
  shown.value = next;
  chart.value?.toggle(name, next.has(name));
}

async function load(element: HTMLElement, page: Page): Promise<void> {
  try {
    const { DrawnCandles: Drawn } = await import("./candle-chart.js");
    const drawn = new Drawn(element, page.candles);
    for (const name of shown.value) drawn.toggle(name, true);
    chart.value = drawn;
    effect(() => {
      const orders = page.orderLines.value;
      return orders === null ? undefined : drawn.drawOrders(orders);
    });
  } catch {
    problem.value = "The chart could not be loaded; load the page again to try once more.";
  }
}
