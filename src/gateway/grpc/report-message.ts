/** Reports as channels give them, decimal text, as messages of whole ticks and lots. Pure. */
import { type Asset, storedAsset } from "../../shared/domain/assets.js";
import { ORDER_STATUSES, REPORT_EVENTS } from "../../shared/domain/reports.js";
import {
  WIRE_LIQUIDITIES,
  WIRE_ORDER_TYPES,
  WIRE_SELF_TRADE_PREVENTIONS,
  WIRE_SIDES,
  WIRE_TIMES_IN_FORCE,
} from "../../shared/wire/enumerations.js";
import { stepsOf } from "./exchange-messages.js";

/** Fields that are amounts, and what messages call them. */
const AMOUNTS: Readonly<Record<string, readonly [string, "tick" | "lot" | "quoteUnit"]>> = {
  price: ["priceTicks", "tick"],
  lastPrice: ["lastPriceTicks", "tick"],
  stopPrice: ["stopPriceTicks", "tick"],
  quantity: ["quantityLots", "lot"],
  filledQuantity: ["filledLots", "lot"],
  leavesQuantity: ["leavesLots", "lot"],
  lastQuantity: ["lastQuantityLots", "lot"],
  displayQuantity: ["displayQuantityLots", "lot"],
  minimumQuantity: ["minimumQuantityLots", "lot"],
  quoteBudget: ["quoteBudget", "quoteUnit"],
};

/** Fields that are words, and the list in which their place is what is sent. */
const WORDS: Readonly<Record<string, readonly unknown[]>> = {
  event: [null, ...REPORT_EVENTS],
  status: [null, ...ORDER_STATUSES],
  side: WIRE_SIDES,
  type: WIRE_ORDER_TYPES,
  timeInForce: WIRE_TIMES_IN_FORCE,
  liquidity: WIRE_LIQUIDITIES,
  selfTradePrevention: WIRE_SELF_TRADE_PREVENTIONS,
};

/** A report as channels give it, or an open order. */
export function reportMessage(json: object, assets: ReadonlyMap<string, Asset>): object {
  const fields = json as Readonly<Record<string, unknown>>;
  const asset = storedAsset(assets, String(fields["asset"]));
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const amount = AMOUNTS[name];
      if (amount !== undefined) return [amount[0], stepsOf(String(value), asset[amount[1]])];
      const words = WORDS[name];
      return [name, words === undefined ? value : words.indexOf(value)];
    }),
  );
}
