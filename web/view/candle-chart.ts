/** The chart of candles and indicators, and the one file that imports klinecharts: it is loaded when it is shown. */
import { effect } from "@preact/signals";
import {
  type Chart,
  type DataLoaderSubscribeBarParams,
  init,
  type OverlayFigure,
  type Period,
  registerOverlay,
} from "klinecharts";
import type { Asset } from "../../src/shared/subscriber/asset.js";
import type { CandleChart, Candles } from "../model/candles.js";
import type { OrderLine, OrderLines } from "../model/order-lines.js";
import type { Bar, Interval } from "../state/candle-series.js";
import { colours, theme } from "./theme.js";

const PERIODS: Readonly<Record<Interval, Period>> = {
  "1m": { type: "minute", span: 1 },
  "5m": { type: "minute", span: 5 },
  "15m": { type: "minute", span: 15 },
  "1h": { type: "hour", span: 1 },
  "4h": { type: "hour", span: 4 },
  "1d": { type: "day", span: 1 },
};

/** Indicators that are drawn over the candles; the others get a strip of their own. */
const OVER_CANDLES = new Set(["MA", "EMA", "BOLL"]);
const CANDLE_PANE = "candle_pane";
const STRIP_PX = 80;
const SCROLL_PX = 150;
const ZOOM = 1.3;
const OWN_ORDER = "ownOrder";

interface DrawnOrder {
  readonly line: OrderLine;
  readonly colour: string;
  readonly ground: string;
}

registerOverlay<DrawnOrder>({
  name: OWN_ORDER,
  totalStep: 2,
  createPointFigures: ({ overlay, coordinates, bounding }) =>
    coordinates[0] === undefined ? [] : orderFigures(overlay.extendData, coordinates[0].y, bounding.width),
});

export class DrawnCandles implements CandleChart {
  readonly #chart: Chart;
  readonly #element: HTMLElement;
  #tell: DataLoaderSubscribeBarParams["callback"] | null = null;

  /** Draws in an element with a size. Throws where there is no canvas. */
  constructor(element: HTMLElement, candles: Candles) {
    const chart = init(element);
    if (chart === null) throw new Error("the chart can't be drawn here");
    // The library puts itself before everything else in the order of Tab; buttons beside it do what keys could.
    chart.getDom()?.setAttribute("tabindex", "-1");
    this.#element = element;
    this.#chart = chart;
    effect(() => {
      theme.value;
      chart.setStyles(stylesOf(colours()));
    });
    chart.setDataLoader({
      getBars: async ({ type, callback }) => {
        if (type === "init") callback([...candles.bars], { forward: candles.hasOlder, backward: false });
        else if (type === "forward")
          callback([...(await candles.readOlder())], { forward: candles.hasOlder, backward: false });
        else callback([], false);
      },
      subscribeBar: ({ callback }) => {
        this.#tell = callback;
      },
      unsubscribeBar: () => {
        this.#tell = null;
      },
    });
    new ResizeObserver(() => chart.resize()).observe(element);
    candles.attach(this);
  }

  reset({ name, tick, lot }: Asset, interval: Interval): void {
    if (this.#chart.getSymbol()?.ticker !== name)
      this.#chart.setSymbol({ ticker: name, pricePrecision: tick.scale, volumePrecision: lot.scale });
    if (this.#chart.getPeriod() !== PERIODS[interval]) this.#chart.setPeriod(PERIODS[interval]);
    else this.#chart.resetData();
  }

  update(bar: Bar): void {
    this.#tell?.({ ...bar });
  }

  /** Draws own orders as lines that can be dragged, until what it returns is called. */
  drawOrders(orders: OrderLines): () => void {
    const chart = this.#chart;
    return effect(() => {
      theme.value;
      const { bid, ask, ground } = colours();
      const lines = orders.lines.value;
      const keys = new Set(lines.map(({ key }) => key));
      for (const { id } of chart.getOverlays({ name: OWN_ORDER })) if (!keys.has(id)) chart.removeOverlay({ id });
      for (const line of lines) {
        const { key: id, side, price, isInFlight: lock } = line;
        const extendData: DrawnOrder = { line, colour: side === "buy" ? bid : ask, ground };
        const overlay = { id, name: OWN_ORDER, lock, points: [{ value: Number(price) }], extendData };
        if (chart.getOverlays({ id }).length > 0) chart.overrideOverlay(overlay);
        else
          chart.createOverlay({
            ...overlay,
            paneId: CANDLE_PANE,
            onPressedMoving: ({ overlay: { points } }) => orders.drag(id, points[0]?.value ?? 0),
            onPressedMoveEnd: () => void orders.drop(id),
            // The library's own answer to it is to take the line away.
            onRightClick: ({ preventDefault }) => preventDefault?.(),
          });
      }
    });
  }

  /** Shows or hides an indicator. */
  toggle(name: string, isShown: boolean): void {
    if (!isShown) this.#chart.removeIndicator({ name });
    else if (OVER_CANDLES.has(name)) this.#chart.createIndicator({ name, paneId: CANDLE_PANE }, true);
    else this.#chart.createIndicator(name);
    const strips = new Set(this.#chart.getIndicators().map(({ paneId }) => paneId));
    strips.delete(CANDLE_PANE);
    this.#element.style.setProperty("--strips", `${strips.size * STRIP_PX}px`);
  }

  scroll(direction: -1 | 1): void {
    this.#chart.scrollByDistance(-direction * SCROLL_PX);
  }

  zoom(direction: -1 | 1): void {
    this.#chart.zoomAtCoordinate(direction > 0 ? ZOOM : 1 / ZOOM);
  }

  toNewest(): void {
    this.#chart.scrollToRealTime();
  }
}

/** Across the chart, and at its left side what it is, which can be taken hold of, too. */
function orderFigures({ line, colour, ground }: DrawnOrder, y: number, width: number): OverlayFigure[] {
  const { text, isInFlight } = line;
  const style = isInFlight ? "dashed" : "solid";
  const coordinates = [
    { x: 0, y },
    { x: width, y },
  ];
  return [
    { type: "line", attrs: { coordinates }, styles: { color: colour, style, size: 1 } },
    {
      type: "text",
      attrs: { x: 0, y, text: isInFlight ? text : `↕ ${text}`, baseline: "middle" },
      styles: { color: ground, backgroundColor: colour },
    },
  ];
}

/** Rising candles are hollow and falling ones filled: they differ without their colours. */
function stylesOf({ bid, ask, ink, faint, line, ground }: ReturnType<typeof colours>) {
  const change = { upColor: bid, downColor: ask, noChangeColor: faint };
  const axis = { axisLine: { color: line }, tickLine: { color: line }, tickText: { color: faint } };
  const cross = { line: { color: faint }, text: { color: ground, backgroundColor: ink, borderColor: ink } };
  const words = { showRule: "follow_cross" as const, title: { color: faint }, legend: { color: ink } };
  return {
    grid: { horizontal: { color: line }, vertical: { show: false } },
    candle: {
      type: "candle_up_stroke" as const,
      bar: {
        ...change,
        upBorderColor: bid,
        downBorderColor: ask,
        noChangeBorderColor: faint,
        upWickColor: bid,
        downWickColor: ask,
        noChangeWickColor: faint,
      },
      priceMark: { high: { color: faint }, low: { color: faint }, last: { ...change, text: { color: ground } } },
      tooltip: words,
    },
    indicator: { tooltip: words, ohlc: change },
    xAxis: axis,
    yAxis: axis,
    separator: { color: line },
    crosshair: { horizontal: cross, vertical: cross },
  };
}
