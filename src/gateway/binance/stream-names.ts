/** The names of market streams: `btcusd@depth@100ms`, `!ticker@arr`. Pure. */
import type { Asset } from "../../shared/domain/assets.js";
import { CANDLE_INTERVALS_MS, type CandleInterval } from "../../shared/domain/candles.js";
import type { Symbols } from "./symbols.js";

export type TickerForm = "ticker" | "miniTicker" | "bookTicker";

export type Stream =
  | { readonly kind: "depth"; readonly asset: Asset }
  /** The best levels, whole each time. */
  | { readonly kind: "levels"; readonly asset: Asset; readonly levels: number }
  | { readonly kind: "trade" | "aggTrade"; readonly asset: Asset }
  | { readonly kind: "kline"; readonly asset: Asset; readonly interval: CandleInterval }
  | { readonly kind: TickerForm; readonly asset: Asset }
  | { readonly kind: "all"; readonly form: TickerForm };

/** Null: there is no such stream. */
export function parseStream(name: string, symbols: Symbols): Stream | null {
  const all = /^!(ticker|miniTicker)@arr$|^!(bookTicker)$/.exec(name);
  if (all !== null) return { kind: "all", form: (all[1] ?? all[2]) as TickerForm };
  const [symbol = "", what = "", ...rest] = name.split("@");
  const asset = symbol === symbol.toLowerCase() ? symbols.find(symbol) : null;
  if (asset === null) return null;
  const speed = rest.length === 0 || (rest.length === 1 && /^10{2,3}ms$/.test(rest[0] ?? ""));
  const levels = /^depth(5|10|20)$/.exec(what)?.[1];
  if (levels !== undefined) return speed ? { kind: "levels", asset, levels: Number(levels) } : null;
  if (what === "depth") return speed ? { kind: "depth", asset } : null;
  if (rest.length > 0) return null;
  const interval = /^kline_(\w+)$/.exec(what)?.[1];
  if (interval !== undefined)
    return interval in CANDLE_INTERVALS_MS ? { kind: "kline", asset, interval: interval as CandleInterval } : null;
  switch (what) {
    case "trade":
    case "aggTrade":
    case "ticker":
    case "miniTicker":
    case "bookTicker":
      return { kind: what, asset };
    default:
      return null;
  }
}
