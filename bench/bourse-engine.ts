import * as orderTerms from "@bourse/matching-core";
import { createEngine, type Engine, OrderTerms } from "@bourse/matching-core";
import { readRows } from "../src/shared/wire/event-rows.js";
import type { Contestant } from "./contestant.js";
import type { Stream } from "./streams.js";
import * as streams from "./streams.js";
import { TradeHash } from "./trade-hash.js";

// Constants of its own: V8 reads an imported one anew, and checks it, at each use (bench/engine.md).
const { DEFAULT_RULES, HAS_PRICE, HAS_QUANTITY, ORDER_TYPES, RULES_VERSION, SELF_TRADE_PREVENTIONS, TIMES_IN_FORCE } =
  orderTerms;
const { CANCEL, LIMIT, MARKET, MOVE } = streams;

/** Commands between two times that somebody takes the events, as the service does once a batch. */
const BATCH = 256;
const RECEIVED_AT_US = 1_700_000_000_000_000;
const GTC = TIMES_IN_FORCE.indexOf("GTC");
const IOC = TIMES_IN_FORCE.indexOf("IOC");
const LIMIT_TYPE = ORDER_TYPES.indexOf("limit");
const MARKET_TYPE = ORDER_TYPES.indexOf("market");

export const ENGINE_OPTIONS = {
  quoteUnitsPerTickLot: 1,
  rulesAtStart: { ...DEFAULT_RULES, version: RULES_VERSION, allowSelfTrade: true, openOrdersMax: 1_200_000 },
};

/** This project's engine, told in numbers, its events written into rows. */
export class BourseEngine implements Contestant {
  readonly name = "bourse";
  engine: Engine = createEngine(ENGINE_OPTIONS);
  readonly #terms = new OrderTerms();
  #sequence = 0;

  constructor() {
    // As in the other engines, nothing keeps an account from trading with itself.
    this.#terms.selfTradePrevention = SELF_TRADE_PREVENTIONS.indexOf("none");
  }

  prepare(): void {}

  play(stream: Stream, from: number, to: number): void {
    const { engine } = this;
    for (let at = from; at < to; at++) {
      this.step(stream, at);
      if (at % BATCH === BATCH - 1) engine.events.drop();
    }
    engine.events.drop();
  }

  step({ ops, sides, ids, accounts, prices, quantities }: Stream, at: number): void {
    const { engine } = this;
    const id = ids[at] as number;
    const receivedAtUs = RECEIVED_AT_US + at;
    engine.begin(++this.#sequence, receivedAtUs);
    engine.from(ops[at] === CANCEL || ops[at] === MOVE ? at : id, accounts[at] as number, receivedAtUs);
    switch (ops[at]) {
      case CANCEL:
        engine.cancel(id);
        break;
      case MOVE:
        engine.replace(id, quantities[at] as number, prices[at] as number);
        break;
      default: {
        const terms = this.#terms;
        const isMarket = ops[at] === MARKET;
        terms.side = sides[at] as number;
        terms.type = isMarket ? MARKET_TYPE : LIMIT_TYPE;
        terms.timeInForce = ops[at] === LIMIT ? GTC : IOC;
        terms.quantityLots = quantities[at] as number;
        terms.priceTicks = prices[at] as number;
        terms.has = isMarket ? HAS_QUANTITY : HAS_QUANTITY | HAS_PRICE;
        engine.place(terms);
      }
    }
    engine.end();
  }

  hashOf(stream: Stream): number {
    const hash = new TradeHash();
    for (let at = 0; at < stream.length; at++) {
      this.step(stream, at);
      if (at % BATCH !== BATCH - 1 && at !== stream.length - 1) continue;
      for (const { body } of readRows(this.engine.events.take()))
        if (body.kind === "trade") hash.add(body.makerOrderId, body.takerOrderId, body.priceTicks, body.quantityLots);
    }
    return hash.value;
  }
}
