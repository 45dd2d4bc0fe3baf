/** The words after EXPECT. Pure. */
import { durationMs } from "./duration.js";
import type { ExpectedReport, ExpectedResponse } from "./script.js";

/** The events of execution reports, by which they are told apart, and the states of orders that no event is named after. */
export const EVENTS = [
  "ACCEPTED",
  "REJECTED",
  "TRADE",
  "CANCELED",
  "REPLACED",
  "REDUCED",
  "EXPIRED",
  "TRIGGERED",
  "CANCEL_REJECTED",
  "REPLACE_REJECTED",
];
const STATES = ["OPEN", "PARTIALLY_FILLED", "FILLED", "PENDING_TRIGGER"];
/** What a report has; docs/protocol.md, Execution reports. */
const FIELDS = [
  "asset",
  "orderId",
  "clientOrderId",
  "event",
  "status",
  "side",
  "type",
  "timeInForce",
  "price",
  "quantity",
  "filledQuantity",
  "leavesQuantity",
  "stopPrice",
  "displayQuantity",
  "minimumQuantity",
  "postOnly",
  "quoteBudget",
  "selfTradePrevention",
  "lastPrice",
  "lastQuantity",
  "liquidity",
  "fee",
  "feeCurrency",
  "reason",
];
const USUAL_WAIT_MS = 5_000;
/** How long it is looked whether something does not come. */
const USUAL_SILENCE_MS = 500;
const DECIMAL = /^\d+(\.\d+)?$/;

export type Expected =
  | { readonly kind: "response"; readonly response: ExpectedResponse }
  | { readonly kind: "report"; readonly report: ExpectedReport; readonly withinMs: number }
  | { readonly kind: "closed"; readonly withinMs: number };

/** Of the words after EXPECT; a text: what is wrong with them, and what would be right. */
export function parseExpect(words: readonly string[]): Expected | string {
  const isNone = words[0]?.toUpperCase() === "NO";
  const [word = "", ...rest] = isNone ? words.slice(1) : words;
  const name = word.toUpperCase();
  if (EVENTS.includes(name) || STATES.includes(name)) return parseReport(isNone, name, rest);
  if (isNone) return `EXPECT NO is followed by one of ${[...EVENTS, ...STATES].join(", ")}`;
  if (name === "CLOSED") return parseClosed(rest);
  const response = parseResponse(name, rest);
  if (response !== null) return typeof response === "string" ? response : { kind: "response", response };
  const known = ["ACK", "OK", "REJ", "ANY", "CLOSED", ...EVENTS, ...STATES].join(", ");
  return `EXPECT ${word}: it is not known; known are ${known}`;
}

function parseResponse(name: string, rest: readonly string[]): ExpectedResponse | string | null {
  if (name === "OK") return { kind: "ok", words: rest.join(" ") };
  if (name === "ACK" || name === "ANY")
    return rest.length === 0
      ? { kind: name === "ACK" ? "ack" : "any" }
      : `EXPECT ${name} ${rest[0]}: nothing comes after ${name}; what became of the order is EXPECT FILLED 2s, for example`;
  if (name !== "REJ") return null;
  const [code, ...more] = rest;
  if (more.length > 0 || (code !== undefined && !/^(\d{3}|[A-Z_]+)$/i.test(code)))
    return `EXPECT REJ ${rest.join(" ")}: a code or its name comes after REJ, such as EXPECT REJ 205`;
  return { kind: "reject", code: code?.toUpperCase() ?? null };
}

function parseClosed(rest: readonly string[]): Expected | string {
  const [text, ...more] = rest;
  const withinMs = text === undefined ? USUAL_WAIT_MS : durationMs(text);
  if (withinMs === null || more.length > 0)
    return `EXPECT CLOSED ${rest.join(" ")}: a time comes after CLOSED, such as EXPECT CLOSED 2s`;
  return { kind: "closed", withinMs };
}

/** `TRADE [0.2 @ 64000] [field=value …] [-n] [2s]`; only trades have a quantity and a price of their own. */
function parseReport(isNone: boolean, word: string, rest: readonly string[]): Expected | string {
  const fields: [string, string][] = [];
  let ordersBack: number | null = null;
  let withinMs: number | null = null;
  for (let at = 0; at < rest.length; at++) {
    const text = rest[at] ?? "";
    const [field = "", value] = text.split(/=(.*)/s, 2);
    if (word === "TRADE" && DECIMAL.test(text)) {
      const price = rest[at + 2] ?? "";
      if (rest[at + 1] !== "@" || !DECIMAL.test(price))
        return `EXPECT TRADE ${text}: quantity and price are separated by " @ ", such as EXPECT TRADE 0.2 @ 64000`;
      fields.push(["lastQuantity", text], ["lastPrice", price]);
      at += 2;
    } else if (value !== undefined) {
      if (!FIELDS.includes(field)) return `${field}= is no field of a report; there are ${FIELDS.join(", ")}`;
      fields.push([field, value]);
    } else if (ordersBack === null && /^-[1-9]\d{0,5}$/.test(text)) ordersBack = -Number(text);
    else if (withinMs === null && durationMs(text) !== null) withinMs = durationMs(text);
    else
      return `EXPECT ${word} ${text}: what can stand there is field=value, -2 (the order before the last), a time such as 2s`;
  }
  const report = { isNone, word, fields, ordersBack };
  return { kind: "report", report, withinMs: withinMs ?? (isNone ? USUAL_SILENCE_MS : USUAL_WAIT_MS) };
}
