/** What the assets file may say, field by field: the rules that created assets are held to, too. */
import * as v from "valibot";
import { decimalStep } from "./decimal.js";
import { DEFAULT_RULES } from "./messages.js";

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

export const ASSET = v.pipe(
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

/** An asset as the assets file lists it. */
export type AssetTerms = v.InferInput<typeof ASSET>;

export const FILE = v.strictObject(
  {
    currencies: v.record(v.string(), CURRENCY),
    assets: v.array(ASSET, "must be a list"),
    openOrdersPerAccountMax: v.optional(COUNT, 200_000),
  },
  fieldRule,
);
