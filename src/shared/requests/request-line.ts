/**
 * The requests of the text dialect (docs/protocol.md, Text dialect): turns a line of words into a request or a refusal. Words of
 * a session (LOGIN, PING …) and of the engine's command line (BOOK, HASH …) are read by the callers.
 */
import type { Asset } from "../domain/assets.js";
import type { RequestBody, SelfTradePrevention, TimeInForce } from "../domain/messages.js";
import { isRefusal, type Refusal, refuse } from "../domain/rejects.js";
import {
  composeCancel,
  composeNewOrder,
  composeReplace,
  findAsset,
  type NewOrderFields,
  type RequestRules,
  shown,
} from "./order-rules.js";
import { ValueReader } from "./value-reader.js";

export interface RequestLine {
  readonly kind: "request";
  readonly asset: Asset;
  readonly body: RequestBody;
  /** The options of the line that are the caller's (`extraOptions`). */
  readonly extras: ReadonlyMap<string, string>;
}

export interface RequestLineRules extends RequestRules {
  /** The caller's own options, which every request takes, such as account= of the engine's command line. */
  readonly extraOptions: ReadonlySet<string>;
}

/** The words of a line; none for an empty line or a comment. */
export function wordsOf(line: string): string[] {
  const parts = line.split(" ");
  const words = parts.includes("") ? parts.filter((word) => word !== "") : parts;
  return words[0]?.startsWith("#") ? [] : words;
}

export const REQUEST_USAGE = {
  BUY: "BUY <asset> <quantity> <price>|MKT [id= tif= expires= post=1 display= stop= min= stp= quote=]",
  SELL: "SELL <asset> <quantity> <price>|MKT [id= tif= expires= post=1 display= stop= min= stp=]",
  CANCEL: "CANCEL <asset> <order-id>, or CANCEL <asset> id=<client order id>",
  REPLACE: "REPLACE <asset> <order-id> <quantity> <price> [id=<new client order id>]",
  CANCELALL: "CANCELALL <asset> [BUY|SELL]",
} as const;

type Keyword = keyof typeof REQUEST_USAGE;

/** A map: looking up a word that was cut out of a line as a property's name would cost more. */
const KEYWORDS: ReadonlyMap<string, Keyword> = new Map(
  (Object.keys(REQUEST_USAGE) as Keyword[]).map((keyword) => [keyword, keyword]),
);

const OPTIONS: Readonly<Record<Keyword, ReadonlySet<string>>> = {
  BUY: new Set(["id", "tif", "expires", "post", "display", "stop", "min", "stp", "quote"]),
  SELL: new Set(["id", "tif", "expires", "post", "display", "stop", "min", "stp", "quote"]),
  CANCEL: new Set(["id"]),
  REPLACE: new Set(["id"]),
  CANCELALL: new Set(),
};

/** Parses the words of a line, of which there is one at least. */
export function parseRequestLine(words: readonly string[], rules: RequestLineRules): RequestLine | Refusal {
  const word = words[0] ?? "";
  const keyword = KEYWORDS.get(word) ?? KEYWORDS.get(word.toUpperCase());
  if (keyword === undefined)
    return refuse("UNKNOWN_COMMAND", `command ${shown(words[0] ?? "")} is not known; HELP lists the commands`);
  const options = parseOptions(words, keyword, rules.extraOptions);
  if (isRefusal(options)) return options;
  if (options.from === 1) return refuse("UNKNOWN_ASSET", `the asset is missing: ${REQUEST_USAGE[keyword]}`);
  const asset = findAsset(rules.registry, words[1] ?? "");
  if (isRefusal(asset)) return asset;
  const body = parseBody(keyword, asset, words.slice(2, options.from), options.values, rules);
  return isRefusal(body) ? body : { kind: "request", asset, body, extras: options.values };
}

interface Options {
  /** The place of the first option. */
  readonly from: number;
  readonly values: ReadonlyMap<string, string>;
}

const NO_OPTIONS: ReadonlyMap<string, string> = new Map();

function parseOptions(words: readonly string[], keyword: Keyword, extra: ReadonlySet<string>): Options | Refusal {
  const from = words.findIndex((word) => word.includes("="));
  if (from < 0) return { from: words.length, values: NO_OPTIONS };
  const values = new Map<string, string>();
  for (const word of words.slice(from)) {
    const cut = word.indexOf("=");
    if (cut < 0)
      return refuse("UNSUPPORTED_COMBINATION", `${shown(word)} comes after the options; ${REQUEST_USAGE[keyword]}`);
    const key = word.slice(0, cut).toLowerCase();
    if (!OPTIONS[keyword].has(key) && !extra.has(key))
      return refuse("UNSUPPORTED_COMBINATION", `option ${shown(key)} is not known; ${REQUEST_USAGE[keyword]}`);
    if (values.has(key)) return refuse("UNSUPPORTED_COMBINATION", `option ${key} is given twice`);
    values.set(key, word.slice(cut + 1));
  }
  return { from, values };
}

