/** Bodies of orders as requests of the log: amounts are read exactly, and what is refused names its field. Pure. */
import { type Static, Type } from "@sinclair/typebox";
import type { Asset, AssetRegistry } from "../../shared/domain/assets.js";
import { formatDecimal } from "../../shared/domain/decimal.js";
import type { NewOrder, ReplaceOrder } from "../../shared/domain/messages.js";
import { isRefusal, type Refusal, type RejectName } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import { composeNewOrder, composeReplace, findAsset, type RequestRules } from "../../shared/requests/order-rules.js";
import { ValueReader } from "../../shared/requests/value-reader.js";

export const words = <Word extends string>(...all: readonly Word[]) => Type.Unsafe<Word>({ type: "string", enum: all });

/** Decimal text, or a JSON number: one that is not whole comes from the parser as its own text. */
export const AMOUNT = Type.Unsafe<string | number>({
  anyOf: [{ type: "string" }, { type: "integer" }],
  description: 'decimal text such as "0.5", or a number; exact, without an exponent',
});
const CLIENT_ORDER_ID = Type.String({
  pattern: "^[A-Za-z0-9_-]{1,36}$",
  description: "unique for ever, so that resending is safe",
});

export const NEW_ORDER = Type.Object(
  {
    asset: Type.String({ description: "such as BTC-USD" }),
    side: words("buy", "sell"),
    type: Type.Optional(words("limit", "market", "stop_limit", "stop_market")),
    quantity: Type.Optional(AMOUNT),
    price: Type.Optional(AMOUNT),
    stopPrice: Type.Optional(AMOUNT),
    displayQuantity: Type.Optional(AMOUNT),
    minimumQuantity: Type.Optional(AMOUNT),
    quoteBudget: Type.Optional(AMOUNT),
    timeInForce: Type.Optional(words("GTC", "IOC", "FOK", "GTD")),
    expiresAtMs: Type.Optional(Type.Integer({ description: "with GTD: milliseconds since the epoch" })),
    postOnly: Type.Optional(Type.Boolean()),
    selfTradePrevention: Type.Optional(words("cancel_newest", "cancel_oldest", "cancel_both", "decrement", "none")),
    clientOrderId: Type.Optional(CLIENT_ORDER_ID),
  },
  { additionalProperties: false },
);
export type NewOrderBody = Static<typeof NEW_ORDER>;

export const REPLACE = Type.Object(
  { quantity: AMOUNT, price: AMOUNT, clientOrderId: Type.Optional(CLIENT_ORDER_ID) },
  { additionalProperties: false },
);
export type ReplaceBody = Static<typeof REPLACE>;

/** Throws a Problem if it is not traded here. */
export function assetNamed(registry: AssetRegistry, name: string): Asset {
  const asset = findAsset(registry, name);
  if (!isRefusal(asset)) return asset;
  throw new Problem(asset, { field: "asset", value: name, allowed: [...registry.assets.keys()] });
}

/** `clientOrderId` where the body brings none. Throws a Problem. */
export function newOrderOf(
  asset: Asset,
  body: NewOrderBody,
  rules: RequestRules,
  clientOrderId: string | null,
): NewOrder {
  const values = new ValueReader(asset, rules);
  const terms = {
    clientOrderId: body.clientOrderId ?? clientOrderId,
    side: body.side,
    type: body.type ?? typeOf(body),
    timeInForce: body.timeInForce ?? null,
    quantityLots: values.quantity("quantity", textOf(body.quantity)),
    priceTicks: values.price("price", textOf(body.price)),
    stopPriceTicks: values.price("stop price", textOf(body.stopPrice)),
    displayLots: values.quantity("display quantity", textOf(body.displayQuantity)),
    minimumLots: values.quantity("minimum quantity", textOf(body.minimumQuantity)),
    quoteBudgetUnits: values.quoteAmount(textOf(body.quoteBudget)),
    expiresAtMs: body.expiresAtMs ?? null,
    postOnly: body.postOnly ?? false,
    selfTradePrevention: body.selfTradePrevention ?? null,
  };
  const order = values.refusal ?? composeNewOrder(asset, terms, rules);
  if (!isRefusal(order)) return order;
  throw problemOf(order, asset, { ...body, type: terms.type }, values.refused);
}

/** Throws a Problem. */
export function replaceOf(asset: Asset, orderId: number, body: ReplaceBody, rules: RequestRules): ReplaceOrder {
  const values = new ValueReader(asset, rules);
  const terms = {
    orderId,
    quantityLots: values.quantity("quantity", textOf(body.quantity)),
    priceTicks: values.price("price", textOf(body.price)),
    clientOrderId: body.clientOrderId ?? null,
  };
  const replace = values.refusal ?? composeReplace(asset, terms, rules);
  if (!isRefusal(replace)) return replace;
  throw problemOf(replace, asset, body, values.refused);
}

/** As in the text dialect: without a price it is a market order, with a stop price one that waits for it. */
function typeOf({ price, stopPrice }: NewOrderBody): NewOrder["type"] {
  if (price === undefined) return stopPrice === undefined ? "market" : "stop_market";
  return stopPrice === undefined ? "limit" : "stop_limit";
}

function textOf(amount: string | number | undefined): string | undefined {
  return amount === undefined ? undefined : String(amount);
}

/** Fields by what the reader of values calls them. */
const FIELDS: Readonly<Record<string, keyof NewOrderBody>> = {
  quantity: "quantity",
  price: "price",
  "stop price": "stopPrice",
  "display quantity": "displayQuantity",
  "minimum quantity": "minimumQuantity",
  "quote amount": "quoteBudget",
};

/** Fields by the reject, of what the values say together. */
const FIELD_OF: Partial<Record<RejectName, keyof NewOrderBody>> = {
  INVALID_QUANTITY: "quantity",
  INVALID_PRICE: "price",
  INVALID_CLIENT_ORDER_ID: "clientOrderId",
  INVALID_EXPIRY: "expiresAtMs",
};

function problemOf(refusal: Refusal, asset: Asset, body: Partial<NewOrderBody>, refused: string | null): Problem {
  const isStop = refusal.name === "INVALID_PRICE" && body.type === "stop_market";
  const field = refused === null ? (isStop ? "stopPrice" : FIELD_OF[refusal.name]) : FIELDS[refused];
  const value = field === undefined ? undefined : body[field];
  return new Problem(refusal, { field, value, allowed: allowedOf(refusal.name, asset) });
}

/** The bounds that the asset has for it. */
function allowedOf(name: RejectName, asset: Asset): unknown {
  const { tickSize, lotSize, lot, quoteUnit, quantityMinLots, quantityMaxLots } = asset;
  if (name === "INVALID_PRICE") return { step: tickSize };
  if (name === "INVALID_QUANTITY")
    return {
      step: lotSize,
      minimum: formatDecimal(quantityMinLots, lot),
      maximum: formatDecimal(quantityMaxLots, lot),
    };
  if (name !== "NOTIONAL_LIMIT") return undefined;
  const [minimum, maximum] = [asset.notionalMinUnits, asset.notionalMaxUnits];
  return { minimum: formatDecimal(minimum, quoteUnit), maximum: formatDecimal(maximum, quoteUnit) };
}
