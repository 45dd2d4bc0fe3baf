import { readFileSync } from "node:fs";
import * as v from "valibot";
import { type DecimalStep, decimalStep, formatDecimal, parseDecimal } from "./decimal.js";
import { ConfigurationError, invariant } from "./errors.js";
import { DEFAULT_RULES, type FeeRates, type MarketRules, RULES_VERSION, type RulesInForce } from "./messages.js";
import { type PriceTicks, priceTicks } from "./units.js";

/** A traded asset with the worth of its tick and lot. Assets are read once, from the assets file. */
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

/** The highest fee: ten percent. */
const FEE_BPS_MAX = 1_000;

const fieldRule = ({ expected, input }: v.StrictObjectIssue) =>
  expected === "never" ? "is not known here" : input === undefined ? "is missing" : "must be a JSON object";

/** A whole number whose error is the given sentence. */
function whole(min: number, max: number, rule: string) {
  return v.pipe(v.number(rule), v.safeInteger(rule), v.minValue(min, rule), v.maxValue(max, rule));
}

const COUNT = whole(1, Number.MAX_SAFE_INTEGER, "must be a positive whole number");
const FEE_BPS = whole(-FEE_BPS_MAX, FEE_BPS_MAX, `must be a whole number from -${FEE_BPS_MAX} to ${FEE_BPS_MAX}`);
const NAME_RULE = "must be BASE-QUOTE, such as BTC-USD";

/** Decimal text, or a number that stands for it. */
const DECIMAL = v.pipe(v.union([v.string(), v.number()], "must be decimal text"), v.transform(String));
const STEP = v.pipe(
  DECIMAL,
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return { text: dataset.value, step: decimalStep(dataset.value) };
    } catch (error) {
      addIssue({ message: `can't be: ${(error as Error).message}` });
      return NEVER;
    }
  }),
);

const CURRENCY = v.strictObject(
  {
    decimals: whole(0, 12, "must be a whole number from 0 to 12"),
    kind: v.picklist(["fiat", "stable", "crypto"], "must be fiat, stable or crypto"),
  },
  fieldRule,
);

const ASSET = v.pipe(
  v.strictObject(
    {
      asset: v.pipe(v.string(NAME_RULE), v.regex(/^[A-Z0-9]{1,12}-[A-Z0-9]{1,12}$/, NAME_RULE)),
      tickSize: STEP,
      lotSize: STEP,
      minQuantity: v.optional(DECIMAL),
      maxQuantity: v.optional(DECIMAL),
      minNotional: v.optional(DECIMAL),
      maxNotional: v.optional(DECIMAL),
      makerFeeBps: v.optional(FEE_BPS, 0),
      takerFeeBps: v.optional(FEE_BPS, 0),
      referencePrice: v.optional(DECIMAL),
      priceCollarPercent: v.optional(COUNT),
      allowSelfTrade: v.optional(v.boolean("must be true or false"), DEFAULT_RULES.allowSelfTrade),
      openOrdersMax: v.optional(COUNT, DEFAULT_RULES.openOrdersMax),
      displaySlicesMax: v.optional(COUNT, DEFAULT_RULES.displaySlicesMax),
      eventsPerCommandMax: v.optional(COUNT, DEFAULT_RULES.eventsPerCommandMax),
    },
    fieldRule,
  ),
  // The two fees together must not cost the exchange money.
  v.check(
    ({ makerFeeBps, takerFeeBps }) => makerFeeBps + takerFeeBps >= 0,
    "has a maker's rebate above the taker's fee",
  ),
);

const FILE = v.strictObject(
  {
    currencies: v.record(v.string(), CURRENCY),
    assets: v.array(ASSET, "must be a list"),
    openOrdersPerAccountMax: v.optional(COUNT, 200_000),
  },
  fieldRule,
);

/** The rules of an asset, for this build. Throws an InvariantBroken if the assets file lacks the asset. */
export function configuredRules({ assets }: AssetRegistry, asset: string): RulesInForce {
  const rules = assets.get(asset)?.rules;
  invariant(rules !== undefined, `${asset} is not among the assets`);
  return { ...rules, version: RULES_VERSION };
}

export function loadAssets(file: string): AssetRegistry {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ConfigurationError(`the assets file ${file} cannot be read as JSON; see config/assets.json`, { cause });
  }
  return parseAssets(json);
}

/** Parses an assets file. Throws a ConfigurationError that lists every problem with its asset or currency and field. */
export function parseAssets(json: unknown): AssetRegistry {
  const { success, output, issues } = v.safeParse(FILE, json);
  if (!success) throw new ConfigurationError(`the assets file: ${issues.map(problemText).join("; ")}`);
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
  if (problems.length > 0) throw new ConfigurationError(`the assets file: ${problems.join("; ")}`);
  return { assets, currencies, openOrdersPerAccountMax: output.openOrdersPerAccountMax };
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
