import { mulberry32, RandomFlow } from "../../packages/matching-core/test/support/random-flow.js";
import type { Command, CommandBody, ReplaceOrder } from "../../src/shared/domain/messages.js";
import { currencyUnits, type Lots, lots, priceTicks } from "../../src/shared/domain/units.js";
import { FundedMarket } from "./funded-market.js";
import { TEST_ASSET } from "./test-asset.js";

/** Random commands for a market whose orders are covered, the same for the same seed. */
export class FundedFlow {
  readonly market = new FundedMarket(TEST_ASSET);
  readonly #flow: RandomFlow;
  readonly #draw: () => number;
  /** Every fourth market keeps amounts that are beyond what can be held. */
  readonly #isTamed: boolean;
  #lastOrderId = 0;

  constructor(seed: number) {
    this.#flow = new RandomFlow(seed);
    this.#draw = mulberry32(seed + 1);
    this.#isTamed = seed % 4 !== 0;
  }

  next(): Command {
    const { market } = this;
    const command = this.#flow.next();
    // An order id comes once; the engine's own tests are about those that don't.
    if (bringsAnOrder(command.body)) {
      if (command.logId <= this.#lastOrderId) return { ...command, body: { kind: "advance_clock" } };
      this.#lastOrderId = command.logId;
    }
    const rates = { makerBps: (this.#draw() % 30) - 10, takerBps: (this.#draw() % 60) - 5 };
    const tamed = this.#isTamed ? { ...command, body: tame(command.body) } : command;
    const { body } = tamed;
    if (body.kind !== "replace") return market.funded(tamed, rates);
    const filledLots = market.orders.get(body.orderId)?.filledLots ?? lots(0);
    switch (this.#draw() % 8) {
      case 0: // to what is filled already, when order-processing knew of none of it
        if (filledLots === 0) break;
        return market.funded({ ...tamed, body: belowFilled(body, filledLots) }, rates, Number.MAX_SAFE_INTEGER);
      case 1:
        return market.funded(tamed, rates, Number.MAX_SAFE_INTEGER);
      case 2: // the order was another when it was covered
        return withHalfTheCover(market.funded(tamed, rates));
      default:
    }
    return market.funded(tamed, rates);
  }
}

/** Whether the command's log id becomes the id of an order: a refused one has an id, too. */
function bringsAnOrder(body: CommandBody): boolean {
  return body.kind === "new" || (body.kind === "refuse" && body.request.kind === "new");
}

function belowFilled(body: ReplaceOrder, filledLots: Lots): ReplaceOrder {
  return { ...body, quantityLots: filledLots, priceTicks: priceTicks(Math.min(body.priceTicks * 1_000, 2 ** 40)) };
}

function withHalfTheCover(command: Command): Command {
  const { body } = command;
  return body.kind === "replace"
    ? { ...command, body: { ...body, cover: Math.floor((body.cover ?? 0) / 2) } }
    : command;
}

const PRICES = 2 ** 20;
const QUANTITIES = 2 ** 16;

/** Near one another, what was near one another before. */
function tame(body: CommandBody): CommandBody {
  if (body.kind !== "new" && body.kind !== "replace") return body;
  const price = (ticks: number) => priceTicks(1 + (ticks % PRICES));
  const quantity = (all: number) => lots(1 + (all % QUANTITIES));
  if (body.kind === "replace")
    return { ...body, quantityLots: quantity(body.quantityLots), priceTicks: price(body.priceTicks) };
  const { quantityLots, priceTicks: limit, stopPriceTicks: stop, displayLots, minimumLots, quoteBudgetUnits } = body;
  const part = (of: number | null) => (of === null ? null : lots(1 + (of % ((quantityLots ?? 1) % QUANTITIES || 1))));
  return {
    ...body,
    quantityLots: quantityLots === null ? null : quantity(quantityLots),
    priceTicks: limit === null ? null : price(limit),
    stopPriceTicks: stop === null ? null : price(stop),
    displayLots: part(displayLots),
    minimumLots: part(minimumLots),
    quoteBudgetUnits: quoteBudgetUnits === null ? null : currencyUnits(1 + (quoteBudgetUnits % 2 ** 40)),
  };
}
