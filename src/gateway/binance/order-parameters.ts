/** Parameters of orders, cancels and amendments as our requests. Pure: the rules of orders judge what comes of it. */
import type { Asset } from "../../shared/domain/assets.js";
import { type DecimalStep, parseDecimal } from "../../shared/domain/decimal.js";
import type { NewOrderFields } from "../../shared/requests/order-rules.js";
import { BinanceError } from "./errors.js";
import { STP_MODES, type StpMode } from "./order-words.js";
import type { Parameters } from "./parameters.js";

export type ResponseType = "ACK" | "RESULT" | "FULL";

export interface OrderAsked {
  readonly fields: NewOrderFields;
  readonly responseType: ResponseType;
}

/** An order by one of its ids; of both, the order id counts. */
export type OrderNamed =
  | { readonly orderId: number; readonly clientOrderId: null }
  | { readonly orderId: null; readonly clientOrderId: string };

const TYPES = ["LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT"] as const;
type Type = (typeof TYPES)[number];

/** What a type must have, and what it may have; all else that orders can have is not for it. */
const NEEDS: Readonly<Record<Type, readonly string[]>> = {
  LIMIT: ["timeInForce", "quantity", "price"],
  MARKET: [],
  LIMIT_MAKER: ["quantity", "price"],
  STOP_LOSS: ["quantity", "stopPrice"],
  STOP_LOSS_LIMIT: ["timeInForce", "quantity", "price", "stopPrice"],
};
const TAKES: Readonly<Record<Type, readonly string[]>> = {
  LIMIT: ["icebergQty"],
  MARKET: ["quantity", "quoteOrderQty"],
  LIMIT_MAKER: ["icebergQty"],
  STOP_LOSS: [],
  STOP_LOSS_LIMIT: ["icebergQty"],
};
const OPTIONAL = ["timeInForce", "quantity", "price", "stopPrice", "icebergQty", "quoteOrderQty"];

const OURS: Readonly<Record<Type, NewOrderFields["type"]>> = {
  LIMIT: "limit",
  MARKET: "market",
  LIMIT_MAKER: "limit",
  STOP_LOSS: "stop_market",
  STOP_LOSS_LIMIT: "stop_limit",
};

const CLIENT_ORDER_ID = /^[A-Za-z0-9_-]{1,36}$/;

/** Throws a BinanceError for what no order can have. `clientOrderId` is that of an order which the client does not name. */
export function readOrder(given: Parameters, asset: Asset, clientOrderId: string | null): OrderAsked {
  const side = given.word("side", ["BUY", "SELL"], () => new BinanceError(-1117, "Invalid side."));
  const type = given.word(
    "type",
    TYPES,
    () => new BinanceError(-1116, "Invalid orderType.", `taken are ${TYPES.join(", ")}`),
  );
  if (side === null) throw BinanceError.missing("side");
  if (type === null) throw BinanceError.missing("type");
  for (const name of NEEDS[type]) given.required(name);
  for (const name of OPTIONAL)
    if (given.text(name) !== null && ![...NEEDS[type], ...TAKES[type]].includes(name))
      throw BinanceError.notRequired(name);
  const budget = readAmount(given, "quoteOrderQty", asset.quoteUnit, "NOTIONAL");
  const quantityLots = readQuantity(given, "quantity", asset);
  refuseBudget(type, side, budget, quantityLots);
  const timeInForce = given.word(
    "timeInForce",
    ["GTC", "IOC", "FOK"],
    () => new BinanceError(-1115, "Invalid timeInForce."),
  );
  const displayLots = readQuantity(given, "icebergQty", asset);
  if (displayLots !== null && timeInForce !== "GTC" && type !== "LIMIT_MAKER")
    throw BinanceError.notRequired("icebergQty", "an iceberg order rests: its timeInForce is GTC");
  const isMarket = type === "MARKET" || type === "STOP_LOSS";
  const fields: NewOrderFields = {
    clientOrderId: readClientOrderId(given, "newClientOrderId") ?? clientOrderId,
    side: side === "BUY" ? "buy" : "sell",
    type: OURS[type],
    timeInForce: isMarket ? "IOC" : (timeInForce ?? "GTC"),
    quantityLots,
    priceTicks: readPrice(given, "price", asset),
    stopPriceTicks: readPrice(given, "stopPrice", asset),
    displayLots: displayLots === quantityLots ? null : displayLots,
    minimumLots: null,
    quoteBudgetUnits: budget,
    expiresAtMs: null,
    postOnly: type === "LIMIT_MAKER",
    selfTradePrevention: readStpMode(given),
  };
  return { fields, responseType: readResponseType(given, type === "LIMIT" || type === "MARKET" ? "FULL" : "ACK") };
}

