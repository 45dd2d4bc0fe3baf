/** An order as it is being written, and the request that it becomes. Amounts stay the text that was typed: the server judges them. */
export type Side = "buy" | "sell";
export const KINDS = ["limit", "market", "stop_limit", "stop_market"] as const;
export type Kind = (typeof KINDS)[number];
export const SELF_TRADES = ["cancel_newest", "cancel_oldest", "cancel_both", "decrement", "none"] as const;

export interface Draft {
  readonly side: Side;
  readonly kind: Kind;
  /** A market buy says how much it gets, or how much it spends. */
  readonly by: "quantity" | "amount";
  readonly quantity: string;
  readonly quoteBudget: string;
  readonly price: string;
  readonly stopPrice: string;
  readonly displayQuantity: string;
  readonly minimumQuantity: string;
  readonly timeInForce: string;
  /** As a field for a day and a time gives it, in the reader's time zone. */
  readonly expiresAt: string;
  readonly postOnly: boolean;
  readonly selfTradePrevention: string;
}

export const EMPTY_DRAFT: Draft = {
  side: "buy",
  kind: "limit",
  by: "quantity",
  quantity: "",
  quoteBudget: "",
  price: "",
  stopPrice: "",
  displayQuantity: "",
  minimumQuantity: "",
  timeInForce: "",
  expiresAt: "",
  postOnly: false,
  selfTradePrevention: "",
};

/** Fields by the name that the server has for them. */
export type Field =
  | "quantity"
  | "quoteBudget"
  | "price"
  | "stopPrice"
  | "displayQuantity"
  | "minimumQuantity"
  | "timeInForce"
  | "expiresAtMs"
  | "postOnly"
  | "selfTradePrevention";

/** The words of the body of `POST /v1/orders`. */
export type OrderBody = Readonly<Record<string, string | number | boolean>>;

export const TIMES_IN_FORCE: Readonly<Record<Kind, readonly string[]>> = {
  limit: ["GTC", "IOC", "FOK", "GTD"],
  market: ["IOC", "FOK"],
  stop_limit: ["GTC", "IOC", "FOK", "GTD"],
  stop_market: ["GTC", "GTD"],
};

const isPriced = ({ kind }: Draft) => kind === "limit" || kind === "stop_limit";
const isStop = ({ kind }: Draft) => kind === "stop_limit" || kind === "stop_market";
export const spends = ({ kind, side, by }: Draft) => kind === "market" && side === "buy" && by === "amount";

/** The fields that such an order has. */
export function fieldsOf(draft: Draft): ReadonlySet<Field> {
  const fields = new Set<Field>([spends(draft) ? "quoteBudget" : "quantity", "timeInForce", "selfTradePrevention"]);
  if (isPriced(draft)) for (const field of ["price", "displayQuantity", "postOnly"] as const) fields.add(field);
  if (isStop(draft)) fields.add("stopPrice");
  if (!spends(draft)) fields.add("minimumQuantity");
  if (timeInForceOf(draft) === "GTD") fields.add("expiresAtMs");
  return fields;
}

/** Those without which there is no order. */
export function missingIn(draft: Draft): readonly Field[] {
  const needed = (["quantity", "quoteBudget", "price", "stopPrice"] as const).filter((field) =>
    fieldsOf(draft).has(field),
  );
  return needed.filter((field) => draft[field].trim() === "");
}

/** The chosen one, where the kind of order has it. */
export function timeInForceOf({ kind, timeInForce }: Draft): string {
  return TIMES_IN_FORCE[kind].includes(timeInForce) ? timeInForce : "";
}

/** Only what the kind of order has, and what was filled in. */
export function bodyOf(draft: Draft, asset: string, clientOrderId: string): OrderBody {
  const fields = fieldsOf(draft);
  const body: Record<string, string | number | boolean> = { asset, side: draft.side, type: draft.kind, clientOrderId };
  for (const field of ["quantity", "quoteBudget", "price", "stopPrice", "displayQuantity", "minimumQuantity"] as const)
    if (fields.has(field) && draft[field].trim() !== "") body[field] = draft[field].trim();
  const timeInForce = timeInForceOf(draft);
  if (timeInForce !== "") body["timeInForce"] = timeInForce;
  const expiresAtMs = Date.parse(draft.expiresAt);
  if (fields.has("expiresAtMs") && !Number.isNaN(expiresAtMs)) body["expiresAtMs"] = expiresAtMs;
  if (fields.has("postOnly") && draft.postOnly) body["postOnly"] = true;
  if (draft.selfTradePrevention !== "") body["selfTradePrevention"] = draft.selfTradePrevention;
  return body;
}

/** "Buy 0.5 BTC-USD at 64000, stop 63000". */
export function orderWords(draft: Draft, asset: string, quote: string): string {
  const verb = draft.side === "buy" ? "Buy" : "Sell";
  const what = spends(draft)
    ? `${asset} for ${draft.quoteBudget.trim()} ${quote}`
    : `${draft.quantity.trim()} ${asset}`;
  const at = isPriced(draft) ? ` at ${draft.price.trim()}` : " at the market's price";
  return `${verb} ${what}${at}${isStop(draft) ? `, stop ${draft.stopPrice.trim()}` : ""}`;
}
