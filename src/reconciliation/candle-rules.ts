/** The rule between candles and the trades that they are made of. */
import type { Comparison } from "./comparison.js";
import type { Scope } from "./scope.js";

/** The interval of stored candles. */
const INTERVAL_US = 60_000_000;

/** When the candle of a trade opens, as SQL. */
export function candleOpen(executedAtUs: string): string {
  return `(${executedAtUs} / ${INTERVAL_US} * ${INTERVAL_US / 1000})`;
}

export const candleRules = ({ candles, tradesOfCandles }: Scope): readonly Comparison[] => [
  {
    rule: "a candle is what came of the trades of its minute",
    table: "candles",
    key: { asset: "coalesce(c.asset, t.asset)", open_at_ms: "coalesce(c.open_at_ms, t.open_at_ms)" },
    source: "trades",
    sourceKey: { asset: "t.asset", trade_id: "t.last_trade_id" },
    columns: {
      exists: ["c.asset is not null", "t.asset is not null"],
      open_ticks: ["c.open_ticks", "t.open_ticks"],
      high_ticks: ["c.high_ticks", "t.high_ticks"],
      low_ticks: ["c.low_ticks", "t.low_ticks"],
      close_ticks: ["c.close_ticks", "t.close_ticks"],
      volume_lots: ["c.volume_lots", "t.volume_lots"],
      notional_tick_lots: ["c.notional_tick_lots", "t.notional_tick_lots"],
      trade_count: ["c.trade_count", "t.trade_count"],
      last_trade_id: ["c.last_trade_id", "t.last_trade_id"],
    },
    from: `${candles} c full join
      (select asset, ${candleOpen("executed_at_us")} as open_at_ms,
         (array_agg(price_ticks order by trade_id))[1] as open_ticks, max(price_ticks) as high_ticks,
         min(price_ticks) as low_ticks, (array_agg(price_ticks order by trade_id desc))[1] as close_ticks,
         sum(quantity_lots) as volume_lots, sum(price_ticks::numeric * quantity_lots) as notional_tick_lots,
         count(*) as trade_count, max(trade_id) as last_trade_id
       from ${tradesOfCandles} s group by 1, 2) t
      on t.asset = c.asset and t.open_at_ms = c.open_at_ms`,
  },
];
