/**
 * A market as a script that reads at a glance: a line a step, and after ">" what came of it. Playing a script returns it
 * with what really came of it, so a test compares two texts.
 *
 *   bob/1 sells 100@9.90              order 1 of bob; without "bob/" every order has an account of its own
 *   2 buys 10@market ioc              words: ioc fok post; shows= stop= min= until=<ms> stp=newest|oldest|both|decrement
 *   3 spends 500                      a market buy by quote budget
 *   cancel 1 · cancel 1 by bob · cancel all bob [buys|sells] · replace 1 17@9.90 [by bob]
 *   clock <ms> · asset halted         commands that no client sends
 *   book 9.90:100 | 10:5              the displayed book, best first; "best" is its first level of each side
 *   left 1 100                        what is left of an order, hidden quantity included
 *
 * Results belong to the step's own order unless a name stands before them: "10@9.90 from 1; 3: canceled (self_trade)".
 * A new order that came in, and nothing else, has no result. Fills of one pair at one price in a row are one.
 */
import {
  type AssetState,
  accountId,
  type Command,
  type CommandBody,
  commandSequence,
  currencyUnits,
  DEFAULT_RULES,
  type EngineOptions,
  type EventBody,
  epochMs,
  epochUs,
  logId,
  lots,
  type MarketRules,
  type MatchingEngine,
  type NewOrder,
  type OrderId,
  orderId,
  type PriceTicks,
  priceTicks,
  RULES_VERSION,
  type RulesInForce,
  type SelfTradePrevention,
} from "@bourse/matching-core";

const TICKS_PER_UNIT = 100;

/** A tick is 0.01, a lot 1, and one lot costs one quote unit a tick. */
export const SCRIPT_OPTIONS = withRules({});

/** Options of an engine that begins with other rules than a script's. */
export function withRules(rules: Partial<MarketRules>): EngineOptions & { readonly rulesAtStart: RulesInForce } {
  const ofScripts = { version: RULES_VERSION, allowSelfTrade: true, openOrdersMax: 1_000 };
  return { quoteUnitsPerTickLot: 1, rulesAtStart: { ...DEFAULT_RULES, ...ofScripts, ...rules } };
}

/** What a script needs of an engine. */
export type ScriptedEngine = Pick<MatchingEngine, "apply" | "depth">;

export function playScript(script: string, engine: ScriptedEngine, defaultMode: SelfTradePrevention = "none"): string {
  const market = new ScriptedMarket(engine, defaultMode);
  return linesOf(script)
    .map((line) => market.play(line.split(">")[0]?.trim() ?? ""))
    .join("\n");
}

/** A script without the spaces that only please the eye. */
export function linesOf(script: string): string[] {
  return script
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "");
}

class ScriptedMarket {
  readonly #engine: ScriptedEngine;
  readonly #defaultMode: SelfTradePrevention;
  readonly #orderIds = new Map<string, OrderId>();
  readonly #names = new Map<OrderId, string>();
  readonly #owners = new Map<string, string>();
  readonly #accounts = new Map<string, number>();
  readonly #left = new Map<OrderId, number>();
  #commands = 0;
  #clockMs = 0;

  constructor(engine: ScriptedEngine, defaultMode: SelfTradePrevention) {
    this.#engine = engine;
    this.#defaultMode = defaultMode;
  }

