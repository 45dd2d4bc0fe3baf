/**
 * The rules that a request must keep to be logged: one place for the text and the binary dialect and the engine's command
 * line. Whether the account can pay, the order exists or the asset is open is decided later, in the order of the log.
 */
import type { Asset, AssetRegistry } from "../domain/assets.js";
import { formatDecimal } from "../domain/decimal.js";
import type {
  CancelOrder,
  NewOrder,
  OrderType,
  ReplaceOrder,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "../domain/messages.js";
import { type Refusal, type RejectName, refuse } from "../domain/rejects.js";
import { currencyUnits, epochMs, lots, type OrderId, orderId, type PriceTicks, priceTicks } from "../domain/units.js";
import { refuseFarPrice, refuseNotional, refuseQuantity } from "./order-limits.js";

/** What requests are judged by. */
export interface RequestRules {
  readonly registry: AssetRegistry;
  /** The clock that an expiry must be after. */
  readonly nowMs: () => number;
  /** The asset's last price, as far as it is known; if null, its configured reference price is used. */
  readonly lastPriceTicks: (asset: string) => PriceTicks | null;
}

/** The fields of a new order as a dialect has read them: numbers are whole and positive; null: the client did not give it. */
export interface NewOrderFields {
  readonly clientOrderId: string | null;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce | null;
  readonly quantityLots: number | null;
  readonly priceTicks: number | null;
  readonly stopPriceTicks: number | null;
  readonly displayLots: number | null;
  readonly minimumLots: number | null;
  readonly quoteBudgetUnits: number | null;
  readonly expiresAtMs: number | null;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention | null;
}

export function findAsset(registry: AssetRegistry, name: string): Asset | Refusal {
  const known = registry.assets.get(name);
  if (known !== undefined) return known;
  const names = [...registry.assets.keys()].slice(0, 8).join(", ");
  return refuse("UNKNOWN_ASSET", `asset ${shown(name)} is not traded here; traded are ${names}`);
}

export function composeNewOrder(asset: Asset, terms: NewOrderFields, rules: RequestRules): NewOrder | Refusal {
  const lastPriceTicks = rules.lastPriceTicks(asset.asset);
  const refusal =
    refuseClientOrderId(terms.clientOrderId) ??
    refuseNumbers(terms) ??
    refuseCombination(terms, asset) ??
    refuseExpiry(terms, rules) ??
    refuseQuantity(asset, terms.quantityLots) ??
    refuseFarPrice(asset, "price", terms.priceTicks, lastPriceTicks) ??
    refuseFarPrice(asset, "stop price", terms.stopPriceTicks, lastPriceTicks) ??
    refuseNotional(asset, terms, lastPriceTicks);
  if (refusal !== null) return refusal;
  return {
    kind: "new",
    clientOrderId: terms.clientOrderId,
    side: terms.side,
    type: terms.type,
    timeInForce: terms.timeInForce ?? (terms.type === "market" ? "IOC" : "GTC"),
    quantityLots: terms.quantityLots === null ? null : lots(terms.quantityLots),
    priceTicks: terms.priceTicks === null ? null : priceTicks(terms.priceTicks),
    stopPriceTicks: terms.stopPriceTicks === null ? null : priceTicks(terms.stopPriceTicks),
    displayLots: terms.displayLots === null ? null : lots(terms.displayLots),
    minimumLots: terms.minimumLots === null ? null : lots(terms.minimumLots),
    quoteBudgetUnits: terms.quoteBudgetUnits === null ? null : currencyUnits(terms.quoteBudgetUnits),
    expiresAtMs: terms.expiresAtMs === null ? null : epochMs(terms.expiresAtMs),
    postOnly: terms.postOnly,
    selfTradePrevention: terms.selfTradePrevention ?? "cancel_newest",
    feeRates: null,
  };
}

/** Either the order id or the client order id must name the order. */
export function composeCancel(target: number | null, clientOrderId: string | null): CancelOrder | Refusal {
  if (target !== null && clientOrderId !== null)
    return refuse("UNSUPPORTED_COMBINATION", "name the order by its order id or by its client order id, not by both");
  if (clientOrderId !== null)
    return refuseClientOrderId(clientOrderId) ?? { kind: "cancel", orderId: null, clientOrderId };
  const named = checkOrderId(target);
  return typeof named === "number" ? { kind: "cancel", orderId: named, clientOrderId: null } : named;
}

export function composeReplace(
  asset: Asset,
  terms: {
    readonly orderId: number | null;
    readonly quantityLots: number | null;
    readonly priceTicks: number | null;
    readonly clientOrderId: string | null;
  },
  rules: RequestRules,
): ReplaceOrder | Refusal {
  const named = checkOrderId(terms.orderId);
  if (typeof named !== "number") return named;
  if (terms.quantityLots === null) return missing("INVALID_QUANTITY", "quantity");
  if (terms.priceTicks === null) return missing("INVALID_PRICE", "price");
  const lastPriceTicks = rules.lastPriceTicks(asset.asset);
  const refusal =
    refuseClientOrderId(terms.clientOrderId) ??
    refuseQuantity(asset, terms.quantityLots) ??
    refuseFarPrice(asset, "price", terms.priceTicks, lastPriceTicks) ??
    refuseNotional(asset, { ...terms, stopPriceTicks: null, quoteBudgetUnits: null }, lastPriceTicks);
  if (refusal !== null) return refusal;
  return {
    kind: "replace",
    orderId: named,
    quantityLots: lots(terms.quantityLots),
    priceTicks: priceTicks(terms.priceTicks),
    clientOrderId: terms.clientOrderId,
    cover: null,
  };
}

/** A client's text as a refusal may repeat it: printable and short. */
export function shown(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, "?");
  return printable.length > 48 ? `${printable.slice(0, 45)}...` : printable === "" ? "(empty)" : printable;
}

