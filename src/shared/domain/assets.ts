import { readFileSync } from "node:fs";
import * as v from "valibot";
import { type ASSET, FILE } from "./assets-schema.js";
import { type DecimalStep, formatDecimal, parseDecimal } from "./decimal.js";
import { AssetNotKnownYet, ConfigurationError, invariant } from "./errors.js";
import { type FeeRates, type MarketRules, RULES_VERSION, type RulesInForce } from "./messages.js";
import { type PriceTicks, priceTicks } from "./units.js";

/** A traded asset with the worth of its tick and lot. The first ones are in the assets file; operators create more while all runs. */
export interface Asset {
  readonly asset: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly tick: DecimalStep;
  readonly lot: DecimalStep;
  /** The smallest units of the base and the quote currency, for amounts as decimal text. */
  readonly baseUnit: DecimalStep;
  readonly quoteUnit: DecimalStep;
  /** Quote units that one lot costs at a price of one tick: notional = ticks * lots * this, exactly. */
  readonly quoteUnitsPerTickLot: number;
  /** Base units in one lot. */
  readonly baseUnitsPerLot: number;
  /** Limits of an order's quantity. */
  readonly quantityMinLots: number;
  readonly quantityMaxLots: number;
  /** Limits of an order's price times quantity, in quote units, or of its quote budget. */
  readonly notionalMinUnits: number;
  readonly notionalMaxUnits: number;
  /** The fees of new orders; an order keeps those that it came in with. */
  readonly feeRates: FeeRates;
  /** The price that others are measured by until the asset has traded; null: none. */
  readonly referencePriceTicks: PriceTicks | null;
  /** How far from the last trade or the reference a price may be; null: any distance. */
  readonly priceCollarPercent: number | null;
  /** The rules for its engine. If others are in force, order-processing sends them as a command. */
  readonly rules: MarketRules;
}

export interface Currency {
  readonly currency: string;
  readonly decimals: number;
  readonly kind: "fiat" | "stable" | "crypto";
}

export interface AssetRegistry {
  /** Limit of an account's open orders that hold the same currency. */
  readonly openOrdersPerAccountMax: number;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly currencies: ReadonlyMap<string, Currency>;
}

/** The assets that a process knows. Operators may create more while it runs; none of them changes its size, and none goes. */
export class GrowingRegistry implements AssetRegistry {
  readonly openOrdersPerAccountMax: number;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly currencies: ReadonlyMap<string, Currency>;
  readonly #assets: Map<string, Asset>;
  readonly #currencies: Map<string, Currency>;
  readonly #listeners: ((asset: Asset) => void)[] = [];

  constructor({ openOrdersPerAccountMax, assets, currencies }: AssetRegistry) {
    this.openOrdersPerAccountMax = openOrdersPerAccountMax;
    this.#assets = new Map(assets);
    this.#currencies = new Map(currencies);
    this.assets = this.#assets;
    this.currencies = this.#currencies;
  }

