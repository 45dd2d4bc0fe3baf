import { type Static, Type } from "@sinclair/typebox";
import type { Asset } from "../../shared/domain/assets.js";
import { formatDecimal } from "../../shared/domain/decimal.js";
import type { GatewayPlugin } from "../context.js";

const DECIMAL = Type.String({ description: "decimal text" });
const OR_NULL = { anyOf: [{ type: "string" }, { type: "null" }] };

const ASSET = Type.Object({
  asset: Type.String(),
  base: Type.String(),
  quote: Type.String(),
  /** Prices are whole multiples of it, quantities of the lot. */
  tickSize: DECIMAL,
  lotSize: DECIMAL,
  minQuantity: DECIMAL,
  maxQuantity: DECIMAL,
  minNotional: DECIMAL,
  maxNotional: DECIMAL,
  makerFeeBps: Type.Integer(),
  takerFeeBps: Type.Integer(),
  priceCollarPercent: Type.Unsafe<number | null>({ anyOf: [{ type: "integer" }, { type: "null" }] }),
  referencePrice: Type.Unsafe<string | null>(OR_NULL),
});

const ASSETS = Type.Object({
  assets: Type.Array(ASSET),
  currencies: Type.Array(Type.Object({ currency: Type.String(), decimals: Type.Integer(), kind: Type.String() })),
});

/** What is traded, with the bounds of an order: there may be more of it each time one asks. */
export const assets: GatewayPlugin = (server, { registry }) => {
  server.get(
    "/v1/assets",
    { schema: { summary: "What is traded", response: { 200: ASSETS } } },
    (): Static<typeof ASSETS> => ({
      assets: [...registry.assets.values()].map(assetJson),
      currencies: [...registry.currencies.values()],
    }),
  );
};

function assetJson(asset: Asset): Static<typeof ASSET> {
  const { tick, lot, quoteUnit, referencePriceTicks } = asset;
  return {
    asset: asset.asset,
    base: asset.base,
    quote: asset.quote,
    tickSize: asset.tickSize,
    lotSize: asset.lotSize,
    minQuantity: formatDecimal(asset.quantityMinLots, lot),
    maxQuantity: formatDecimal(asset.quantityMaxLots, lot),
    minNotional: formatDecimal(asset.notionalMinUnits, quoteUnit),
    maxNotional: formatDecimal(asset.notionalMaxUnits, quoteUnit),
    makerFeeBps: asset.feeRates.makerBps,
    takerFeeBps: asset.feeRates.takerBps,
    priceCollarPercent: asset.priceCollarPercent,
    referencePrice: referencePriceTicks === null ? null : formatDecimal(referencePriceTicks, tick),
  };
}
