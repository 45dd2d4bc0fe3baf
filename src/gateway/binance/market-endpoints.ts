/** What everybody may ask of markets: `/api/v3` without a key. */
import type { Asset } from "../../shared/domain/assets.js";
import { CANDLE_INTERVALS_MS, type CandleInterval } from "../../shared/domain/candles.js";
import { isRefusal, type Refusal } from "../../shared/domain/rejects.js";
import { type Endpoint, type Exchange, open } from "./endpoint.js";
import { BinanceError, errorOfRefusal } from "./errors.js";
import { exchangeInfo } from "./exchange-info.js";
import {
  aggregateTradeJson,
  bookTickerJson,
  klineJson,
  type LastTrade,
  meanPrice,
  ticker24hJson,
  tradeJson,
} from "./market-json.js";
import { invalid, type Parameters } from "./parameters.js";
import { symbolOf } from "./symbols.js";
import { depthWeight } from "./weights.js";

const LEVELS_MAX = 5_000;
const INTERVALS = Object.keys(CANDLE_INTERVALS_MS) as CandleInterval[];
const AVERAGE_MINUTES = 5;

export function marketEndpoints(exchange: Exchange): Readonly<Record<string, Endpoint>> {
  const { symbols, market, nowMs } = exchange;
  const assetIn = (given: Parameters) => symbols.get(given.required("symbol"));
  const depthLevels = (given: Parameters) => given.limit(100, LEVELS_MAX);
  const forSymbols = (answer: (asset: Asset) => unknown) =>
    open(
      (given) => (given.text("symbol") === null ? 80 : 2),
      async ({ given }) => {
        given.skip("type");
        const { assets, isOne } = assetsIn(exchange, given);
        const answers = await Promise.all(assets.map(answer));
        return isOne ? answers[0] : answers;
      },
    );

  return {
    ping: open(1, () => ({})),
    time: open(1, () => ({ serverTime: nowMs() })),
    exchangeInfo: open(20, ({ given }) => {
      given.skip("permissions", "showPermissionSets", "symbolStatus");
      const { registry, access } = exchange;
      return exchangeInfo(nowMs(), assetsIn(exchange, given).assets, registry, (asset) => access.stateOf(asset));
    }),
    depth: open(
      (given) => depthWeight(depthLevels(given)),
      ({ given }) => depthOf(exchange, assetIn(given), depthLevels(given)),
    ),
    trades: open(25, async ({ given }) => {
      const asset = assetIn(given);
      const trades = taken(await market.trades(asset.asset, { limit: given.limit(500, 1_000) }));
      return trades.map((trade) => tradeJson(trade, asset));
    }),
    historicalTrades: open(25, async ({ given }) => {
      const asset = assetIn(given);
      const fromId = given.whole("fromId");
      const after = fromId === null ? {} : { after: fromId - 1 };
      const trades = taken(await market.trades(asset.asset, { limit: given.limit(500, 1_000), ...after }));
      return trades.map((trade) => tradeJson(trade, asset));
    }),
    aggTrades: open(4, ({ given }) => aggregateTrades(exchange, assetIn(given), given)),
    klines: open(2, ({ given }) => klines(exchange, assetIn(given), given)),
    uiKlines: open(2, ({ given }) => klines(exchange, assetIn(given), given)),
    avgPrice: open(2, ({ given }) => averagePrice(exchange, assetIn(given))),
    "ticker/24hr": forSymbols((asset) => ticker24h(exchange, asset)),
    "ticker/price": forSymbols((asset) => ({
      symbol: symbolOf(asset),
      price: tickerOf(exchange, asset).last ?? "0",
    })),
    "ticker/bookTicker": forSymbols((asset) => bookTickerJson(tickerOf(exchange, asset), asset)),
  };
}

/** The book: what it is at a sequence that the stream of its changes has, too. */
export function depthOf({ market }: Exchange, asset: Asset, levels: number): object {
  const snapshot = market.depth(asset.asset, levels);
  if (snapshot === null)
    throw new BinanceError(-1001, "Service Unavailable.", "the book is not known yet; ask again", 503);
  return { lastUpdateId: snapshot.sequence, bids: snapshot.bids, asks: snapshot.asks };
}

export async function lastTradeOf({ market }: Pick<Exchange, "market">, asset: Asset): Promise<LastTrade | null> {
  const trades = await market.trades(asset.asset, { limit: 1 });
  return isRefusal(trades) ? null : (trades.at(-1) ?? null);
}