  play(step: string): string {
    const [first = "", second = "", third = "", ...rest] = step.split(" ");
    if (first === "book") return `book ${this.#book(Number.MAX_SAFE_INTEGER)}`;
    if (first === "best") return `best ${this.#book(1)}`;
    if (first === "left") return `left ${second} ${this.#left.get(this.#orderId(second)) ?? 0}`;
    const { name, owner, body } = this.#request(first, second, third, rest);
    this.#commands++;
    const command: Command = {
      commandSequence: commandSequence(this.#commands),
      logId: logId(body.kind === "new" ? this.#orderId(name) : 1_000_000 + this.#commands),
      accountId: owner === null ? 0 : this.#account(owner),
      receivedAtUs: epochUs(this.#clockMs * 1000),
      atUs: epochUs(this.#clockMs * 1000),
      body,
    };
    const results = this.#results(
      this.#engine.apply(command).map((event) => event.body),
      name,
    );
    return results.length === 0 ? step : `${step} > ${results.join("; ")}`;
  }

  #request(first: string, second: string, third: string, rest: readonly string[]): Request {
    if (first === "clock") {
      this.#clockMs = Number(second);
      return { name: "", owner: null, body: { kind: "advance_clock" } };
    }
    if (first === "asset")
      return { name: "", owner: null, body: { kind: "set_asset_state", state: second as AssetState } };
    if (first === "cancel" && second === "all") {
      const side = rest[0] === undefined ? null : rest[0] === "buys" ? "buy" : "sell";
      return { name: "", owner: third, body: { kind: "cancel_all", side } };
    }
    if (first === "cancel") {
      const owner = third === "by" ? (rest[0] ?? "") : this.#owner(second);
      return { name: second, owner, body: { kind: "cancel", orderId: this.#orderId(second), clientOrderId: null } };
    }
    if (first === "replace") {
      const { quantityLots, priceTicks } = quantityAtPrice(third);
      const owner = rest[0] === "by" ? (rest[1] ?? "") : this.#owner(second);
      const price = priceTicks ?? (1 as PriceTicks);
      const target = { orderId: this.#orderId(second), clientOrderId: null };
      return {
        name: second,
        owner,
        body: { kind: "replace", ...target, quantityLots, priceTicks: price, cover: null },
      };
    }
    const [owner, name] = first.includes("/") ? (first.split("/") as [string, string]) : [first, first];
    this.#owners.set(name, owner);
    return { name, owner, body: newOrder(second, third, rest, this.#defaultMode) };
  }

  #results(events: readonly EventBody[], subject: string): string[] {
    const results: { who: OrderId | null; text: string; pair?: string; lots?: number; price?: string }[] = [];
    for (const event of events) {
      this.#follow(event);
      if (event.kind === "trade") {
        const price = priceText(event.priceTicks);
        const pair = `${event.takerOrderId} ${event.makerOrderId} ${price}`;
        const last = results.at(-1);
        const sum = (last?.pair === pair ? (results.pop()?.lots ?? 0) : 0) + event.quantityLots;
        const text = `${sum}@${price} from ${this.#names.get(event.makerOrderId)}`;
        results.push({ who: event.takerOrderId, text, pair, lots: sum });
      } else {
        const text = textOf(event);
        if (text !== null) results.push({ who: "orderId" in event ? event.orderId : null, text });
      }
    }
    return results.map(({ who, text }) => {
      const name = who === null ? subject : (this.#names.get(who) ?? "?");
      return name === subject ? text : `${name}: ${text}`;
    });
  }

  /** What is left of each order, from the events alone. */
  #follow(event: EventBody): void {
    switch (event.kind) {
      case "accepted":
        this.#left.set(event.orderId, event.order.quantityLots ?? 0);
        break;
      case "trade":
        this.#left.set(event.makerOrderId, event.makerLeavesLots);
        this.#left.set(event.takerOrderId, event.takerLeavesLots ?? 0);
        break;
      case "replaced":
      case "reduced":
        this.#left.set(event.orderId, event.leavesLots);
        break;
      case "canceled":
      case "expired":
        this.#left.delete(event.orderId);
        break;
      default:
    }
  }

  #book(levelsMax: number): string {
    const { bids, asks } = this.#engine.depth(levelsMax);
    const side = (levels: typeof bids) =>
      levels.map(([price, quantity]) => `${priceText(price)}:${quantity}`).join(" ");
    return `${side(bids)} | ${side(asks)}`.trim();
  }

  #orderId(name: string): OrderId {
    const id = this.#orderIds.get(name) ?? orderId(this.#orderIds.size + 1);
    this.#orderIds.set(name, id);
    this.#names.set(id, name);
    return id;
  }

  #owner(name: string): string {
    return this.#owners.get(name) ?? name;
  }

  #account(owner: string) {
    const id = this.#accounts.get(owner) ?? this.#accounts.size + 1;
    this.#accounts.set(owner, id);
    return accountId(id);
  }
}

interface Request {
  readonly name: string;
  readonly owner: string | null;
  readonly body: CommandBody;
}

function newOrder(verb: string, what: string, options: readonly string[], mode: SelfTradePrevention): NewOrder {
  const option = (key: string) => options.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1) ?? null;
  const quantity = (text: string | null) => (text === null ? null : lots(Number(text)));
  const stop = option("stop");
  const until = option("until");
  const stp = option("stp");
  const spends = verb === "spends";
  const { quantityLots, priceTicks } = spends ? { quantityLots: null, priceTicks: null } : quantityAtPrice(what);
  const immediate = options.includes("fok") ? "FOK" : options.includes("ioc") ? "IOC" : null;
  return {
    kind: "new",
    clientOrderId: null,
    side: verb === "sells" ? "sell" : "buy",
    type: priceTicks === null ? (stop === null ? "market" : "stop_market") : stop === null ? "limit" : "stop_limit",
    timeInForce: immediate ?? (until !== null ? "GTD" : priceTicks === null ? "IOC" : "GTC"),
    quantityLots,
    priceTicks,
    stopPriceTicks: stop === null ? null : ticks(stop),
    displayLots: quantity(option("shows")),
    minimumLots: quantity(option("min")),
    quoteBudgetUnits: spends ? currencyUnits(Number(what)) : null,
    expiresAtMs: until === null ? null : epochMs(Number(until)),
    postOnly: options.includes("post"),
    selfTradePrevention: stp === null ? mode : stp === "none" ? "none" : MODES[stp as keyof typeof MODES],
    feeRates: null,
  };
}

const MODES = {
  newest: "cancel_newest",
  oldest: "cancel_oldest",
  both: "cancel_both",
  decrement: "decrement",
} as const;

function quantityAtPrice(text: string) {
  const [quantity = "", price = ""] = text.split("@");
  return { quantityLots: lots(Number(quantity)), priceTicks: price === "market" ? null : ticks(price) };
}

function ticks(text: string): PriceTicks {
  return priceTicks(Math.round(Number(text) * TICKS_PER_UNIT));
}

/** 9.90 is "9.9", 9.00 is "9". */
function priceText(price: PriceTicks): string {
  const cents = price % TICKS_PER_UNIT;
  const whole = (price - cents) / TICKS_PER_UNIT;
  return cents === 0 ? `${whole}` : `${whole}.${String(cents).padStart(2, "0").replace(/0$/, "")}`;
}

/** Null: goes without saying. */
function textOf(event: Exclude<EventBody, { kind: "trade" }>): string | null {
  switch (event.kind) {
    case "accepted":
      return event.pendingTrigger ? "waits" : null;
    case "canceled":
      return event.reason === "requested" ? "canceled" : `canceled (${event.reason})`;
    case "rejected":
      return `rejected (${event.reason})`;
    case "cancel_rejected":
    case "replace_rejected":
      return `refused (${event.reason})`;
    case "replaced":
      return event.keptPriority ? "replaced, keeps its place" : "replaced";
    case "reduced":
      return `reduced to ${event.leavesLots}`;
    case "state_changed":
      return null;
    case "expired":
    case "triggered":
      return event.kind;
  }
}
