import type { Command } from "../../src/shared/messages.js";
import { FundedMarket } from "./funded-market.js";
import { mulberry32, RandomFlow } from "./random-flow.js";
import { TEST_ASSET } from "./test-asset.js";

/** Random commands for a market whose orders are covered, the same for the same seed. */
export class FundedFlow {
  readonly market = new FundedMarket(TEST_ASSET);
  readonly #flow: RandomFlow;
  readonly #draw: () => number;
  #lastOrderId = 0;

  constructor(seed: number) {
    this.#flow = new RandomFlow(seed);
    this.#draw = mulberry32(seed + 1);
  }

  next(): Command {
    const { market } = this;
    const command = this.#flow.next();
    // An order id comes once; the engine's own tests are about those that don't.
    if (command.body.kind === "new" && command.logId <= this.#lastOrderId)
      return { ...command, body: { kind: "advance_clock" } };
    if (command.body.kind === "new") this.#lastOrderId = command.logId;
    const rates = { makerBps: (this.#draw() % 30) - 10, takerBps: (this.#draw() % 60) - 5 };
    return market.funded(command, rates, this.#draw() % 3);
  }
}
