/**
 * Imitates mExchange's channel `book.KCN/EUR.none.10.100ms` on `/ws`: in steps of that time what changed of so many levels a side, as
 * numbers, with the trades meanwhile and the last day; the first step of who subscribes is the book as the others have it.
 */
import type { DepthSnapshot } from "../../shared/channels/depth-view.js";
import type { MarketData } from "../../shared/channels/market-data.js";
import type { TradeJson } from "../../shared/channels/trades-channel.js";
import type { Asset, AssetRegistry } from "../../shared/domain/assets.js";
import { formatAmount, parseDecimal } from "../../shared/domain/decimal.js";
import { lookEvery } from "../../shared/process/looks.js";
import { followSteadily } from "../sockets/follow-steadily.js";
import type { PlainSocket } from "../sockets/plain-socket.js";
import type { Topic } from "../sockets/topics.js";
import { assetOfMarket } from "./symbols.js";

export interface BookParts {
  readonly registry: AssetRegistry;
  readonly market: Pick<MarketData, "follow" | "depth" | "ticker">;
  readonly nowMs: () => number;
  readonly stopping: AbortSignal;
}

const CHANNEL = /^book\.([A-Za-z0-9]{1,20}[/_-][A-Za-z0-9]{1,20})\.none\.(10|25|50|100)\.(100|250|500|1000)ms$/;
const LAST_TRADES_MAX = 100;

type Side = "bids" | "asks";
type Change = readonly [price: number, before: number, now: number];

/** One channel, for all who listen to it. */
export class MexchangeBook implements Topic {
  readonly listeners = new Set<PlainSocket>();
  readonly #parts: BookParts;
  readonly #name: string;
  readonly #asset: Asset;
  readonly #levels: number;
  readonly #told: Record<Side, Map<string, string>> = { bids: new Map(), asks: new Map() };
  /** The book as it was told last; the same object until it changes. */
  #last: DepthSnapshot | null = null;
  #trades: readonly TradeJson[] = [];
  #lastTradeId = 0;
  #newTrades: TradeJson[] = [];
  readonly #ends: readonly (() => void)[];

  /** Null: there is no such channel, or no such asset. */
  static named(name: string, parts: BookParts): MexchangeBook | null {
    const [, symbol, levels, everyMs] = CHANNEL.exec(name) ?? [];
    if (symbol === undefined) return null;
    const asset = assetOfMarket(parts, symbol);
    return new MexchangeBook(name, asset, { levels: Number(levels), everyMs: Number(everyMs) }, parts);
  }

  private constructor(
    name: string,
    asset: Asset,
    { levels, everyMs }: { readonly levels: number; readonly everyMs: number },
    parts: BookParts,
  ) {
    this.#name = name;
    this.#asset = asset;
    this.#levels = levels;
    this.#parts = parts;
    const trades = {
      onSnapshot: (snapshot: Readonly<Record<string, unknown>>) => this.#gather(snapshot["trades"] as TradeJson[]),
      onEvent: (payload: object) => this.#gather((payload as { readonly trades: readonly TradeJson[] }).trades),
    };
    const asked = { channel: "trades", asset: asset.asset };
    this.#ends = [followSteadily(parts.market, asked, trades, parts.stopping), lookEvery(everyMs, () => this.#step())];
    this.#step();
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  /** The book as it was told last, with the last trades. */
  snapshot(): string {
    const all = (side: Side) => Array.from(this.#told[side], ([price, now]): Change => [Number(price), 0, Number(now)]);
    return this.#text(all("bids"), all("asks"), this.#trades);
  }

  #gather(trades: readonly TradeJson[]): void {
    const later = trades.filter(({ tradeId }) => tradeId > this.#lastTradeId);
    this.#lastTradeId = later.at(-1)?.tradeId ?? this.#lastTradeId;
    this.#newTrades = [...this.#newTrades, ...later].slice(-LAST_TRADES_MAX);
  }

  #step(): void {
    const { market } = this.#parts;
    const book = market.depth(this.#asset.asset, this.#levels) ?? this.#last;
    if (book === this.#last && this.#newTrades.length === 0) return;
    const isChanged = book !== this.#last && book !== null;
    const [bids, asks] = isChanged ? [this.#changes("bids", book), this.#changes("asks", book)] : [[], []];
    const trades = this.#newTrades;
    this.#last = book;
    this.#newTrades = [];
    this.#trades = [...this.#trades, ...trades].slice(-LAST_TRADES_MAX);
    if (bids.length + asks.length + trades.length === 0) return;
    const text = this.#text(bids, asks, trades);
    for (const listener of this.listeners) listener.sendText(text);
  }

  /** What became different of a side, which counts as told from here on. */
  #changes(side: Side, book: DepthSnapshot): Change[] {
    const [before, now] = [this.#told[side], new Map(book[side])];
    this.#told[side] = now;
    const gone = [...before].filter(([price]) => !now.has(price));
    const changed = [...now].filter(([price, quantity]) => before.get(price) !== quantity);
    return [
      ...gone.map(([price, quantity]): Change => [Number(price), Number(quantity), 0]),
      ...changed.map(([price, quantity]): Change => [Number(price), Number(before.get(price) ?? 0), Number(quantity)]),
    ];
  }

  #text(bids: readonly Change[], asks: readonly Change[], trades: readonly TradeJson[]): string {
    const notification = {
      trades: trades.map(tradeOf),
      bid_changes: bids,
      ask_changes: asks,
      total_bid_amount: this.#total("bids"),
      total_ask_amount: this.#total("asks"),
      time: this.#parts.nowMs() / 1_000,
      ...this.#day(),
    };
    return JSON.stringify({ channel_name: this.#name, notification });
  }

  /** Of the levels that are told. */
  #total(side: Side): number {
    const { lot } = this.#asset;
    let lots = 0n;
    for (const quantity of this.#told[side].values()) lots += BigInt(Number(parseDecimal(quantity, lot)));
    return Number(formatAmount(lots, lot));
  }

  #day(): object {
    const ticker = this.#parts.market.ticker(this.#asset.asset);
    if (ticker === null || ticker.last === null) return {};
    const { last, open, high, low, volume } = ticker;
    const [high_24h, low_24h, open_24h] = [high, low, open].map((price) => Number(price ?? last));
    return { stats_24h: { high_24h, low_24h, volume_24h: Number(volume ?? 0), open_24h, last_price: Number(last) } };
  }
}

function tradeOf({ price, quantity, takerSide, executedAtUs }: TradeJson): object {
  const timestamp = Math.floor(executedAtUs / 1_000);
  return { price: Number(price), quantity: Number(quantity), side: takerSide, timestamp };
}
