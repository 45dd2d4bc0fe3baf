/** What is traded, as `exchangeInfo` says it. What we don't have is left out, so that clients refuse it before they send it. Pure. */
import type { Asset, AssetRegistry } from "../../shared/domain/assets.js";
import { type DecimalStep, formatDecimal } from "../../shared/domain/decimal.js";
import type { AssetState } from "../../shared/domain/messages.js";
import { STP_MODES } from "./order-words.js";
import { symbolOf } from "./symbols.js";
import { WEIGHT_PER_MINUTE_MAX } from "./weights.js";

const ORDER_TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"];

export const RATE_LIMIT = {
  rateLimitType: "REQUEST_WEIGHT",
  interval: "MINUTE",
  intervalNum: 1,
  limit: WEIGHT_PER_MINUTE_MAX,
};

export function exchangeInfo(
  nowMs: number,
  assets: Iterable<Asset>,
  { currencies, openOrdersPerAccountMax }: AssetRegistry,
  stateOf: (asset: string) => AssetState,
): object {
  const symbols = [...assets].map((asset) =>
    symbolInfo(asset, currencies, openOrdersPerAccountMax, stateOf(asset.asset)),
  );
  return { timezone: "UTC", serverTime: nowMs, rateLimits: [RATE_LIMIT], exchangeFilters: [], symbols };
}

const STATUS: Readonly<Record<AssetState, string>> = {
  open: "TRADING",
  cancel_only: "BREAK",
  halted: "HALT",
  auction: "AUCTION_MATCH",
};

function symbolInfo(
  asset: Asset,
  currencies: AssetRegistry["currencies"],
  openOrdersMax: number,
  state: AssetState,
): object {
  const decimals = (currency: string) => currencies.get(currency)?.decimals ?? 8;
  const modes = Object.keys(STP_MODES).filter((mode) => mode !== "NONE" || asset.rules.allowSelfTrade);
  return {
    symbol: symbolOf(asset),
    status: STATUS[state],
    baseAsset: asset.base,
    baseAssetPrecision: decimals(asset.base),
    quoteAsset: asset.quote,
    quotePrecision: decimals(asset.quote),
    quoteAssetPrecision: decimals(asset.quote),
    baseCommissionPrecision: decimals(asset.base),
    quoteCommissionPrecision: decimals(asset.quote),
    orderTypes: ORDER_TYPES,
    icebergAllowed: true,
    ocoAllowed: false,
    otoAllowed: false,
    opoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: false,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    pegInstructionsAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filters(asset, openOrdersMax),
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: "EXPIRE_TAKER",
    allowedSelfTradePreventionModes: modes,
  };
}

function filters(asset: Asset, openOrdersMax: number): object[] {
  const { tick, lot, quoteUnit, priceCollarPercent: percent } = asset;
  const most = (limit: number, step: DecimalStep) => formatDecimal(Math.min(limit, highestOf(step)), step);
  const notional = {
    filterType: "NOTIONAL",
    minNotional: formatDecimal(asset.notionalMinUnits, quoteUnit),
    applyMinToMarket: true,
    maxNotional: most(asset.notionalMaxUnits, quoteUnit),
    applyMaxToMarket: true,
    avgPriceMins: 0,
  };
  const collar = {
    filterType: "PERCENT_PRICE",
    multiplierUp: String(1 + (percent ?? 0) / 100),
    multiplierDown: String(Math.max(0, 1 - (percent ?? 0) / 100)),
    avgPriceMins: 0,
  };
  return [
    {
      filterType: "PRICE_FILTER",
      minPrice: formatDecimal(1, tick),
      maxPrice: most(Number.MAX_SAFE_INTEGER, tick),
      tickSize: formatDecimal(1, tick),
    },
    {
      filterType: "LOT_SIZE",
      minQty: formatDecimal(asset.quantityMinLots, lot),
      maxQty: most(asset.quantityMaxLots, lot),
      stepSize: formatDecimal(1, lot),
    },
    notional,
    ...(percent === null ? [] : [collar]),
    { filterType: "ICEBERG_PARTS", limit: asset.rules.displaySlicesMax },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: openOrdersMax },
  ];
}

/** The highest multiple that clients, who count in doubles, read and write as it is: 15 digits. */
function highestOf({ units }: DecimalStep): number {
  return Math.floor(999_999_999_999_999 / units);
}