export function tickerOf({ market }: Pick<Exchange, "market">, asset: Asset) {
  const ticker = market.ticker(asset.asset);
  if (ticker === null)
    throw new BinanceError(-1001, "Service Unavailable.", "the ticker is not known yet; ask again", 503);
  return ticker;
}

async function ticker24h(exchange: Exchange, asset: Asset): Promise<object> {
  return ticker24hJson(tickerOf(exchange, asset), await lastTradeOf(exchange, asset), asset, exchange.nowMs());
}

async function aggregateTrades({ market }: Exchange, asset: Asset, given: Parameters): Promise<object[]> {
  const [fromId, startMs, endMs] = [given.whole("fromId"), given.whole("startTime"), given.whole("endTime")];
  const limit = given.limit(500, 1_000);
  const after = fromId === null ? {} : { after: fromId - 1 };
  const trades = taken(await market.trades(asset.asset, { limit, ...after }));
  const isInside = (us: number) =>
    us >= (startMs ?? 0) * 1_000 && us < ((endMs ?? Number.MAX_SAFE_INTEGER) + 1) * 1_000;
  return trades.filter(({ executedAtUs }) => isInside(executedAtUs)).map(aggregateTradeJson);
}

async function klines({ market }: Exchange, asset: Asset, given: Parameters): Promise<unknown[]> {
  const interval = given.word("interval", INTERVALS, () => badInterval());
  if (interval === null) throw BinanceError.missing("interval");
  given.skip("timeZone");
  const [startMs, endMs] = [given.whole("startTime"), given.whole("endTime")];
  const page = {
    limit: given.limit(500, 1_000),
    // Of a start that is given, the candle that opens there is the first; without one the latest are meant.
    ...(startMs !== null && { after: startMs - 1 }),
    ...(endMs !== null && { before: endMs + 1 }),
  };
  const { candles } = taken(await market.candles(asset.asset, interval, page));
  return candles.filter(({ openAtMs }) => openAtMs >= (startMs ?? 0)).map((candle) => klineJson(candle, interval));
}

function badInterval(): BinanceError {
  return new BinanceError(-1120, "Invalid interval.", `there are ${INTERVALS.join(", ")}`);
}

async function averagePrice({ market, nowMs }: Exchange, asset: Asset): Promise<object> {
  const { candles } = taken(await market.candles(asset.asset, "1m", { limit: AVERAGE_MINUTES }));
  const [volume, quoteVolume] = [
    sumOf(candles.map(({ volume }) => volume)),
    sumOf(candles.map((one) => one.quoteVolume)),
  ];
  const price = meanPrice(quoteVolume, volume, asset) ?? candles.at(-1)?.close ?? "0";
  return { mins: AVERAGE_MINUTES, price, closeTime: nowMs() };
}

/** The sum of decimal texts, exactly. */
function sumOf(texts: readonly string[]): string {
  const scale = Math.max(0, ...texts.map((text) => text.split(".")[1]?.length ?? 0));
  const units = texts.reduce((sum, text) => {
    const [whole = "0", fraction = ""] = text.split(".");
    return sum + BigInt(whole + fraction.padEnd(scale, "0"));
  }, 0n);
  const digits = String(units).padStart(scale + 1, "0");
  const cut = digits.length - scale;
  return scale === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/** All assets, or those that `symbol` or `symbols` name. */
function assetsIn({ symbols }: Exchange, given: Parameters): { readonly assets: Asset[]; readonly isOne: boolean } {
  const [symbol, list] = [given.text("symbol"), given.text("symbols")];
  if (symbol !== null && list !== null)
    throw new BinanceError(-1128, "Combination of optional parameters invalid.", "name a symbol or several, not both");
  if (symbol !== null) return { assets: [symbols.get(symbol)], isOne: true };
  if (list === null) return { assets: [...symbols.assets], isOne: false };
  return { assets: namesIn(list).map((name) => symbols.get(name)), isOne: false };
}

function namesIn(list: string): string[] {
  try {
    const names: unknown = JSON.parse(list);
    if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string")) return names;
  } catch {
    // It is refused as every other text that is no list.
  }
  throw invalid("symbols");
}

function taken<T extends object>(answer: T | Refusal): T {
  if (isRefusal(answer)) throw errorOfRefusal(answer);
  return answer as T;
}
