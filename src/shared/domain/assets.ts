import { readFileSync } from "node:fs";
import { type DecimalStep, decimalStep, formatDecimal, parseDecimal } from "./decimal.js";
import { ConfigurationError } from "./errors.js";
import type { FeeRates } from "./messages.js";
import { type PriceTicks, priceTicks } from "./units.js";

/** What is traded, and how much one tick and one lot of it are worth. Read once from the assets file. */
export interface Asset {
  readonly asset: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly tick: DecimalStep;
  readonly lot: DecimalStep;
  /** One unit of the base and of the quote currency, for amounts as decimal text. */
  readonly baseUnit: DecimalStep;
  readonly quoteUnit: DecimalStep;
  /** Quote units that one lot costs at a price of one tick: notional = ticks * lots * this, exactly. */
  readonly quoteUnitsPerTickLot: number;
  /** Base units in one lot. */
  readonly baseUnitsPerLot: number;
  /** What one order may ask for. */
  readonly quantityMinLots: number;
  readonly quantityMaxLots: number;
  /** An order's price times quantity, in quote units, or its quote budget. */
  readonly notionalMinUnits: number;
  readonly notionalMaxUnits: number;
  /** Of new orders; an order keeps what it came in with. */
  readonly feeRates: FeeRates;
  /** What a price is measured by until the asset has traded; null: by nothing. */
  readonly referencePriceTicks: PriceTicks | null;
  /** How far from the last trade, or from the reference, a price may be; null: as far as it likes. */
  readonly priceCollarPercent: number | null;
  readonly allowSelfTrade: boolean;
  /** Orders that may rest or wait for a trigger at the same time. */
  readonly openOrdersMax: number;
  /** Slices that an iceberg may come to: its quantity divided by what it shows. */
  readonly displaySlicesMax: number;
  /** Events that one command may make before what is left of its order is canceled. */
  readonly eventsPerCommandMax: number;
}

export interface Currency {
  readonly currency: string;
  readonly decimals: number;
  readonly kind: "fiat" | "stable" | "crypto";
}

export interface AssetRegistry {
  /** An account's open orders that hold the same currency. */
  readonly openOrdersPerAccountMax: number;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly currencies: ReadonlyMap<string, Currency>;
}

/** Of an asset that says nothing else. */
export const DISPLAY_SLICES_MAX = 1_000;
export const EVENTS_PER_COMMAND_MAX = 100_000;

const ASSET_NAME = /^[A-Z0-9]{1,12}-[A-Z0-9]{1,12}$/;

export function loadAssets(file: string): AssetRegistry {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ConfigurationError(`the assets file ${file} cannot be read as JSON; see config/assets.json`, { cause });
  }
  return parseAssets(json);
}

/** Throws a ConfigurationError that names the asset and the rule. */
export function parseAssets(json: unknown): AssetRegistry {
  const root = asRecord(json, "the assets file");
  const currencies = new Map<string, Currency>();
  for (const [currency, value] of Object.entries(asRecord(root["currencies"], "currencies"))) {
    const { decimals, kind } = asRecord(value, `currency ${currency}`);
    if (!Number.isInteger(decimals) || (decimals as number) < 0 || (decimals as number) > 12)
      throw new ConfigurationError(`currency ${currency}: decimals must be a whole number from 0 to 12`);
    if (kind !== "fiat" && kind !== "stable" && kind !== "crypto")
      throw new ConfigurationError(`currency ${currency}: kind must be fiat, stable or crypto`);
    currencies.set(currency, { currency, decimals: decimals as number, kind });
  }
  if (!Array.isArray(root["assets"])) throw new ConfigurationError(`the assets file needs a list "assets"`);
  const assets = new Map<string, Asset>();
  for (const value of root["assets"]) {
    const asset = parseAsset(asRecord(value, "an asset"), currencies);
    if (assets.has(asset.asset)) throw new ConfigurationError(`asset ${asset.asset} is listed twice`);
    assets.set(asset.asset, asset);
  }
  const openOrdersPerAccountMax = limit("all", "openOrdersPerAccountMax", root["openOrdersPerAccountMax"], 200_000);
  return { assets, currencies, openOrdersPerAccountMax };
}

