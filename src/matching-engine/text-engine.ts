/**
 * The engine alone, for people and test suites (docs/protocol.md, The engine alone): lines of text in, answers out. Pure: the
 * same lines always give the same output. It does what order-processing does in the pipeline (gives log ids, knows client
 * order ids), but has no balances and no limit on an order's worth.
 */

import { createEngine, DEFAULT_RULES, type Depth, type Engine, RULES_VERSION } from "@bourse/matching-core";
import type { Asset, AssetRegistry } from "../shared/domain/assets.js";
import { decimalStep, formatDecimal, formatPrice } from "../shared/domain/decimal.js";
import type { Command, CommandBody, Reason, RequestBody } from "../shared/domain/messages.js";
import { isRefusal, REJECTS, type Refusal, refuse } from "../shared/domain/rejects.js";
import { type AccountId, accountId, commandSequence, epochUs, logId, orderId } from "../shared/domain/units.js";
import { shown } from "../shared/requests/order-rules.js";
import { parseRequestLine, type RequestLineRules, wordsOf } from "../shared/requests/request-line.js";
import { parseTime } from "../shared/requests/value-reader.js";
import type { EventRows } from "../shared/wire/event-rows.js";
import { ClientOrderIds } from "./client-order-ids.js";

export const LINE_LENGTH_MAX = 1024;
/** Limit of the open orders, so that new ones are refused before memory runs out. */
const OPEN_ORDERS_MAX = 4_000_000;
const DEFAULT_ACCOUNT = "local";
const ACCOUNT_LENGTH_MAX = 64;
const KEYWORDS = new Set(["BUY", "SELL", "CANCEL", "REPLACE", "CANCELALL"]);
const PRINTABLE = /^[\x20-\x7e]*$/;

export interface TextEngineOptions {
  readonly asset: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly allowSelfTrade: boolean;
}

/** A part of the answer to a line, in order. */
export type Answer =
  | ({ readonly kind: "rows" } & EventRows)
  | { readonly kind: "text"; readonly text: string }
  /** Names an account before the rows about it. */
  | { readonly kind: "account"; readonly accountId: AccountId; readonly name: string };

/** Takes lines and gives answers; answer-printer.ts turns them into text, in another thread if there are many. */
export class TextEngine {
  readonly #asset: Asset;
  readonly #engine: Engine;
  readonly #rules: RequestLineRules;
  readonly #accountIds = new Map<string, AccountId>();
  readonly #clientOrderIds = new ClientOrderIds();
  #lines = 0;
  #commands = 0;
  #clockMs = 0;
  #answers: Answer[] = [];
  #answerBytes = 0;

  constructor(options: TextEngineOptions) {
    const registry = registryOf(options);
    this.#asset = registry.asset;
    const { rules, quoteUnitsPerTickLot } = this.#asset;
    this.#engine = createEngine({ quoteUnitsPerTickLot, rulesAtStart: { ...rules, version: RULES_VERSION } });
    const extraOptions = new Set(["account"]);
    this.#rules = { registry, nowMs: () => this.#clockMs, lastPriceTicks: () => null, extraOptions };
  }

  /** Carries out a line; empty lines and comments have no answer. */
  read(line: string): void {
    const words = wordsOf(line);
    if (words.length === 0) return;
    this.#lines++;
    const refusal = refuseLine(line) ?? this.#carryOut(words);
    if (refusal !== null)
      this.#print({ event: "refused", line: this.#lines, code: REJECTS[refusal.name].code, text: refusal.text });
  }

  /** Takes the answers to the lines since the last call. */
  take(): Answer[] {
    this.#takeRows();
    const answers = this.#answers;
    this.#answers = [];
    this.#answerBytes = 0;
    return answers;
  }

  /** About how many bytes there are to take; a short line may have a long answer. */
  get pendingBytes(): number {
    return this.#answerBytes + this.#engine.events.byteLength;
  }