/** An order that is to be cancelled, replaced or shown. */
export function readNamed(given: Parameters, idName = "orderId", clientIdName = "origClientOrderId"): OrderNamed {
  const [orderId, clientOrderId] = [given.whole(idName), readClientOrderId(given, clientIdName)];
  if (orderId !== null) return { orderId, clientOrderId: null };
  if (clientOrderId === null) throw BinanceError.missingOneOf(clientIdName, idName);
  return { orderId: null, clientOrderId };
}

export function readClientOrderId(given: Parameters, name: string): string | null {
  const id = given.text(name);
  if (id !== null && !CLIENT_ORDER_ID.test(id)) throw BinanceError.illegal(name, CLIENT_ORDER_ID.source);
  return id;
}

export function readQuantity(given: Parameters, name: string, { lot }: Asset): number | null {
  return readAmount(given, name, lot, "LOT_SIZE");
}

export function readPrice(given: Parameters, name: string, { tick }: Asset): number | null {
  return readAmount(given, name, tick, "PRICE_FILTER");
}

function readStpMode(given: Parameters): NewOrderFields["selfTradePrevention"] {
  const words = Object.keys(STP_MODES) as StpMode[];
  const mode = given.word(
    "selfTradePreventionMode",
    words,
    () =>
      new BinanceError(
        -1130,
        "Data sent for parameter 'selfTradePreventionMode' is not valid.",
        `taken are ${words.join(", ")}`,
      ),
  );
  return mode === null ? null : STP_MODES[mode];
}

function readResponseType(given: Parameters, fallback: ResponseType): ResponseType {
  const wrong = () => new BinanceError(-1130, "Data sent for parameter 'newOrderRespType' is not valid.");
  return given.word("newOrderRespType", ["ACK", "RESULT", "FULL"], wrong) ?? fallback;
}

function refuseBudget(type: Type, side: string, budget: number | null, quantityLots: number | null): void {
  if (type !== "MARKET") return;
  if (budget === null && quantityLots === null) throw BinanceError.missingOneOf("quoteOrderQty", "quantity");
  if (budget !== null && quantityLots !== null)
    throw BinanceError.notRequired("quoteOrderQty", "give a quantity or a quote amount, not both");
  if (budget !== null && side !== "BUY")
    throw new BinanceError(
      -1013,
      "Quote order qty market orders are not support for this symbol.",
      "a quote amount is for market buys; give a quantity to sell",
    );
}

/** In steps; off step it fails its filter. */
function readAmount(given: Parameters, name: string, step: DecimalStep, filter: string): number | null {
  const text = given.decimal(name);
  if (text === null) return null;
  const steps = parseDecimal(withoutLeadingZeros(text), step);
  if (typeof steps === "number") return steps;
  const decimals = (text.split(".")[1] ?? "").replace(/0+$/, "").length;
  if (steps === "off step" && decimals > DECIMALS_MAX)
    throw new BinanceError(
      -1111,
      `Parameter '${name}' has too much precision.`,
      `${name} ${text} has ${decimals} decimals`,
    );
  const unit = step.units / 10 ** step.scale;
  throw BinanceError.filter(filter, `${name} ${text} is ${steps}${steps === "off step" ? ` (${unit})` : ""}`);
}

/** Decimals that amounts have on Binance; more than these are refused before any filter. */
const DECIMALS_MAX = 8;

function withoutLeadingZeros(text: string): string {
  return text.replace(/^0+(?=\d)/, "");
}
