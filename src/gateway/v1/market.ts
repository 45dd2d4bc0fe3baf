/** What everybody may know of markets: mostly from memory, as the channels of the notifier have it. */
import { Type } from "@sinclair/typebox";
import type { FastifyReply } from "fastify";
import type { DepthSnapshot } from "../../shared/channels/depth-view.js";
import { CANDLE_INTERVALS_MS, type CandleInterval } from "../../shared/domain/candles.js";
import { refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayPlugin } from "../context.js";
import { EncodedAnswers } from "../http/encoded-answers.js";
import { assetNamed } from "../orders/order-body.js";
import { ASSET_PATH, DECIMAL, EPOCH_MS, EPOCH_US, limit, NEXT_SEQUENCE, orProblem, PLACE, query } from "./schemas.js";

const LEVELS_MAX = 1_000;
const TRADES_MAX = 1_000;
const CANDLES_MAX = 1_000;

const OR_NULL = Type.Unsafe<string | null>({ anyOf: [{ type: "string" }, { type: "null" }] });
const LEVELS = Type.Array(Type.Array(DECIMAL, { description: "price and quantity" }), { description: "best first" });

const DEPTH = Type.Object({
  asset: Type.String(),
  sequence: Type.Integer({ description: "the asset's event that it is as of" }),
  bids: LEVELS,
  asks: LEVELS,
  checksum: Type.Integer({ description: "CRC-32 of the best ten levels a side; docs/protocol.md says how" }),
});

const TRADE = Type.Object({
  tradeId: Type.Integer({ description: "gapless in the asset" }),
  price: DECIMAL,
  quantity: DECIMAL,
  takerSide: Type.Union([Type.Literal("buy"), Type.Literal("sell")]),
  executedAtUs: EPOCH_US,
});

const TICKER = Type.Object({
  asset: Type.String(),
  last: OR_NULL,
  bestBid: OR_NULL,
  bestBidQuantity: OR_NULL,
  bestAsk: OR_NULL,
  bestAskQuantity: OR_NULL,
  open: OR_NULL,
  high: OR_NULL,
  low: OR_NULL,
  volume: DECIMAL,
  quoteVolume: DECIMAL,
  tradeCount: Type.Integer(),
});

const CANDLE = Type.Object({
  openAtMs: EPOCH_MS,
  open: DECIMAL,
  high: DECIMAL,
  low: DECIMAL,
  close: DECIMAL,
  volume: DECIMAL,
  quoteVolume: DECIMAL,
  tradeCount: Type.Integer(),
  closed: Type.Boolean(),
});

const STATUS = Type.Object({
  asset: Type.String(),
  state: Type.String({ description: "open, cancel_only, halted or auction" }),
  sinceUs: Type.Unsafe<number | null>({ anyOf: [{ type: "integer" }, { type: "null" }] }),
  madeBy: OR_NULL,
  why: OR_NULL,
});

const INTERVALS = Object.keys(CANDLE_INTERVALS_MS) as CandleInterval[];
const NOT_KNOWN = refuse("UNAVAILABLE", "the book is not known yet; try again in a few seconds");
const tags = ["market"];

export const market: GatewayPlugin = (server, { market, registry }) => {
  const depths = new EncodedAnswers<DepthSnapshot>();
  server.get(
    "/v1/depth/:asset",
    {
      schema: {
        tags,
        summary: "The best levels of an asset's book",
        params: ASSET_PATH,
        querystring: query({ levels: Type.Optional(Type.Integer({ minimum: 1, maximum: LEVELS_MAX, default: 100 })) }),
        response: { 200: DEPTH },
      },
    },
    ({ params, query: { levels = 100 } }, reply) => {
      const asset = assetNamed(registry, params.asset).asset;
      const snapshot = market.depth(asset, levels);
      if (snapshot === null) throw new Problem(NOT_KNOWN);
      depths.send(reply as unknown as FastifyReply, snapshot, () => ({ asset, ...snapshot }));
    },
  );

  server.get(
    "/v1/trades/:asset",
    {
      schema: {
        tags,
        summary: "An asset's trades, oldest first: the newest, or those before or after one",
        params: ASSET_PATH,
        querystring: query({
          before: PLACE("trades with lower ids; what an answer has as next gives the page before it"),
          after: PLACE("trades with higher ids"),
          limit: limit(TRADES_MAX, 50),
        }),
        response: { 200: Type.Object({ asset: Type.String(), trades: Type.Array(TRADE), next: NEXT_SEQUENCE }) },
      },
    },
    async ({ params, query: { before, after, limit = 50 } }) => {
      const asset = assetNamed(registry, params.asset).asset;
      const trades = orProblem(await market.trades(asset, { before, after: onlyOne(before, after), limit }));
      const first = trades[0]?.tradeId ?? 1;
      return { asset, trades, ...(after === undefined && first > 1 && { next: first }) };
    },
  );

  server.get(
    "/v1/ticker",
    {
      schema: {
        tags,
        summary: "Every asset's ticker",
        response: { 200: Type.Object({ tickers: Type.Array(TICKER) }) },
      },
    },
    () => ({ tickers: [...registry.assets.keys()].flatMap((asset) => market.ticker(asset) ?? []) }),
  );

  server.get(
    "/v1/ticker/:asset",
    {
      schema: {
        tags,
        summary: "Last price, best bid and ask, and the last 24 hours",
        params: ASSET_PATH,
        response: { 200: TICKER },
      },
    },
    ({ params }) => {
      const ticker = market.ticker(assetNamed(registry, params.asset).asset);
      if (ticker === null) throw new Problem(NOT_KNOWN);
      return ticker;
    },
  );

  server.get(
    "/v1/candles/:asset",
    {
      schema: {
        tags,
        summary: "Candles, oldest first and without gaps, the open one included",
        params: ASSET_PATH,
        querystring: query({
          interval: Type.Unsafe<CandleInterval>({ type: "string", enum: INTERVALS }),
          before: PLACE(
            "candles that open earlier, in milliseconds since the epoch; an answer's next gives older ones",
          ),
          after: PLACE("candles that open later, in milliseconds since the epoch"),
          limit: limit(CANDLES_MAX, 500),
        }),
        response: {
          200: Type.Object({
            asset: Type.String(),
            interval: Type.String(),
            candles: Type.Array(CANDLE),
            next: NEXT_SEQUENCE,
          }),
        },
      },
    },
    async ({ params, query: { interval, before, after, limit = 500 } }) => {
      const asset = assetNamed(registry, params.asset).asset;
      const page = { before, after: onlyOne(before, after), limit };
      const { candles, hasEarlier } = orProblem(await market.candles(asset, interval, page));
      const next = candles[0]?.openAtMs;
      return {
        asset,
        interval,
        candles: [...candles],
        ...(after === undefined && hasEarlier && next !== undefined && { next }),
      };
    },
  );

  server.get(
    "/v1/status",
    {
      schema: {
        tags,
        summary: "Every asset's state: whether it takes orders, since when and why",
        response: { 200: Type.Object({ statuses: Type.Array(STATUS) }) },
      },
    },
    () => ({ statuses: [...market.states()] }),
  );
};

function onlyOne(before: number | undefined, after: number | undefined): number | undefined {
  if (before === undefined || after === undefined) return after;
  const text = "before and after exclude each other: give one of them";
  throw new Problem(refuse("UNSUPPORTED_COMBINATION", text), { field: "after", value: after });
}