function parseBody(
  keyword: Keyword,
  asset: Asset,
  words: readonly string[],
  options: Options["values"],
  rules: RequestRules,
): RequestBody | Refusal {
  switch (keyword) {
    case "BUY":
    case "SELL":
      return tooMany(words, 2, keyword) ?? parseNewOrder(keyword, words, options, new ValueReader(asset, rules));
    case "CANCEL":
      return (
        tooMany(words, 1, keyword) ??
        composeCancel(words[0] === undefined ? null : wholeNumber(words[0]), options.get("id") ?? null)
      );
    case "REPLACE":
      return tooMany(words, 3, keyword) ?? parseReplace(words, options, new ValueReader(asset, rules));
    case "CANCELALL":
      return tooMany(words, 1, keyword) ?? parseCancelAll(words[0]);
  }
}

function parseNewOrder(
  keyword: "BUY" | "SELL",
  words: readonly string[],
  options: Options["values"],
  values: ValueReader,
): RequestBody | Refusal {
  const isMarket = words[1]?.toUpperCase() === "MKT";
  const isByQuote = words[0] === "-" && options.has("quote");
  const stop = options.get("stop");
  const terms: NewOrderFields = {
    clientOrderId: options.get("id") ?? null,
    side: keyword === "BUY" ? "buy" : "sell",
    type: isMarket ? (stop === undefined ? "market" : "stop_market") : stop === undefined ? "limit" : "stop_limit",
    quantityLots: isByQuote ? null : values.quantity("quantity", words[0] ?? null),
    priceTicks: isMarket ? null : values.price("price", words[1] ?? null),
    stopPriceTicks: stop === undefined ? null : values.price("stop price", stop),
    displayLots: values.quantity("display quantity", options.get("display")),
    minimumLots: values.quantity("minimum quantity", options.get("min")),
    quoteBudgetUnits: values.quoteAmount(options.get("quote")),
    expiresAtMs: values.time(options.get("expires")),
    timeInForce: values.choice("tif", TIMES_IN_FORCE, options.get("tif")),
    postOnly: values.choice("post", SWITCH, options.get("post")) ?? false,
    selfTradePrevention: values.choice("stp", PREVENTIONS, options.get("stp")),
  };
  return values.refusal ?? composeNewOrder(values.asset, terms, values.rules);
}

function parseReplace(
  words: readonly string[],
  options: Options["values"],
  values: ValueReader,
): RequestBody | Refusal {
  const terms = {
    orderId: words[0] === undefined ? null : wholeNumber(words[0]),
    quantityLots: values.quantity("quantity", words[1] ?? null),
    priceTicks: values.price("price", words[2] ?? null),
    clientOrderId: options.get("id") ?? null,
  };
  return values.refusal ?? composeReplace(values.asset, terms, values.rules);
}

function parseCancelAll(word: string | undefined): RequestBody | Refusal {
  if (word === undefined) return { kind: "cancel_all", side: null };
  const side = word.toLowerCase();
  if (side === "buy" || side === "sell") return { kind: "cancel_all", side };
  return refuse("INVALID_SIDE", `side ${shown(word)} is not BUY or SELL; leave it out for both`);
}

function tooMany(words: readonly string[], max: number, keyword: Keyword): Refusal | null {
  const extra = words[max];
  return extra === undefined
    ? null
    : refuse("UNSUPPORTED_COMBINATION", `${shown(extra)} is one word too many; ${REQUEST_USAGE[keyword]}`);
}

const TIMES_IN_FORCE: ReadonlyMap<string, TimeInForce> = new Map([
  ["GTC", "GTC"],
  ["IOC", "IOC"],
  ["FOK", "FOK"],
  ["GTD", "GTD"],
]);
const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ["0", false],
  ["1", true],
]);
const PREVENTIONS: ReadonlyMap<string, SelfTradePrevention> = new Map([
  ["NEWEST", "cancel_newest"],
  ["OLDEST", "cancel_oldest"],
  ["BOTH", "cancel_both"],
  ["DECREMENT", "decrement"],
  ["NONE", "none"],
]);

function wholeNumber(text: string): number {
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0;
}
