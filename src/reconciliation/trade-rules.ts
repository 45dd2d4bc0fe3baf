/** The rules between trades and the fills that both sides were told of, and about sequences that must have no gap. */
import type { Comparison } from "./comparison.js";
import type { Scope } from "./scope.js";

const tradeKey = { asset: "t.asset", trade_id: "t.trade_id" };

function fillOf(liquidity: "maker" | "taker", { holdsEvent }: Scope): Comparison {
  return {
    rule: `a trade is what its ${liquidity} was told`,
    table: "trades",
    key: { asset: "coalesce(t.asset, r.asset)", trade_id: "coalesce(t.trade_id, r.trade_id)" },
    source: "execution_reports",
    sourceKey: { account_id: "r.account_id", account_sequence: "r.account_sequence" },
    columns: {
      exists: ["t.trade_id is not null", "r.trade_id is not null"],
      event_sequence: ["t.event_sequence", "r.event_sequence"],
      [`${liquidity}_order_id`]: [`t.${liquidity}_order_id`, "r.order_id"],
      [`${liquidity}_account_id`]: [`t.${liquidity}_account_id`, "r.account_id"],
      price_ticks: ["t.price_ticks", "r.last_price_ticks"],
      quantity_lots: ["t.quantity_lots", "r.last_quantity_lots"],
      [`${liquidity}_fee_units`]: [`t.${liquidity}_fee_units`, "r.fee_units"],
      taker_side: [
        "t.taker_side",
        liquidity === "taker" ? "r.side" : "case r.side when 'buy' then 'sell' else 'buy' end",
      ],
      executed_at_us: ["t.executed_at_us", "r.matched_at_us"],
    },
    from: `(select * from trades t where ${holdsEvent("t.asset", "t.event_sequence")}) t full join
      (select * from execution_reports r where event = 'trade' and liquidity = '${liquidity}'
         and ${holdsEvent("r.asset", "r.event_sequence")}) r
      on r.asset = t.asset and r.trade_id = t.trade_id`,
  };
}

export const tradeRules = (scope: Scope): readonly Comparison[] => [
  fillOf("maker", scope),
  fillOf("taker", scope),
  {
    rule: "a report says of a fill what it must, and of anything else nothing",
    table: "execution_reports",
    key: { account_id: "r.account_id", account_sequence: "r.account_sequence" },
    source: "its event",
    sourceKey: { event: "r.event" },
    columns: {
      trade_id: ["r.trade_id is not null", "r.event = 'trade'"],
      last_price_ticks: ["r.last_price_ticks is not null", "r.event = 'trade'"],
      last_quantity_lots: ["r.last_quantity_lots is not null", "r.event = 'trade'"],
      liquidity: ["r.liquidity is not null", "r.event = 'trade'"],
      "fee_units without a fill": ["r.fee_units is not null and r.event <> 'trade'", "false"],
    },
    from: "execution_reports r",
  },
  {
    rule: "an order's filled quantity is the sum of its trades",
    table: "orders",
    key: { asset: "o.asset", order_id: "o.order_id" },
    source: "trades",
    sourceKey: { asset: "o.asset", order_id: "o.order_id" },
    columns: { filled_lots: ["o.filled_lots", "coalesce(f.lots, 0)"] },
    from: `orders o left join
      (select asset, order_id, sum(quantity_lots) as lots from
        (select asset, maker_order_id as order_id, quantity_lots from trades
         union all select asset, taker_order_id, quantity_lots from trades) s group by asset, order_id) f
      on f.asset = o.asset and f.order_id = o.order_id`,
  },
  {
    rule: "trade ids have no gap, and go with the events",
    table: "trades",
    key: tradeKey,
    source: "trades",
    sourceKey: { asset: "t.asset", trade_id: "t.trade_id - 1" },
    columns: {
      trade_id: ["t.trade_id", "t.before + 1"],
      "comes after the one before": ["t.event_sequence > t.event_before", "true"],
    },
    from: `${scope.tradesInTurn} t`,
  },
];

export const sequenceRules = (scope: Scope): readonly Comparison[] => [
  {
    rule: "an account's reports have no gap",
    table: "execution_reports",
    key: { account_id: "r.account_id", account_sequence: "r.account_sequence" },
    source: "execution_reports",
    sourceKey: { account_id: "r.account_id", account_sequence: "r.account_sequence - 1" },
    columns: { account_sequence: ["r.account_sequence", "r.before + 1"] },
    from: `${scope.reportsInTurn} r`,
  },
  {
    rule: "an account's sequence stands at its last report",
    table: "account_sequences",
    key: { account_id: "coalesce(s.account_id, r.account_id)" },
    source: "execution_reports",
    sourceKey: { account_id: "r.account_id", account_sequence: "r.last_sequence" },
    columns: { last_sequence: ["coalesce(s.last_sequence, 0)", "coalesce(r.last_sequence, 0)"] },
    from: `${scope.accountSequences} s full join ${scope.lastReports} r on r.account_id = s.account_id`,
  },
];
