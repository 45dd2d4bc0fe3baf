/** One strategy on one asset: at each look it sees the market, decides, and hands its orders to the desk. Pure. */
import type { Desk } from "./desk.js";
import type { Touch } from "./market.js";
import type { ReferencePath } from "./reference-path.js";
import { requote } from "./requote.js";
import { type Intent, midTicks, PRICES_KEPT, type Quote, type Strategy, type View } from "./view.js";

/** A unit is what one KCN costs at its reference price: sizes of strategies are meant for that market. */
const UNIT_VALUE = 42;

interface Traded {
  /** What the asset is worth before anybody trades. */
  readonly referenceTicks: number;
  /** In quote currency and in base currency. */
  readonly tickSize: number;
  readonly lotSize: number;
}

export interface BotParts {
  readonly strategy: Strategy;
  readonly traded: Traded;
  readonly path: ReferencePath;
  readonly draw: () => number;
  readonly desk: Desk;
}

export class Bot {
  readonly #parts: BotParts;
  readonly #lotsPerUnit: number;
  #pricesTicks: number[] = [];

  constructor(parts: BotParts) {
    this.#parts = parts;
    const { referenceTicks, tickSize, lotSize } = parts.traded;
    this.#lotsPerUnit = UNIT_VALUE / (referenceTicks * tickSize) / lotSize;
  }

  /** Looks at the market as it is; returns what it decided. Nothing, while the desk is not ready. */
  look({ bestBidTicks, bestAskTicks, lastTicks }: Touch): readonly Intent[] {
    const { strategy, desk, path, draw } = this.#parts;
    const fairTicks = path.next();
    const { inventoryLots } = desk;
    const pricesTicks = this.#pricesTicks;
    const view: View = {
      bestBidTicks,
      bestAskTicks,
      pricesTicks,
      fairTicks,
      inventoryLots,
      lotsPerUnit: this.#lotsPerUnit,
    };
    this.#pricesTicks = [...pricesTicks, lastTicks ?? midTicks(view)].slice(-PRICES_KEPT);
    if (!desk.isReady) return [];
    const intents = strategy.decide({ ...view, pricesTicks: this.#pricesTicks }, draw);
    for (const intent of intents) this.#carryOut(intent);
    return intents;
  }

  #carryOut(intent: Intent): void {
    const { desk } = this.#parts;
    if (intent.kind === "quote") {
      this.#quote(true, intent.bids);
      this.#quote(false, intent.asks);
    } else desk.place({ ...intent, isBuy: intent.kind === "buy" }, false);
  }

  #quote(isBuy: boolean, wanted: readonly Quote[]): void {
    const { desk } = this.#parts;
    const { cancel, place } = requote(
      wanted,
      desk.resting.filter((order) => order.isBuy === isBuy),
    );
    for (const order of cancel) desk.cancel(order);
    for (const quote of place) desk.place({ isBuy, ...quote }, true);
  }
}