function parseAsset(value: Record<string, unknown>, currencies: ReadonlyMap<string, Currency>): Asset {
  const name = value["asset"];
  if (typeof name !== "string" || !ASSET_NAME.test(name))
    throw new ConfigurationError(`asset ${JSON.stringify(name)}: the name must be BASE-QUOTE, such as BTC-USD`);
  const [base, quote] = name.split("-") as [string, string];
  const baseCurrency = currencies.get(base);
  const quoteCurrency = currencies.get(quote);
  if (baseCurrency === undefined || quoteCurrency === undefined)
    throw new ConfigurationError(`asset ${name}: both ${base} and ${quote} must be listed under currencies`);
  const tickSize = String(value["tickSize"]);
  const lotSize = String(value["lotSize"]);
  const tick = decimalStep(tickSize);
  const lot = decimalStep(lotSize);
  const money = { scale: quoteCurrency.decimals, units: 1 };
  const decimal = (field: string, step: DecimalStep, fallback: number) =>
    value[field] === undefined ? fallback : wholeSteps(name, field, value[field], step);
  return Object.freeze({
    asset: name,
    base,
    quote,
    tickSize,
    lotSize,
    tick,
    lot,
    baseUnit: { scale: baseCurrency.decimals, units: 1 },
    quoteUnit: money,
    quoteUnitsPerTickLot: wholeUnits(name, "tick * lot", tick.units * lot.units, tick.scale + lot.scale, quoteCurrency),
    baseUnitsPerLot: wholeUnits(name, "lot", lot.units, lot.scale, baseCurrency),
    quantityMinLots: decimal("minQuantity", lot, 1),
    quantityMaxLots: decimal("maxQuantity", lot, Number.MAX_SAFE_INTEGER),
    notionalMinUnits: decimal("minNotional", money, 1),
    notionalMaxUnits: decimal("maxNotional", money, Number.MAX_SAFE_INTEGER),
    feeRates: feeRates(name, value),
    referencePriceTicks:
      value["referencePrice"] === undefined ? null : priceTicks(decimal("referencePrice", tick, Number.NaN)),
    priceCollarPercent:
      value["priceCollarPercent"] === undefined
        ? null
        : limit(name, "priceCollarPercent", value["priceCollarPercent"], 0),
    allowSelfTrade: value["allowSelfTrade"] === true,
    openOrdersMax: limit(name, "openOrdersMax", value["openOrdersMax"], 1_000_000),
    displaySlicesMax: limit(name, "displaySlicesMax", value["displaySlicesMax"], DISPLAY_SLICES_MAX),
    eventsPerCommandMax: limit(name, "eventsPerCommandMax", value["eventsPerCommandMax"], EVENTS_PER_COMMAND_MAX),
  });
}

function wholeUnits(asset: string, what: string, units: number, scale: number, currency: Currency): number {
  if (scale > currency.decimals)
    throw new ConfigurationError(
      `asset ${asset}: one ${what} is not a whole number of ${currency.currency} units; give ${currency.currency} at least ${scale} decimals`,
    );
  return units * 10 ** (currency.decimals - scale);
}

/** Decimal text, or a number that says the same. */
function wholeSteps(asset: string, field: string, value: unknown, step: DecimalStep): number {
  const parsed = parseDecimal(String(value), step);
  if (typeof parsed === "number") return parsed;
  const size = formatDecimal(1, step);
  throw new ConfigurationError(`asset ${asset}: ${field} must be a multiple of ${size} above zero, as decimal text`);
}

/** Together they may not cost the exchange more than it earns. */
function feeRates(asset: string, value: Record<string, unknown>): FeeRates {
  const { makerFeeBps: makerBps = 0, takerFeeBps: takerBps = 0 } = value;
  for (const bps of [makerBps, takerBps])
    if (!Number.isSafeInteger(bps) || Math.abs(bps as number) > FEE_BPS_MAX)
      throw new ConfigurationError(
        `asset ${asset}: makerFeeBps and takerFeeBps must be whole numbers from -${FEE_BPS_MAX} to ${FEE_BPS_MAX}`,
      );
  const rates = { makerBps: makerBps as number, takerBps: takerBps as number };
  if (rates.makerBps + rates.takerBps < 0)
    throw new ConfigurationError(`asset ${asset}: a maker's rebate may not be above the taker's fee`);
  return rates;
}

/** Ten percent. */
const FEE_BPS_MAX = 1_000;

function limit(asset: string, name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw new ConfigurationError(`asset ${asset}: ${name} must be a positive whole number`);
  return value as number;
}

function asRecord(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigurationError(`${what} must be a JSON object`);
  return value as Record<string, unknown>;
}