  /** Calls the listener with each asset that is new from now on, in the step that takes it up. */
  onNew(listener: (asset: Asset) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Takes up what is new. What is known keeps its fees and limits. Throws an InvariantBroken, and takes up nothing, where an asset
   * that is known is of another size, or a currency has other decimals: amounts are counted in them.
   */
  takeUp({ assets, currencies }: Pick<AssetRegistry, "assets" | "currencies">): void {
    for (const { currency, decimals } of currencies.values()) {
      const known = this.#currencies.get(currency)?.decimals ?? decimals;
      invariant(known === decimals, `${currency} has ${known} decimals here, and ${decimals} where it was created`);
    }
    for (const [name, asset] of assets) {
      const known = this.#assets.get(name) ?? asset;
      invariant(isSameSize(known, asset), `${name} is of another size here than where it was created`);
    }
    for (const [name, currency] of currencies) if (!this.#currencies.has(name)) this.#currencies.set(name, currency);
    for (const [name, asset] of assets) {
      if (this.#assets.has(name)) continue;
      this.#assets.set(name, asset);
      for (const listener of this.#listeners) listener(asset);
    }
  }
}

function isSameSize(a: Asset, b: Asset): boolean {
  return sizeOf(a.tick) === sizeOf(b.tick) && sizeOf(a.lot) === sizeOf(b.lot);
}

/** In units of 10^-15, the smallest step there is: 0.01 and 0.010 are the same. */
function sizeOf({ scale, units }: DecimalStep): bigint {
  return BigInt(units) * 10n ** BigInt(15 - scale);
}

/** The asset of a row that was read. Throws AssetNotKnownYet. */
export function storedAsset(assets: ReadonlyMap<string, Asset>, name: string): Asset {
  const asset = assets.get(name);
  if (asset === undefined)
    throw new AssetNotKnownYet(`asset ${name} is stored and not known here: ask again in a second`);
  return asset;
}

/** The rules of an asset, for this build. Throws an InvariantBroken if the assets file lacks the asset. */
export function configuredRules({ assets }: AssetRegistry, asset: string): RulesInForce {
  const rules = assets.get(asset)?.rules;
  invariant(rules !== undefined, `${asset} is not among the assets`);
  return { ...rules, version: RULES_VERSION };
}

export function loadAssets(file: string): GrowingRegistry {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ConfigurationError(`the assets file ${file} cannot be read as JSON; see config/assets.json`, { cause });
  }
  return parseAssets(json);
}

/** Parses an assets file. Throws a ConfigurationError that lists every problem with its asset or currency and field. */
export function parseAssets(json: unknown): GrowingRegistry {
  const read = readAssets(json);
  if ("problems" in read) throw new ConfigurationError(`the assets file: ${read.problems.join("; ")}`);
  return new GrowingRegistry(read);
}

/** Reads what an assets file may say, by the rules for it. */
export function readAssets(json: unknown): AssetRegistry | { readonly problems: readonly string[] } {
  const { success, output, issues } = v.safeParse(FILE, json);
  if (!success) return { problems: issues.map(problemText) };
  const currencies = new Map<string, Currency>(
    Object.entries(output.currencies).map(([currency, value]) => [currency, { currency, ...value }]),
  );
  const assets = new Map<string, Asset>();
  const problems: string[] = [];
  for (const value of output.assets) {
    const problem = (text: string) => problems.push(`asset ${value.asset}: ${text}`);
    if (assets.has(value.asset)) problem("is listed twice");
    const asset = assetOf(value, currencies, problem);
    if (asset !== null) assets.set(value.asset, asset);
  }
  return problems.length > 0
    ? { problems }
    : { assets, currencies, openOrdersPerAccountMax: output.openOrdersPerAccountMax };
}

/** A problem as text, such as "asset BTC-USD: tickSize must be decimal text". */
function problemText({ path, message }: v.BaseIssue<unknown>): string {
  const [room, place, field] = path ?? [];
  if (place === undefined) return `${String(room?.key ?? "it")} ${message}`;
  const asset = (place.value as { readonly asset?: unknown } | null)?.asset ?? `at place ${Number(place.key) + 1}`;
  const owner = room?.key === "assets" ? `asset ${asset}` : `currency ${String(place.key)}`;
  return `${owner}: ${String(field?.key ?? "it")} ${message}`;
}

/** Null: the value has a problem. */
function assetOf(
  value: v.InferOutput<typeof ASSET>,
  currencies: ReadonlyMap<string, Currency>,
  problem: (text: string) => void,
): Asset | null {
  const [base = "", quote = ""] = value.asset.split("-");
  const [baseCurrency, quoteCurrency] = [currencies.get(base), currencies.get(quote)];
  if (baseCurrency === undefined || quoteCurrency === undefined) {
    problem(`both ${base} and ${quote} must be listed under currencies`);
    return null;
  }
  const [tick, lot] = [value.tickSize.step, value.lotSize.step];
  const money = { scale: quoteCurrency.decimals, units: 1 };
  const decimal = (field: keyof typeof value & `${"min" | "max" | "reference"}${string}`, step: DecimalStep) => {
    const text = value[field];
    if (text === undefined) return null;
    const parsed = parseDecimal(text, step);
    if (typeof parsed === "number") return parsed;
    problem(`${field} must be a multiple of ${formatDecimal(1, step)} above zero, as decimal text`);
    return null;
  };
  const units = (what: string, step: DecimalStep, { currency, decimals }: Currency) => {
    if (step.scale > decimals)
      problem(
        `one ${what} is not a whole number of ${currency} units; give ${currency} at least ${step.scale} decimals`,
      );
    return step.units * 10 ** (decimals - step.scale);
  };
  const tickLot = { scale: tick.scale + lot.scale, units: tick.units * lot.units };
  const referencePrice = decimal("referencePrice", tick);
  return Object.freeze({
    asset: value.asset,
    base,
    quote,
    tickSize: value.tickSize.text,
    lotSize: value.lotSize.text,
    tick,
    lot,
    baseUnit: { scale: baseCurrency.decimals, units: 1 },
    quoteUnit: money,
    quoteUnitsPerTickLot: units("tick * lot", tickLot, quoteCurrency),
    baseUnitsPerLot: units("lot", lot, baseCurrency),
    quantityMinLots: decimal("minQuantity", lot) ?? 1,
    quantityMaxLots: decimal("maxQuantity", lot) ?? Number.MAX_SAFE_INTEGER,
    notionalMinUnits: decimal("minNotional", money) ?? 1,
    notionalMaxUnits: decimal("maxNotional", money) ?? Number.MAX_SAFE_INTEGER,
    feeRates: { makerBps: value.makerFeeBps, takerBps: value.takerFeeBps },
    referencePriceTicks: referencePrice === null ? null : priceTicks(referencePrice),
    priceCollarPercent: value.priceCollarPercent ?? null,
    rules: {
      allowSelfTrade: value.allowSelfTrade,
      openOrdersMax: value.openOrdersMax,
      displaySlicesMax: value.displaySlicesMax,
      eventsPerCommandMax: value.eventsPerCommandMax,
    },
  });
}