  #carryOut(words: readonly string[]): Refusal | null {
    const [keyword = "", argument] = words;
    if (KEYWORDS.has(keyword)) return this.#request(words);
    switch (keyword.toUpperCase()) {
      case "BOOK":
        return tooManyWords(words) ?? this.#printBook(argument);
      case "TIME":
        return tooManyWords(words) ?? this.#setClock(argument ?? "");
      case "HASH":
        if (words.length > 1) return refuse("UNSUPPORTED_COMBINATION", "HASH takes no argument");
        this.#print({ event: "hash", hash: this.#engine.stateHash() });
        return null;
      default:
        return this.#request(words);
    }
  }

  #request(words: readonly string[]): Refusal | null {
    const keyword = words[0] ?? "";
    if (!KEYWORDS.has(keyword) && !KEYWORDS.has(keyword.toUpperCase()))
      return refuse(
        "UNKNOWN_COMMAND",
        `command ${shown(keyword)} is not known here; BUY, SELL, CANCEL, REPLACE, CANCELALL, BOOK, HASH and TIME are`,
      );
    const request = parseRequestLine(words, this.#rules);
    if (isRefusal(request)) return request;
    const account = request.extras.get("account") ?? DEFAULT_ACCOUNT;
    if (account.length < 1 || account.length > ACCOUNT_LENGTH_MAX)
      return refuse("MALFORMED_MESSAGE", `an account's name has 1 to ${ACCOUNT_LENGTH_MAX} characters`);
    const owner = this.#account(account);
    this.#apply(owner, this.#withKnownOrderIds(owner, request.body));
    return null;
  }

  /** The request with order ids for its client order ids, which are unique per account for ever. */
  #withKnownOrderIds(owner: AccountId, request: RequestBody): CommandBody {
    if (request.kind === "cancel_all" || request.clientOrderId === null) return request;
    const { clientOrderId } = request;
    if (request.kind === "cancel") return { ...request, orderId: this.#clientOrderIds.find(owner, clientOrderId) };
    const id = request.kind === "new" ? orderId(this.#lines) : request.orderId;
    const firstOrderId = this.#clientOrderIds.claim(owner, clientOrderId, id);
    const reason: Reason = "duplicate_client_order_id";
    return firstOrderId === null ? request : { kind: "refuse", request, reason, firstOrderId, shortfall: null };
  }

  #setClock(text: string): Refusal | null {
    const atMs = parseTime(text);
    if (typeof atMs !== "number") return refuse(atMs.name, atMs.text.replace(/^expiry/, "time"));
    if (!Number.isSafeInteger(atMs * 1000)) return refuse("INVALID_EXPIRY", `time ${shown(text)} is too far away`);
    if (atMs < this.#clockMs) {
      const now = new Date(this.#clockMs).toISOString();
      return refuse("INVALID_EXPIRY", `time ${shown(text)} is before ${now}; the clock never goes back`);
    }
    this.#clockMs = atMs;
    this.#apply(0, { kind: "advance_clock" });
    return null;
  }

  #apply(owner: AccountId | 0, body: CommandBody): void {
    this.#commands++;
    const atUs = epochUs(this.#clockMs * 1000);
    const command: Command = {
      commandSequence: commandSequence(this.#commands),
      logId: logId(this.#lines),
      accountId: owner,
      receivedAtUs: atUs,
      atUs,
      body,
    };
    this.#engine.execute(command);
  }

  #account(name: string): AccountId {
    const known = this.#accountIds.get(name);
    if (known !== undefined) return known;
    const id = accountId(this.#accountIds.size + 1);
    this.#accountIds.set(name, id);
    this.#answers.push({ kind: "account", accountId: id, name });
    return id;
  }

  #printBook(levels: string | undefined): Refusal | null {
    if (levels !== undefined && !/^[1-9]\d{0,8}$/.test(levels))
      return refuse("MALFORMED_MESSAGE", `${shown(levels)} is not a number of levels; leave it out for all`);
    const { bids, asks } = this.#engine.depth(levels === undefined ? Number.MAX_SAFE_INTEGER : Number(levels));
    this.#print({ event: "book", bids: this.#side(bids), asks: this.#side(asks) });
    return null;
  }

  #side(levels: Depth["bids"]): [string, string][] {
    const { tick, lot } = this.#asset;
    return levels.map(([priceTicks, shownLots]) => [formatPrice(priceTicks, tick), formatDecimal(shownLots, lot)]);
  }

  #print(json: object): void {
    this.#takeRows();
    const text = `${JSON.stringify(json)}\n`;
    this.#answers.push({ kind: "text", text });
    this.#answerBytes += text.length;
  }

  #takeRows(): void {
    if (this.#engine.events.byteLength === 0) return;
    const { rows, ...first } = this.#engine.events.take();
    this.#answers.push({ kind: "rows", ...first, rows: rows.slice() });
    this.#answerBytes += rows.length;
  }
}

/** The asset that the options describe. */
export function textAsset(options: TextEngineOptions): Asset {
  return registryOf(options).asset;
}

/** The registry of one asset without limits: no money is moved here, so an order may be worth any amount. */
function registryOf({ asset, tickSize, lotSize, allowSelfTrade }: TextEngineOptions): AssetRegistry & { asset: Asset } {
  const [tick, lot] = [decimalStep(tickSize), decimalStep(lotSize)];
  const [base = asset, quote = asset] = asset.split("-");
  const scale = tick.scale + lot.scale;
  const decimals = Math.max(scale, 2);
  const terms: Asset = {
    asset,
    base,
    quote,
    tickSize,
    lotSize,
    tick,
    lot,
    baseUnit: { scale: lot.scale, units: 1 },
    quoteUnit: { scale: decimals, units: 1 },
    quoteUnitsPerTickLot: tick.units * lot.units * 10 ** (decimals - scale),
    baseUnitsPerLot: lot.units,
    quantityMinLots: 1,
    quantityMaxLots: Number.MAX_SAFE_INTEGER,
    notionalMinUnits: 1,
    notionalMaxUnits: Number.POSITIVE_INFINITY,
    feeRates: { makerBps: 0, takerBps: 0 },
    referencePriceTicks: null,
    priceCollarPercent: null,
    rules: { ...DEFAULT_RULES, allowSelfTrade, openOrdersMax: OPEN_ORDERS_MAX },
  };
  const currencies = new Map([[quote, { currency: quote, decimals, kind: "fiat" as const }]]);
  return { asset: terms, assets: new Map([[asset, terms]]), currencies, openOrdersPerAccountMax: OPEN_ORDERS_MAX };
}

function refuseLine(line: string): Refusal | null {
  if (line.length > LINE_LENGTH_MAX)
    return refuse("MALFORMED_MESSAGE", `a line has at most ${LINE_LENGTH_MAX} characters`);
  return PRINTABLE.test(line) ? null : refuse("MALFORMED_MESSAGE", "a line is printable ASCII");
}

function tooManyWords(words: readonly string[]): Refusal | null {
  return words.length > 2 ? refuse("UNSUPPORTED_COMBINATION", `${shown(words[2] ?? "")} is one word too many`) : null;
}
