/** The list of assets: each with its last price, its change in 24 hours, and its state. */
import { type Signal, signal } from "@preact/signals";
import { type Asset, stepsOf } from "../../src/shared/subscriber/asset.js";
import { arrowOf, changeText, dateTimeText, withThousands } from "../../src/shared/subscriber/formats.js";
import { Channel, type Parts } from "./channel.js";
import { EVERY_MS } from "./frames.js";

export interface MarketRow {
  readonly asset: Asset;
  readonly last: Signal<string>;
  /** Null: nothing has traded, or it is not known. */
  readonly lastTicks: Signal<number | null>;
  /** With an arrow and a sign. */
  readonly change: Signal<string>;
  /** "rise", "fall" or "". */
  readonly direction: Signal<string>;
  readonly volume: Signal<string>;
  /** "open", "halted" …; "": not known. */
  readonly state: Signal<string>;
  /** Since when it is not open, who decided it, and why; "": it is open. */
  readonly stateText: Signal<string>;
}

interface TickerJson {
  readonly asset: string;
  /** Missing or null where nothing has traded. */
  readonly last?: string | null;
  readonly open?: string | null;
  readonly volume?: string | null;
}

interface StatusJson {
  readonly asset: string;
  readonly state: string;
  readonly sinceUs: number | null;
  readonly madeBy: string | null;
  readonly why: string | null;
}

/** One asset's ticker. */
export class Ticker extends Channel {
  readonly row: MarketRow;
  #json: TickerJson | null = null;
  readonly #paint = () => this.#show();

  constructor(parts: Parts, row: MarketRow) {
    super(parts);
    this.row = row;
    this.begin();
  }

  protected override request(): object {
    return { channel: "ticker", asset: this.row.asset.name };
  }

  protected override onAnswer(answer: object): boolean {
    this.#take(answer as TickerJson);
    return true;
  }

  override onEvent(payload: unknown): void {
    const ticker = payload as TickerJson;
    if (ticker.asset === this.row.asset.name) this.#take(ticker);
  }

  #take(ticker: TickerJson): void {
    this.#json = ticker;
    this.parts.frames.paint(this.#paint, EVERY_MS.numbers);
  }

  #show(): void {
    const { last, open, volume } = this.#json ?? {};
    const { asset, ...cells } = this.row;
    const isKnown = typeof last === "string" && typeof open === "string";
    const [to, from] = isKnown ? [stepsOf(last, asset.tick), stepsOf(open, asset.tick)] : [0, 0];
    cells.last.value = typeof last === "string" ? withThousands(last) : "";
    cells.lastTicks.value = typeof last === "string" ? stepsOf(last, asset.tick) : null;
    cells.change.value = isKnown ? `${arrowOf(to - from)} ${changeText(from, to)}` : "";
    cells.direction.value = to > from ? "rise" : to < from ? "fall" : "";
    cells.volume.value = volume ?? "";
  }
}

/** All assets' states. */
export class Statuses extends Channel {
  readonly #rows: ReadonlyMap<string, MarketRow>;

  constructor(parts: Parts, rows: readonly MarketRow[]) {
    super(parts);
    this.#rows = new Map(rows.map((row) => [row.asset.name, row]));
    this.begin();
  }

  protected override request(): object {
    return { channel: "status" };
  }

  protected override onAnswer(answer: object): boolean {
    for (const status of (answer as { statuses: readonly StatusJson[] }).statuses) this.onEvent(status);
    return true;
  }

  override onEvent(payload: unknown): void {
    const { asset, state, sinceUs, madeBy, why } = payload as StatusJson;
    const row = this.#rows.get(asset);
    if (row === undefined) return;
    row.state.value = state.replaceAll("_", " ");
    const since = sinceUs === null ? "" : ` since ${dateTimeText(sinceUs)}`;
    const decided = madeBy === null ? "" : `, by ${madeBy}${why === null ? "" : `: ${why}`}`;
    row.stateText.value = state === "open" ? "" : `${asset} is ${row.state.value}${since}${decided}`;
  }
}

export function marketRow(asset: Asset): MarketRow {
  return {
    asset,
    last: signal(""),
    lastTicks: signal(null),
    change: signal(""),
    direction: signal(""),
    volume: signal(""),
    state: signal(""),
    stateText: signal(""),
  };
}