export function missing(name: RejectName, what: string): Refusal {
  return refuse(name, `the ${what} is missing; it must be above zero`);
}

const CLIENT_ORDER_ID = /^[A-Za-z0-9_-]{1,36}$/;

function refuseClientOrderId(text: string | null): Refusal | null {
  if (text === null || CLIENT_ORDER_ID.test(text)) return null;
  return refuse("INVALID_CLIENT_ORDER_ID", `client order id ${shown(text)} is not 1 to 36 letters, digits, "_" or "-"`);
}

function checkOrderId(target: number | null): OrderId | Refusal {
  if (target !== null && Number.isSafeInteger(target) && target > 0) return orderId(target);
  return refuse("INVALID_CLIENT_ORDER_ID", "an order id, the whole number of its ACK, or a client order id is needed");
}

function refuseNumbers(terms: NewOrderFields): Refusal | null {
  if (terms.quantityLots === null && terms.quoteBudgetUnits === null) return missing("INVALID_QUANTITY", "quantity");
  if (isPriced(terms.type) && terms.priceTicks === null) return missing("INVALID_PRICE", "price");
  if (isStop(terms.type) && terms.stopPriceTicks === null) return missing("INVALID_PRICE", "stop price");
  return null;
}

function refuseCombination(terms: NewOrderFields, asset: Asset): Refusal | null {
  const text = contradiction(terms, asset) ?? contradictionOfBudget(terms);
  return text === null ? null : refuse("UNSUPPORTED_COMBINATION", text);
}

/** Which two terms exclude each other, and what would be right; null: none do. */
function contradiction(terms: NewOrderFields, asset: Asset): string | null {
  const { type, timeInForce, quantityLots, displayLots, minimumLots, postOnly } = terms;
  if (!isPriced(type) && terms.priceTicks !== null)
    return "a market order has no price; leave it out or send a limit order";
  if (!isStop(type) && terms.stopPriceTicks !== null) return "a stop price needs a stop order type";
  if (type === "market" && (timeInForce === "GTC" || timeInForce === "GTD"))
    return "a market order cannot rest in the book; its time in force is IOC or FOK";
  if (postOnly && (!isPriced(type) || timeInForce === "IOC" || timeInForce === "FOK"))
    return "post-only is for orders that rest: a limit order with GTC or GTD";
  if (postOnly && minimumLots !== null)
    return "post-only never trades at once, a minimum quantity must; use one of them";
  if (displayLots !== null && !isPriced(type)) return "a market order has no display quantity";
  if (exceeds(displayLots, quantityLots)) return above("display", displayLots, quantityLots, asset);
  if (displayLots !== null && quantityLots !== null && quantityLots > displayLots * asset.rules.displaySlicesMax) {
    const least = formatDecimal(Math.ceil(quantityLots / asset.rules.displaySlicesMax), asset.lot);
    return `the display quantity makes more than ${asset.rules.displaySlicesMax} slices; show at least ${least}`;
  }
  if (exceeds(minimumLots, quantityLots)) return above("minimum", minimumLots, quantityLots, asset);
  if (terms.expiresAtMs !== null && timeInForce !== "GTD") return "an expiry needs the time in force GTD";
  if (terms.selfTradePrevention === "none" && !asset.rules.allowSelfTrade)
    return `${asset.asset} allows no self-trades; use newest, oldest, both or decrement`;
  return null;
}

function contradictionOfBudget(terms: NewOrderFields): string | null {
  if (terms.quoteBudgetUnits === null) return null;
  if (terms.type !== "market" || terms.side !== "buy")
    return "a quote amount is for market buys; give a quantity instead";
  if (terms.quantityLots !== null) return "give a quantity or a quote amount, not both";
  if (terms.timeInForce === "FOK" || terms.minimumLots !== null)
    return "a market buy by quote amount is IOC and takes no minimum quantity";
  if (terms.selfTradePrevention === "decrement")
    return "a market buy by quote amount has no quantity to decrement; use newest, oldest or both";
  return null;
}

function refuseExpiry(terms: NewOrderFields, rules: RequestRules): Refusal | null {
  if (terms.timeInForce !== "GTD") return null;
  if (terms.expiresAtMs === null) return refuse("INVALID_EXPIRY", "GTD needs an expiry");
  if (terms.expiresAtMs > rules.nowMs()) return null;
  return refuse("INVALID_EXPIRY", `expiry ${new Date(terms.expiresAtMs).toISOString()} is not in the future`);
}

function isPriced(type: OrderType): boolean {
  return type === "limit" || type === "stop_limit";
}

function isStop(type: OrderType): boolean {
  return type === "stop_limit" || type === "stop_market";
}

function exceeds(part: number | null, whole: number | null): boolean {
  return part !== null && whole !== null && part > whole;
}

function above(what: string, part: number | null, whole: number | null, asset: Asset): string {
  const [partText, wholeText] = [formatDecimal(part ?? 0, asset.lot), formatDecimal(whole ?? 0, asset.lot)];
  return `the ${what} quantity ${partText} is above the quantity ${wholeText}`;
}
